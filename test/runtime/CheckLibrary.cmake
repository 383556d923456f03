# Checks that the shared runtime needs only the C library, is small and exports only its C API.
# Run with -DLIBRARY=... -DREADELF=... -DNM=... -DSTRIP=... -DWORK=...
execute_process(COMMAND ${READELF} -d ${LIBRARY} OUTPUT_VARIABLE dynamic COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "NEEDED[^\n]*\\[[^]]*" needed "${dynamic}")
foreach(entry IN LISTS needed)
  string(REGEX REPLACE ".*\\[" "" name "${entry}")
  if(NOT name MATCHES "^(libc|libm|ld-linux[-_a-z0-9]*)\\.so")
    message(SEND_ERROR "the runtime needs ${name}")
  endif()
endforeach()
if(NOT needed)
  message(SEND_ERROR "no needed libraries found in the output of ${READELF}")
endif()

execute_process(COMMAND ${NM} -D --defined-only ${LIBRARY} OUTPUT_VARIABLE exports
                COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[A-Za-z] [^ \n]+" exports "${exports}")
foreach(entry IN LISTS exports)
  if(NOT entry MATCHES "^T hgn_")
    message(SEND_ERROR "the runtime exports '${entry}'")
  endif()
endforeach()

# Its only lock is the pool's, of one word: no run can wait for another one.
execute_process(COMMAND ${NM} -D --undefined-only ${LIBRARY} OUTPUT_VARIABLE imports
                COMMAND_ERROR_IS_FATAL ANY)
if(imports MATCHES "(pthread_(mutex|rwlock|spin|cond|barrier)|mtx_|cnd_|sem_)[a-z_]*")
  message(SEND_ERROR "the runtime uses the lock '${CMAKE_MATCH_0}'")
endif()

execute_process(COMMAND ${STRIP} -o ${WORK}/stripped-runtime.so ${LIBRARY}
                COMMAND_ERROR_IS_FATAL ANY)
file(SIZE ${WORK}/stripped-runtime.so size)
message(STATUS "stripped size: ${size} bytes")
if(size GREATER 500000)
  message(SEND_ERROR "the stripped runtime has ${size} bytes, expected at most 500000")
endif()
