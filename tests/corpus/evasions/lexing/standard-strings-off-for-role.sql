-- class: destructive|unknown effect=additive
-- a default for a role changes every later session of it
ALTER ROLE corpus_app SET standard_conforming_strings = off;
