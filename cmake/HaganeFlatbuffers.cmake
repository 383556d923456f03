# Finds flatc and the FlatBuffers headers, and generates C++ readers and writers from schemas.
find_program(FLATC_EXECUTABLE flatc REQUIRED)
find_path(FLATBUFFERS_INCLUDE_DIR flatbuffers/flatbuffers.h REQUIRED)
find_path(XXHASH_INCLUDE_DIR xxhash.h REQUIRED)

# hagane_flatbuffer(TARGET file.fbs): an interface target whose users may include
# "<folder>/<stem>_generated.h", the header generated in the build tree.
function(hagane_flatbuffer target schema)
  get_filename_component(stem ${schema} NAME_WE)
  set(header ${CMAKE_CURRENT_BINARY_DIR}/${stem}_generated.h)
  add_custom_command(
    OUTPUT ${header}
    COMMAND ${FLATC_EXECUTABLE} --cpp --scoped-enums --gen-object-api --cpp-std c++17
            -o ${CMAKE_CURRENT_BINARY_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/${schema}
    DEPENDS ${schema}
    VERBATIM)
  add_custom_target(${target}_gen DEPENDS ${header})
  add_library(${target} INTERFACE)
  add_dependencies(${target} ${target}_gen)
  target_include_directories(${target} INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
  target_include_directories(${target} SYSTEM INTERFACE
                             ${FLATBUFFERS_INCLUDE_DIR} ${XXHASH_INCLUDE_DIR})
endfunction()
