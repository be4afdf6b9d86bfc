# Every test that ctest knows, found by its place in the tree.
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
set(PYTHON /usr/bin/python3 CACHE FILEPATH "the interpreter that has Debian's pytest")

set(test_environment "GD_BINARY=$<TARGET_FILE:guardian>" "GD_BUILD=${CMAKE_BINARY_DIR}"
    "GD_SOURCE=${CMAKE_SOURCE_DIR}" "PYTHONDONTWRITEBYTECODE=1"
    "UBSAN_OPTIONS=print_stacktrace=1"
    "LSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/leaks.supp:print_suppressions=0")

function(guardian_add_test name label timeout)
  if(GUARDIAN_PRESET MATCHES "asan|coverage|fuzz")
    math(EXPR timeout "4 * ${timeout}")
  endif()
  add_test(NAME ${name} COMMAND ${ARGN} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES LABELS ${label} TIMEOUT ${timeout} SKIP_RETURN_CODE 77
                                          ENVIRONMENT "${test_environment}")
endfunction()

# tests/harness/*.c: helpers that several tests share.
file(GLOB harness_sources CONFIGURE_DEPENDS tests/harness/*.c)
add_library(guardian_test_support INTERFACE)
target_include_directories(guardian_test_support INTERFACE ${CMAKE_SOURCE_DIR}/tests)
target_compile_definitions(guardian_test_support INTERFACE GD_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                                                           GD_BUILD_DIR="${CMAKE_BINARY_DIR}")
target_link_libraries(guardian_test_support INTERFACE guardian_cli PkgConfig::CMOCKA)
if(harness_sources)
  add_library(guardian_harness STATIC ${harness_sources})
  target_link_libraries(guardian_harness PUBLIC guardian_test_support)
endif()

# tests/unit/<module>/test_<file>.c -> unit.<module>.<file>
file(GLOB_RECURSE unit_sources CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} tests/unit/test_*.c)
foreach(source IN LISTS unit_sources)
  string(REGEX REPLACE "^tests/unit/(.*)\\.c$" "\\1" name ${source})
  string(REPLACE "test_" "" name ${name})
  string(REPLACE "/" "." name unit/${name})
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE guardian_test_support $<TARGET_NAME_IF_EXISTS:guardian_harness>)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/unit)
  guardian_add_test(${name} quick 60 ${name})
endforeach()

# tests/contract: one suite that every store passes. Without an address it tries a folder; tests of
# label system run the same program against servers.
file(GLOB contract_sources CONFIGURE_DEPENDS tests/contract/*.c)
add_executable(contract ${contract_sources})
target_link_libraries(contract PRIVATE guardian_test_support)
set_target_properties(contract PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/contract)
guardian_add_test(contract.fs quick 60 contract)

# tests/lint: a script names another label (and so leaves `quick`) in a line "ctest-label: lint".
file(GLOB lint_scripts CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} tests/lint/*.py tests/lint/*.sh)
list(FILTER lint_scripts EXCLUDE REGEX "/common\\.py$") # what they share
foreach(script IN LISTS lint_scripts)
  get_filename_component(name ${script} NAME_WE)
  file(STRINGS ${script} label REGEX "^# ctest-label: " LIMIT_COUNT 1)
  string(REPLACE "# ctest-label: " "" label "${label}")
  if(NOT label)
    set(label quick)
  endif()
  if(script MATCHES "\\.py$")
    set(runner ${PYTHON})
  else()
    set(runner /bin/sh)
  endif()
  guardian_add_test(lint.${name} ${label} 900 ${runner} ${CMAKE_SOURCE_DIR}/${script})
endforeach()

# tests/system: real servers, one pytest run per file. drive_<name>.c is a program for one of them,
# where what is tested has no command of its own: build/system/drive_<name>.
file(GLOB drivers CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} tests/system/drive_*.c)
foreach(source IN LISTS drivers)
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE guardian_static)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/system)
endforeach()
file(GLOB system_tests CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} tests/system/test_*.py)
foreach(script IN LISTS system_tests)
  get_filename_component(name ${script} NAME_WE)
  string(REGEX REPLACE "^test_" "" name ${name})
  guardian_add_test(system.${name} system 1800 ${PYTHON} -m pytest -q -p no:cacheprovider
                    ${CMAKE_SOURCE_DIR}/${script})
endforeach()

# tests/bench: its programs, and a run that only shows that the report can be made.
foreach(program bare measure)
  add_executable(${program} tests/bench/${program}.c)
  target_link_libraries(${program} PRIVATE guardian_flags guardian_foreign)
  set_target_properties(${program} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
endforeach()
guardian_add_test(bench.run bench 900 ${PYTHON} ${CMAKE_SOURCE_DIR}/tests/bench/run.py --quick)

# tests/fuzz/fuzz_<name>.c with its corpus in tests/fuzz/corpus/<name>/. With preset fuzz it is run
# for a bounded time; in every other build its corpus is replayed, so that what fuzzing once found
# stays fixed.
set(GUARDIAN_FUZZ_SECONDS 60 CACHE STRING "how long ctest runs each fuzz target")
file(GLOB fuzz_sources CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} tests/fuzz/fuzz_*.c)
add_custom_target(fuzzers) # all of them, and no other test
foreach(source IN LISTS fuzz_sources)
  get_filename_component(target ${source} NAME_WE)
  string(REGEX REPLACE "^fuzz_" "" name ${target})
  set(corpus ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name})
  add_executable(${target} ${source})
  target_link_libraries(${target} PRIVATE guardian_test_support)
  add_dependencies(fuzzers ${target})
  if(GUARDIAN_PRESET STREQUAL "fuzz")
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    set(found ${CMAKE_BINARY_DIR}/fuzz-found/${name})
    file(MAKE_DIRECTORY ${found})
    math(EXPR limit "${GUARDIAN_FUZZ_SECONDS} + 120")
    guardian_add_test(fuzz.${name} fuzz ${limit} ${target} -max_total_time=${GUARDIAN_FUZZ_SECONDS}
                      -timeout=20 -rss_limit_mb=3072 -artifact_prefix=${found}/ ${found} ${corpus})
  else()
    target_sources(${target} PRIVATE tests/fuzz/replay.c)
    guardian_add_test(fuzz.${name} quick 60 ${target} ${corpus})
  endif()
endforeach()
