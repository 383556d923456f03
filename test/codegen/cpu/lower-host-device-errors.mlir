// RUN: hagane-opt %s -hagane-lower-host=device -split-input-file -verify-diagnostics

func.func @main(%x: memref<4xf32> {onnx.name = "x"}, %y: memref<4xf32> {onnx.name = "y", kernel.output = 0 : i64}) {
  // expected-error @below {{cannot be the host's where memory is a device's: expected hagane-copies-to-kernels to have run}}
  memref.copy %x, %y : memref<4xf32> to memref<4xf32>
  return
}
