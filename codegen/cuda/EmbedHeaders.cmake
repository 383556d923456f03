# Writes OUT, C++ that holds the texts of the headers under ROOT: rows of {name, text}.
#   cmake -DROOT=device/include -DOUT=DeviceHeaders.inc -P EmbedHeaders.cmake
file(GLOB_RECURSE headers RELATIVE ${ROOT} ${ROOT}/*.cuh ${ROOT}/*.h)
list(SORT headers)
set(rows "")
foreach(header IN LISTS headers)
  file(READ ${ROOT}/${header} text)
  # A raw string holds at most 64 KB in some compilers; a header is far below.
  string(APPEND rows "{\"${header}\", R\"hagane(${text})hagane\"},\n")
endforeach()
file(WRITE ${OUT} "${rows}")
