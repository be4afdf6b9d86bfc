# Presets: one word for a whole way of building.
#
# CMake's own presets need a file at the top of the tree, where this project keeps only what a
# reader must see; see docs/decisions/build.md.
set(GUARDIAN_PRESET "" CACHE STRING "release, debug, asan, coverage, fuzz, or empty for plain CMake")
set_property(CACHE GUARDIAN_PRESET PROPERTY STRINGS "" release debug asan coverage fuzz)

set(preset_build_type_release RelWithDebInfo)
set(preset_build_type_debug Debug)
set(preset_build_type_asan Debug)
set(preset_build_type_coverage Debug)
set(preset_build_type_fuzz Debug)
if(GUARDIAN_PRESET AND NOT DEFINED preset_build_type_${GUARDIAN_PRESET})
  message(FATAL_ERROR "GUARDIAN_PRESET=${GUARDIAN_PRESET} is none of release, debug, asan, coverage, fuzz")
endif()
if(GUARDIAN_PRESET)
  set(CMAKE_BUILD_TYPE ${preset_build_type_${GUARDIAN_PRESET}})
elseif(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON) # gnu17: attributes, POSIX and Linux interfaces
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

add_library(guardian_flags INTERFACE)
target_compile_definitions(guardian_flags INTERFACE _GNU_SOURCE
  $<$<CONFIG:Debug>:GD_FAULTS>) # GUARDIAN_FAULT in the environment breaks a point: base/fault.h
target_compile_options(guardian_flags INTERFACE
  -UNDEBUG # assertions stay on in every build: CMake's release types would remove them
  -fno-common -fno-strict-aliasing
  -Wall -Wextra -Wshadow -Wconversion -Werror
  -Wformat=2 -Wundef -Wvla -Walloca -Wcast-qual -Wcast-align -Wwrite-strings -Wpointer-arith
  -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wimplicit-fallthrough
  -Wdouble-promotion -Wnested-externs -Wredundant-decls -Wdate-time
  $<$<C_COMPILER_ID:GNU>:-Wlogical-op -Wduplicated-cond -Wjump-misses-init>)
find_package(Threads REQUIRED)
target_link_libraries(guardian_flags INTERFACE Threads::Threads)

set(sanitize -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
if(GUARDIAN_PRESET MATCHES "asan|fuzz")
  target_compile_definitions(guardian_flags INTERFACE GD_SANITIZED) # tests do less of the same
endif()
if(GUARDIAN_PRESET STREQUAL "asan")
  target_compile_options(guardian_flags INTERFACE -O1 ${sanitize})
  target_link_options(guardian_flags INTERFACE ${sanitize})
elseif(GUARDIAN_PRESET STREQUAL "coverage")
  target_compile_options(guardian_flags INTERFACE -O0 --coverage -fprofile-update=atomic)
  target_link_options(guardian_flags INTERFACE --coverage)
elseif(GUARDIAN_PRESET STREQUAL "fuzz")
  if(NOT CMAKE_C_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "the fuzz preset needs clang (libFuzzer): add -D CMAKE_C_COMPILER=clang")
  endif()
  target_compile_options(guardian_flags INTERFACE -O1 ${sanitize} -fsanitize=fuzzer-no-link)
  target_link_options(guardian_flags INTERFACE ${sanitize})
elseif(GUARDIAN_PRESET STREQUAL "release")
  target_compile_options(guardian_flags INTERFACE
    -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection)
  target_link_options(guardian_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
endif()

include(CheckPIESupported)
check_pie_supported()
