# What `cmake --install` lays down, and the Debian package made of the same.
install(TARGETS guardian guardian_static guardian_shared
        RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/guardian DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN *.h)
file(GLOB shipped_policies CONFIGURE_DEPENDS policies/*.yaml)
install(FILES ${shipped_policies} DESTINATION ${CMAKE_INSTALL_DATADIR}/guardian/policies)
