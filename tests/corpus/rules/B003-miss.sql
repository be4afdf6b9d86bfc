-- miss: B003
CREATE TABLE public.notes_like (id int, note text CHECK (note LIKE 'a%'));
