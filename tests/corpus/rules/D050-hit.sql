-- rule: D050 class=none loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=fails
CREATE TYPE app.weather AS ENUM ('sun');
-- then:
ALTER TYPE app.weather RENAME TO climate;
