# What `cmake --install build/release --prefix P` puts under P:
#   bin/seep  lib/libseep.so  include/seep/seep.h  lib/cmake/seep/  lib/pkgconfig/seep.pc
#   share/seep/gdb/ (gdb/CMakeLists.txt)
include(CMakePackageConfigHelpers)

# A program need not call anything of libseep.so, and linkers drop unused libraries (--as-needed is
# Debian's and Ubuntu's habit). And it has to come before libc and any allocator in the order in
# which the loader looks up malloc. Link options stand before all objects and libraries, so that
# naming the library there does both.
target_link_options(seep_profiler INTERFACE
  "LINKER:--push-state,--no-as-needed,$<TARGET_FILE:$<TARGET_NAME:seep_profiler>>,--pop-state")

set_target_properties(seep_profiler PROPERTIES EXPORT_NAME profiler)
install(TARGETS seep_profiler EXPORT seep LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS seep_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY profiler/include/seep DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/seep)
install(EXPORT seep NAMESPACE seep:: FILE seep-targets.cmake DESTINATION ${package})
configure_package_config_file(cmake/seep-config.cmake.in seep-config.cmake
  INSTALL_DESTINATION ${package})
write_basic_package_version_file(seep-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/seep-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/seep-config-version.cmake DESTINATION ${package})

file(RELATIVE_PATH SEEP_PREFIX_FROM_PC /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/seep.pc.in seep.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/seep.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
