-- rule: D001 class=enum loses=nothing scope=none lock=none rewrite=no scan=no transaction=yes rerun=fails
CREATE TYPE app.weather AS ENUM ('sun', 'rain');
