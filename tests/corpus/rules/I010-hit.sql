-- rule: I010 class=destructive loses=data scope=tables:public.users lock=ROW EXCLUSIVE rewrite=no scan=no transaction=yes rerun=depends
UPDATE public.users SET age = age + 1;
