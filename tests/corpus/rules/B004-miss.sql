-- miss: B004
CREATE TABLE public.own_events (id int, at date) PARTITION BY RANGE (at);
