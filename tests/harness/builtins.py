#!/usr/bin/python3
"""Writes guardian/classify/builtins.def from the catalogues of real servers: builtins.py [MAJOR]... > builtins.def

Run it again when a new major appears ("pg.sh install N" first) and read the difference. Every pg_catalog function of any
of the majors gets one line with its worst volatility over all overloads and majors. A volatile one is an EFFECT, for which
group J of the rules must have a row (a unit test holds the two against each other), unless it is listed here as harmless;
the three lists below are therefore the only judgement in it.
"""

import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from harness import server  # noqa: E402 (the path comes first)

MAJORS = [13, 14, 15, 16, 17, 18]

# Volatile, and yet nothing of value is different afterwards: readers of state, clocks, chance, sequences drawn forward.
HARMLESS = """
    amvalidate array_sample array_shuffle binary_upgrade_logical_slot_has_caught_up clock_timestamp current_query currtid
    currtid2 currval gen_random_uuid lastval lo_close lo_get lo_lseek lo_lseek64 lo_open lo_tell lo_tell64 loread nextval
    pg_available_wal_summaries pg_blocking_pids pg_collation_actual_version pg_control_checkpoint pg_control_init
    pg_control_recovery pg_control_system pg_current_logfile pg_current_wal_flush_lsn pg_current_wal_insert_lsn
    pg_current_wal_lsn pg_database_collation_actual_version pg_database_size pg_export_snapshot pg_get_aios
    pg_get_backend_memory_contexts pg_get_loaded_modules pg_get_multixact_members pg_get_sequence_data
    pg_get_shmem_allocations pg_get_shmem_allocations_numa pg_get_wait_events pg_get_wal_replay_pause_state
    pg_get_wal_resource_managers pg_get_wal_summarizer_state pg_hba_file_rules pg_ident_file_mappings pg_indexes_size
    pg_is_in_backup pg_is_in_recovery pg_is_wal_replay_paused pg_isolation_test_session_is_blocked pg_jit_available
    pg_last_committed_xact pg_last_wal_receive_lsn pg_last_wal_replay_lsn pg_last_xact_replay_timestamp pg_lock_status
    pg_logical_slot_peek_binary_changes pg_logical_slot_peek_changes pg_notification_queue_usage pg_partition_ancestors
    pg_partition_tree pg_prepared_xact pg_relation_size pg_replication_origin_progress
    pg_replication_origin_session_is_setup pg_replication_origin_session_progress pg_safe_snapshot_blocking_pids
    pg_sequence_last_value pg_show_all_file_settings pg_show_replication_origin_status pg_stat_clear_snapshot
    pg_stat_force_next_flush pg_stat_get_backend_io pg_stat_get_backend_wal pg_stat_get_io pg_stat_get_recovery_prefetch
    pg_stat_get_xact_blocks_fetched pg_stat_get_xact_blocks_hit pg_stat_get_xact_function_calls
    pg_stat_get_xact_function_self_time pg_stat_get_xact_function_total_time pg_stat_get_xact_numscans
    pg_stat_get_xact_tuples_deleted pg_stat_get_xact_tuples_fetched pg_stat_get_xact_tuples_hot_updated
    pg_stat_get_xact_tuples_inserted pg_stat_get_xact_tuples_newpage_updated pg_stat_get_xact_tuples_returned
    pg_stat_get_xact_tuples_updated pg_stat_have_stats pg_table_size pg_tablespace_size pg_total_relation_size
    pg_wal_summary_contents pg_xact_commit_timestamp pg_xact_commit_timestamp_origin pg_xact_status plpgsql_validator
    random random_normal setseed timeofday timezone txid_status uuidv4 uuidv7
""".split()

# Stable in the catalogue, but they read whatever relation is named, and a view may call anything.
EFFECTS = """
    database_to_xml database_to_xml_and_xmlschema schema_to_xml schema_to_xml_and_xmlschema table_to_xml
    table_to_xml_and_xmlschema
""".split()

# SQL/JSON constructors and queries of newer grammars, which an older grammar takes for calls.
CONSTRUCTORS = """
    json json_array json_arrayagg json_exists json_objectagg json_query json_scalar json_serialize json_table json_value
    merge_action
""".split()

# Types are functions, too: a name in front of one literal is a cast. Those that only the server's core calls (triggers,
# handlers) answer every other caller with an error.
FUNCTIONS = """
    SELECT proname, max(CASE WHEN provolatile <> 'v' THEN 0 WHEN uncallable THEN 1 ELSE 2 END)
    FROM (SELECT proname, provolatile,
                 prorettype::regtype::text ~ '(trigger|handler|internal)$' OR 'internal'::regtype = ANY (proargtypes) AS uncallable
          FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace
          UNION ALL
          SELECT typname, 's', false FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype IN ('b', 'r', 'm')) AS f
    WHERE proname !~ '^_'
    GROUP BY proname"""

OPERATORS = "SELECT DISTINCT oprname FROM pg_operator WHERE oprnamespace = 'pg_catalog'::regnamespace"

WORST_OPERATOR = """
    SELECT oprname FROM pg_operator JOIN pg_proc AS f ON f.oid = oprcode
    WHERE oprnamespace = 'pg_catalog'::regnamespace AND provolatile = 'v'"""

HEAD = """\
/*
 * Builtins: names in pg_catalog of PostgreSQL {first} to {last}, with the worst that any overload does.
 *
 * Invariant  Both lists are sorted by strcmp(), and a name stands in them once.
 * Made by    tests/harness/builtins.py; do not edit by hand.
 */
/* clang-format off */
"""


def read(majors):
    functions, operators = {}, set()
    for major in majors:
        with server.Server(major=major) as one:
            for name, worst in one.run(FUNCTIONS):
                functions[name] = max(worst, functions.get(name, 0))
            operators.update(name for (name,) in one.run(OPERATORS))
            strange = one.run(WORST_OPERATOR)
            if strange:
                raise SystemExit(f"PostgreSQL {major} has volatile operators: {strange}")
    return functions, operators


def verdict(name, worst):
    if name in EFFECTS:
        return "EFFECT"
    if worst == 0:
        return "STABLE"
    return "HARMLESS" if worst == 1 or name in HARMLESS else "EFFECT"


def main():
    majors = [int(word) for word in sys.argv[1:]] or MAJORS
    functions, operators = read(majors)
    for name in HARMLESS + EFFECTS:
        if name not in functions:
            print(f"{name} is listed, but no server of {majors} has it", file=sys.stderr)
    for name in CONSTRUCTORS:
        functions.setdefault(name, 0)
    print(HEAD.format(first=majors[0], last=majors[-1]), end="")
    print("#ifdef GD_BUILTIN")
    for name in sorted(functions, key=os.fsencode):
        print(f'GD_BUILTIN("{name}", {verdict(name, functions[name])})')
    print("#endif\n\n#ifdef GD_BUILTIN_OPERATOR")
    for name in sorted(operators, key=os.fsencode):
        print(f'GD_BUILTIN_OPERATOR("{name}")')
    print("#endif\n/* clang-format on */")


if __name__ == "__main__":
    main()
