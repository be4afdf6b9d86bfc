-- rule: B001 class=additive loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=fails
CREATE TABLE public.plain (id int PRIMARY KEY, note text NOT NULL DEFAULT '');
