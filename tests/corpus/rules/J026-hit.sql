-- rule: J026 class=unknown loses=outside scope=database lock=none rewrite=no scan=no transaction=yes rerun=depends error=08001
SELECT dblink_exec('host=/nonexistent', 'DROP TABLE t');
