-- rule: B002 class=additive loses=nothing scope=none lock=SHARE ROW EXCLUSIVE rewrite=no scan=no transaction=yes rerun=fails
CREATE TABLE public.letters (id int PRIMARY KEY, user_id int REFERENCES public.users (id));
