-- rule: D011 class=enum loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=fails
ALTER TYPE public.order_status ADD VALUE 'packed' BEFORE 'shipped';
