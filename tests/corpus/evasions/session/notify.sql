-- class: none
-- a message
NOTIFY something, 'DROP TABLE users';
