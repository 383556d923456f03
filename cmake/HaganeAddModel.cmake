# The compiler that builds models; set it where hagane was built without one (to build for another
# machine, for example).
set(HAGANE_COMPILER "" CACHE FILEPATH "The hagane program; empty: the package's own")
set(HAGANE_TARGET_CPU "native" CACHE STRING "Levels of models that do not say which, best first")

# hagane_add_model(NAME MODEL.onnx [EMIT obj|module] [TARGET_CPU cpu...] [OPTIONS option...])
#
# Compiles a model at build time and declares the library NAME to link with.
#   EMIT obj (the default): the model becomes part of the program. NAME.h declares the
#     hgn_embedded_module `NAME` for hgn_module_open_embedded; links the static runtime.
#   EMIT module: makes the file NAME.hgn, whose path is NAME's property HAGANE_MODULE; links the
#     shared runtime.
# TARGET_CPU: native or levels such as x86-64-v3, best first; HAGANE_TARGET_CPU if it is not given.
# OPTIONS go to `hagane compile` as they are.
function(hagane_add_model name model)
  cmake_parse_arguments(PARSE_ARGV 2 ARG "" "EMIT" "TARGET_CPU;OPTIONS")
  if(ARG_UNPARSED_ARGUMENTS OR ARG_KEYWORDS_MISSING_VALUES)
    message(FATAL_ERROR "hagane_add_model(${name}): cannot use "
                        "'${ARG_UNPARSED_ARGUMENTS}${ARG_KEYWORDS_MISSING_VALUES}'")
  endif()
  if(NOT name MATCHES "^[A-Za-z_][A-Za-z0-9_]*$")
    message(FATAL_ERROR "hagane_add_model(${name}): the name must be a C identifier")
  endif()
  if(NOT ARG_EMIT)
    set(ARG_EMIT obj)
  elseif(NOT ARG_EMIT MATCHES "^(obj|module)$")
    message(FATAL_ERROR "hagane_add_model(${name}): EMIT is obj or module, found '${ARG_EMIT}'")
  endif()
  if(HAGANE_COMPILER)
    set(compiler ${HAGANE_COMPILER})
  elseif(TARGET hagane::compiler)
    set(compiler $<TARGET_FILE:hagane::compiler>)
  else()
    message(FATAL_ERROR "hagane_add_model(${name}): this package has no compiler; "
                        "set HAGANE_COMPILER")
  endif()

  get_filename_component(model ${model} ABSOLUTE)
  set(stem ${CMAKE_CURRENT_BINARY_DIR}/${name})
  if(ARG_EMIT STREQUAL obj)
    set(output ${stem}.o)
    set(more ${stem}.h)
  else()
    set(output ${stem}.hgn)
    set(more "")
  endif()
  set(options --emit=${ARG_EMIT} -o ${output} ${ARG_OPTIONS})
  if(NOT ARG_TARGET_CPU)
    set(ARG_TARGET_CPU ${HAGANE_TARGET_CPU})
  endif()
  list(JOIN ARG_TARGET_CPU "," cpus)
  list(APPEND options --target-cpu=${cpus})
  add_custom_command(
    OUTPUT ${output} ${more}
    COMMAND ${compiler} compile ${model} ${options}
    DEPENDS ${model} ${compiler}
    COMMENT "Compiling the model ${name}"
    VERBATIM)
  add_custom_target(${name}_model ALL DEPENDS ${output} ${more})

  add_library(${name} INTERFACE)
  add_dependencies(${name} ${name}_model)
  if(ARG_EMIT STREQUAL obj)
    target_include_directories(${name} INTERFACE ${CMAKE_CURRENT_BINARY_DIR})
    target_link_libraries(${name} INTERFACE ${output} hagane::runtime_static)
  else()
    set_target_properties(${name} PROPERTIES HAGANE_MODULE ${output})
    target_link_libraries(${name} INTERFACE hagane::runtime)
  endif()
endfunction()
