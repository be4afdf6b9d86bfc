-- class: unknown|refused effect=none error=42601
-- a no-break space is a letter to the scanner
DROP TABLE archive.old_orders;
