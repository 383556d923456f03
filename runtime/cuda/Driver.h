// NVIDIA's driver, loaded when it is first needed: nothing of it is linked.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HAGANE_RUNTIME_CUDA_DRIVER_H
#define HAGANE_RUNTIME_CUDA_DRIVER_H

#include "CudaDriver.h"
#include "Status.h"

namespace hagane::runtime {

// The functions of CudaFunctions.def, by their names.
struct Driver {
#define HAGANE_CUDA_FUNCTION(name, symbol, parameters) Cuda_##name name;
#include "CudaFunctions.def"
#undef HAGANE_CUDA_FUNCTION
  int version; // 1000 * major + 10 * minor

  // What a call returned as a status; what: "copying input 'x'".
  hgn_status check(CUresult result, const char *what) const;
};

// Loads libcuda.so.1, or the library that HAGANE_CUDA_DRIVER names, once for
// the process. The caller holds the devices' lock.
hgn_status loadDriver(const Driver **out);

} // namespace hagane::runtime

#endif // HAGANE_RUNTIME_CUDA_DRIVER_H
