# Files that become part of the library. guardian_embed(OUT a/b.sql …) makes a/b.sql.inc, a string
# literal, so that C says:  static const char text[] =
#                           #include "a/b.sql.inc"
#                               ;
# Run with -P, this file is the tool that writes one of them.
if(CMAKE_SCRIPT_MODE_FILE)
  file(READ ${IN} text)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "?" "\\?" text "${text}") # no trigraphs by accident
  string(REPLACE "\n" "\\n\"\n\"" text "${text}")
  file(WRITE ${OUT} "\"${text}\"\n")
  return()
endif()

set(GUARDIAN_EMBED_DIR ${CMAKE_BINARY_DIR}/embedded)

function(guardian_embed out)
  set(made)
  foreach(file IN LISTS ARGN)
    set(result ${GUARDIAN_EMBED_DIR}/${file}.inc)
    get_filename_component(folder ${result} DIRECTORY)
    file(MAKE_DIRECTORY ${folder})
    add_custom_command(
      OUTPUT ${result}
      COMMAND ${CMAKE_COMMAND} -D IN=${CMAKE_SOURCE_DIR}/${file} -D OUT=${result}
              -P ${CMAKE_SOURCE_DIR}/.cmake/embed.cmake
      DEPENDS ${CMAKE_SOURCE_DIR}/${file} ${CMAKE_SOURCE_DIR}/.cmake/embed.cmake
      VERBATIM)
    list(APPEND made ${result})
  endforeach()
  set(${out} ${made} PARENT_SCOPE)
endfunction()
