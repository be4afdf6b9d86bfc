# The libraries that Guardian stands on. Each has one door in the tree (tests/lint/layers.py).
find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBPQ REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(CYAML REQUIRED IMPORTED_TARGET libcyaml)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1) # guardian.yaml, for the line of each value
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson>=2.13)
pkg_check_modules(CRYPTO REQUIRED IMPORTED_TARGET libssl>=3 libcrypto>=3)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd>=1.4)
pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl>=7.68)
pkg_check_modules(ARCHIVE REQUIRED IMPORTED_TARGET libarchive>=3.4)
pkg_check_modules(MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd>=0.9.71)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash>=0.8)

# libpg_query has no pkg-config file. Versions 15, 16 and 17 are known to carry what is used here.
find_path(PG_QUERY_INCLUDE_DIR pg_query.h REQUIRED)
find_library(PG_QUERY_LIBRARY pg_query REQUIRED)
find_path(PROTOBUF_C_INCLUDE_DIR protobuf-c/protobuf-c.h REQUIRED)
mark_as_advanced(PG_QUERY_INCLUDE_DIR PG_QUERY_LIBRARY PROTOBUF_C_INCLUDE_DIR)
if(NOT EXISTS ${PG_QUERY_INCLUDE_DIR}/pg_query/pg_query.pb-c.h)
  message(FATAL_ERROR "found pg_query.h, but not pg_query/pg_query.pb-c.h, which declares the tree")
endif()

file(STRINGS ${PG_QUERY_INCLUDE_DIR}/pg_query.h pg_query_major REGEX "define PG_MAJORVERSION ")
string(REGEX REPLACE ".*\"([0-9]+)\".*" "\\1" GUARDIAN_GRAMMAR_VERSION "${pg_query_major}")
if(NOT GUARDIAN_GRAMMAR_VERSION MATCHES "^(15|16|17)$")
  message(FATAL_ERROR "libpg_query speaks the grammar of PostgreSQL \"${GUARDIAN_GRAMMAR_VERSION}\";"
                      " 15, 16 and 17 are supported")
endif()
message(STATUS "libpg_query: grammar of PostgreSQL ${GUARDIAN_GRAMMAR_VERSION}")

add_library(guardian_foreign INTERFACE)
target_include_directories(guardian_foreign SYSTEM INTERFACE ${PG_QUERY_INCLUDE_DIR}
                                                             ${PROTOBUF_C_INCLUDE_DIR})
target_link_libraries(guardian_foreign INTERFACE ${PG_QUERY_LIBRARY} PkgConfig::LIBPQ
                      PkgConfig::CYAML PkgConfig::YAML PkgConfig::JANSSON PkgConfig::CRYPTO
                      PkgConfig::ZSTD PkgConfig::CURL PkgConfig::ARCHIVE PkgConfig::XXHASH PkgConfig::MICROHTTPD)

# Some builds of libpg_query carry protobuf-c inside and export it; linking it a second time would
# put two copies into one process, so it is linked only where the library itself lacks it.
include(CheckSymbolExists)
set(CMAKE_REQUIRED_LIBRARIES ${PG_QUERY_LIBRARY})
set(CMAKE_REQUIRED_INCLUDES ${PROTOBUF_C_INCLUDE_DIR})
check_symbol_exists(protobuf_c_message_unpack protobuf-c/protobuf-c.h PG_QUERY_BRINGS_PROTOBUF_C)
unset(CMAKE_REQUIRED_LIBRARIES)
unset(CMAKE_REQUIRED_INCLUDES)
if(NOT PG_QUERY_BRINGS_PROTOBUF_C)
  find_library(PROTOBUF_C_LIBRARY protobuf-c REQUIRED)
  target_link_libraries(guardian_foreign INTERFACE ${PROTOBUF_C_LIBRARY})
endif()
