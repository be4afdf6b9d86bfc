-- class: unknown|refused effect=none error=42601
-- run: psql
-- a byte order mark inside the text becomes part of a word
SELECT 1;
﻿DROP TABLE archive.old_orders;
