# cmake --toolchain: the runtime for aarch64 Linux; see docs/deploy.md.
set(HAGANE_MACHINE aarch64)
include(${CMAKE_CURRENT_LIST_DIR}/clang.cmake)
