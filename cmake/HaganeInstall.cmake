# The CMake package: find_package(hagane) gives hagane::runtime, hagane::runtime_static,
# hagane::compiler (where it was built) and hagane_add_model().
include(CMakePackageConfigHelpers)

# Installed tools find the runtime beside them, and LLVM where it was found.
set(CMAKE_INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}")
set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ON)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/hagane)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/haganeConfig.cmake.in
  ${CMAKE_BINARY_DIR}/package/haganeConfig.cmake INSTALL_DESTINATION ${package}
  NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/package/haganeConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/package/haganeConfig.cmake
              ${CMAKE_BINARY_DIR}/package/haganeConfigVersion.cmake
              ${CMAKE_CURRENT_LIST_DIR}/HaganeAddModel.cmake
        DESTINATION ${package})
install(EXPORT haganeTargets NAMESPACE hagane:: DESTINATION ${package})
