-- class: additive|none
-- made and dropped by the script: nothing was lost
CREATE TABLE public.made (id int); DROP TABLE public.made;
