# Finds MLIR/LLVM 22 and provides the helpers that declare compiler libraries and tools.
find_package(MLIR 22.1 REQUIRED CONFIG HINTS /usr/lib/llvm-22/lib/cmake/mlir)
list(APPEND CMAKE_MODULE_PATH ${MLIR_CMAKE_DIR} ${LLVM_CMAKE_DIR})
include(TableGen)
include(AddLLVM)
include(AddMLIR)

set(HAGANE_TOOL_FLAGS "")
if(NOT LLVM_ENABLE_RTTI)
  list(APPEND HAGANE_TOOL_FLAGS -fno-rtti)
endif()

# One precompiled header for all compiler libraries: MLIR's headers cost seconds per file otherwise.
add_library(hagane_mlir_pch OBJECT ${CMAKE_SOURCE_DIR}/cmake/Pch.cpp)
target_include_directories(hagane_mlir_pch SYSTEM PUBLIC ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
target_compile_options(hagane_mlir_pch PRIVATE -fno-exceptions ${HAGANE_TOOL_FLAGS})
target_precompile_headers(hagane_mlir_pch PRIVATE ${CMAKE_SOURCE_DIR}/cmake/Pch.h)
set(HAGANE_PCH ${CMAKE_BINARY_DIR}/CMakeFiles/hagane_mlir_pch.dir/cmake_pch.hxx.pch)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/cmake/Pch.h)
file(SHA256 ${CMAKE_SOURCE_DIR}/cmake/Pch.h pch_sum)
file(WRITE ${HAGANE_PCH}.sum "${pch_sum} LLVM ${LLVM_PACKAGE_VERSION}\n")

# Uses the shared header. CMake's REUSE_FROM would also pass its path in a form that ccache cannot
# make relative, and a second checkout would compile everything anew.
function(hagane_use_pch name)
  target_compile_options(${name} PRIVATE "SHELL:-include-pch ${HAGANE_PCH}")
  get_target_property(sources ${name} SOURCES)
  set_property(SOURCE ${sources} APPEND PROPERTY OBJECT_DEPENDS ${HAGANE_PCH})
endfunction()

# hagane_library(NAME SOURCES ... [DEPENDS tablegen targets] [LINK libraries])
# A static compiler library with LLVM's conventions; headers are found from the source root.
function(hagane_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;LINK" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} SYSTEM PUBLIC ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
  target_compile_options(${name} PRIVATE -fno-exceptions ${HAGANE_TOOL_FLAGS})
  hagane_use_pch(${name})
  target_link_libraries(${name} PUBLIC ${ARG_LINK} MLIR LLVM)
  if(ARG_DEPENDS)
    add_dependencies(${name} ${ARG_DEPENDS})
  endif()
endfunction()

# hagane_tablegen(TARGET FILE.td [OUTPUT generator flag]...): headers land beside the source's path
# in the build tree, so `#include "dialects/xf/XfOps.h.inc"` works.
function(hagane_tablegen target td)
  set(LLVM_TARGET_DEFINITIONS ${td})
  set(outputs ${ARGN})
  while(outputs)
    list(POP_FRONT outputs file flags)
    separate_arguments(flags)
    mlir_tablegen(${file} ${flags} -I${CMAKE_SOURCE_DIR} -I${MLIR_INCLUDE_DIRS})
  endwhile()
  add_public_tablegen_target(${target})
endfunction()

# hagane_tool(NAME SOURCES ... LINK ...): an executable on top of the compiler libraries.
function(hagane_tool name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} SYSTEM PRIVATE ${MLIR_INCLUDE_DIRS} ${LLVM_INCLUDE_DIRS})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
  # -fPIC as the libraries have it (CMake gives executables -fPIE): the shared header must match.
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${name} PRIVATE -fPIC -fno-exceptions ${HAGANE_TOOL_FLAGS})
  hagane_use_pch(${name})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} MLIR LLVM)
endfunction()
