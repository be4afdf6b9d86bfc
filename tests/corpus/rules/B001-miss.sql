-- miss: B001
CREATE TEMPORARY TABLE plain (id int PRIMARY KEY, note text NOT NULL DEFAULT '');
