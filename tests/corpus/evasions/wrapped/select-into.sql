-- class: additive
-- SELECT INTO is a CREATE TABLE
SELECT * INTO public.copied FROM app.settings;
