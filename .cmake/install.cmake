# What `cmake --install` lays down, and the Debian package made of the same.
#
# Man page, completions and sample file come out of the binary that was just built: they cannot say
# anything else than it does.
set(derived_dir ${CMAKE_BINARY_DIR}/derived)
file(MAKE_DIRECTORY ${derived_dir})
set(derived)
function(guardian_derive what file)
  add_custom_command(OUTPUT ${derived_dir}/${file}
                     COMMAND guardian generate ${what} > ${derived_dir}/${file}
                     DEPENDS guardian VERBATIM)
  set(derived ${derived} ${derived_dir}/${file} PARENT_SCOPE)
endfunction()
guardian_derive(man guardian.1)
guardian_derive(bash guardian.bash)
guardian_derive(zsh _guardian)
guardian_derive(fish guardian.fish)
guardian_derive(sample guardian.yaml)
add_custom_target(derived_files ALL DEPENDS ${derived})

# `ninja reference` writes the generated pages of docs/ anew; tests/lint/derived.py compares them.
set(reference ${CMAKE_SOURCE_DIR}/docs/reference)
add_custom_target(reference
  COMMAND ${CMAKE_COMMAND} -E make_directory ${reference}
  COMMAND guardian generate options > ${reference}/options.md
  COMMAND guardian generate commands > ${reference}/commands.md
  COMMAND guardian generate sample > ${reference}/guardian.yaml
  DEPENDS guardian VERBATIM)

install(TARGETS guardian guardian_static guardian_shared
        RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/guardian DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN *.h)
configure_file(.cmake/guardian.pc.in ${derived_dir}/guardian.pc @ONLY)
install(FILES ${derived_dir}/guardian.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(GLOB shipped_policies CONFIGURE_DEPENDS policies/*.yaml)
install(FILES ${shipped_policies} DESTINATION ${CMAKE_INSTALL_DATADIR}/guardian/policies)
install(FILES ${derived_dir}/guardian.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${derived_dir}/guardian.bash RENAME guardian
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
set(zsh_folder site-functions)
if(EXISTS /etc/debian_version)
  set(zsh_folder vendor-completions) # Debian's zsh does not look into the other under /usr
endif()
install(FILES ${derived_dir}/_guardian DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/${zsh_folder})
install(FILES ${derived_dir}/guardian.fish
        DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES ${derived_dir}/guardian.yaml DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(FILES docs/deploy/guardian-proxy.service docs/deploy/proxy.env
              docs/deploy/guardian-wal-stream.service docs/deploy/wal-stream.env DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(FILES LICENSE RENAME copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})

# --- cpack -G DEB --------------------------------------------------------------------------------
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME guardian)
set(CPACK_PACKAGE_VENDOR "The Guardian authors")
set(CPACK_PACKAGE_CONTACT "The Guardian authors <authors@guardian.invalid>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_RESOURCE_FILE_LICENSE ${CMAKE_SOURCE_DIR}/LICENSE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON) # versions of libpq, libpg-query and so on as they were linked
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS postgresql-client)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "guards every schema change of a PostgreSQL database")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "Guardian reads a change and says, statement by statement, what it does, what
it can lose, which lock it takes, and what the policy in force demands.")
include(CPack)
