-- rule: J025 class=unknown loses=data scope=database lock=none rewrite=no scan=no transaction=yes rerun=depends
SELECT schema_to_xml('spare', true, false, '');
