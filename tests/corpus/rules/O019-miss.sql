-- miss: O019
SET client_encoding = 'SJIS';
