# cmake --toolchain: the runtime for riscv64 Linux; see docs/deploy.md.
set(HAGANE_MACHINE riscv64)
include(${CMAKE_CURRENT_LIST_DIR}/clang.cmake)
