-- rule: O018 class=unknown loses=data scope=database lock=none rewrite=no scan=no transaction=yes rerun=ok
SET standard_conforming_strings = off;
