-- class: destructive
-- with an escape character of its own
DROP TABLE archive.U&"old!005Forders" UESCAPE '!';
