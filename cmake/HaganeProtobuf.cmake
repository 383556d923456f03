# Protobuf and ONNX's message definitions, generated at build time from the installed `onnx` package.
find_package(Protobuf REQUIRED)

set(HAGANE_ONNX_PROTO_DIR "" CACHE PATH
    "Folder of onnx-ml.proto; empty: the onnx package of Python3_EXECUTABLE")

# hagane_onnx_proto(TARGET): a library of the generated classes; include "onnx-ml.pb.h". No target
# where the definitions are not found.
function(hagane_onnx_proto target)
  set(dir ${HAGANE_ONNX_PROTO_DIR})
  if(NOT dir)
    execute_process(
      COMMAND ${Python3_EXECUTABLE} -c "import onnx, os; print(os.path.dirname(onnx.__file__))"
      OUTPUT_VARIABLE dir OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
    if(failed)
      set(dir "")
    endif()
  endif()
  if(NOT EXISTS "${dir}/onnx-ml.proto")
    message(WARNING "onnx-ml.proto not found in '${dir}', so the frontend is left out: run "
                    "tools/setup.sh, point Python3_EXECUTABLE at a Python that has the onnx "
                    "package, or set HAGANE_ONNX_PROTO_DIR")
    return()
  endif()
  set(out ${CMAKE_CURRENT_BINARY_DIR}/proto)
  file(MAKE_DIRECTORY ${out})
  add_custom_command(
    OUTPUT ${out}/onnx-ml.pb.h ${out}/onnx-ml.pb.cc
    COMMAND protobuf::protoc --proto_path=${dir} --cpp_out=${out} ${dir}/onnx-ml.proto
    DEPENDS ${dir}/onnx-ml.proto
    COMMENT "Generating ONNX's protobuf classes")
  add_library(${target} STATIC ${out}/onnx-ml.pb.cc ${out}/onnx-ml.pb.h)
  target_include_directories(${target} SYSTEM PUBLIC ${out})
  target_link_libraries(${target} PUBLIC protobuf::libprotobuf-lite)
  target_compile_options(${target} PRIVATE -w)
endfunction()
