-- rule: A127 class=additive loses=nothing scope=none lock=ACCESS EXCLUSIVE rewrite=no scan=no transaction=yes rerun=ok loose=lock
CREATE INDEX events_payload_idx ON ONLY public.events ((payload->>'a'));
CREATE INDEX events_2024_payload_idx ON public.events_2024 ((payload->>'a'));
-- then:
ALTER INDEX public.events_payload_idx ATTACH PARTITION public.events_2024_payload_idx;
