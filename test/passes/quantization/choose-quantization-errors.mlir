// RUN: not hagane-opt %s --hagane-choose-quantization=rules=int5 2>&1 | FileCheck %s --check-prefix=SCHEME
// RUN: not hagane-opt %s --hagane-choose-quantization=rules=int4:group=33 2>&1 | FileCheck %s --check-prefix=GROUP
// RUN: not hagane-opt %s --hagane-choose-quantization=rules=int4:best 2>&1 | FileCheck %s --check-prefix=OPTION
// RUN: not hagane-opt %s --hagane-choose-quantization=rules=none:asym 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not hagane-opt %s --hagane-choose-quantization=rules=int8:act=int8-group 2>&1 | FileCheck %s --check-prefix=BLOCKS
// RUN: not hagane-opt %s --hagane-choose-quantization=rules=int8,up=int4 2>&1 | FileCheck %s --check-prefix=PATTERN
// RUN: not hagane-opt %s "--hagane-choose-quantization=rules=[=int4" 2>&1 | FileCheck %s --check-prefix=GLOB
// RUN: not hagane-opt %s --hagane-choose-quantization=rules=int4:group=16:act=int8-group 2>&1 | FileCheck %s --check-prefix=DIVIDES
// RUN: not hagane-opt %s --hagane-choose-quantization=rules=int8:act=static 2>&1 | FileCheck %s --check-prefix=STATIC
// RUN: not hagane-opt %s --hagane-choose-quantization=rules=int8:act=static-entropy 2>&1 | FileCheck %s --check-prefix=METHOD
// RUN: echo "func.func @main() { return }" | not hagane-opt --hagane-choose-quantization=rules=int4 2>&1 | FileCheck %s --check-prefix=PRODUCTS

// SCHEME: error: unknown quantization scheme 'int5', expected one of none, int8, int6, int4, int3, int2
// GROUP: error: the group of a quantization scheme is '33', expected channel, or a multiple of 8 up to 65536
// OPTION: error: unknown option 'best' of a quantization scheme, expected group=N, {{.*}}asym, sym,
// NONE: error: the scheme none takes no options, found 'asym'
// BLOCKS: error: 'int8:act=int8-group' asks for activations by group, expected a group of weights such as group=32
// PATTERN: error: no product's name matches 'up', expected one of 2 names such as '/up/MatMul', '/down'
// GLOB: error: '[' is no pattern of names
// DIVIDES: error: {{.*}}cannot quantize activations by groups of 16: it sums over 40 elements, expected a multiple
// STATIC: error: {{.*}}has no range of its inputs by the method mse, expected one from calibration data
// METHOD: error: {{.*}}has no range of its inputs by the method entropy, expected one from calibration data
// PRODUCTS: error: the model has no product by a constant weight, expected one to quantize

func.func @main(%x: tensor<?x40xf32>) -> tensor<?x16xf32> {
  %w0 = xf.constant {value = dense_resource<w0> : tensor<40x40xf32>} : () -> tensor<40x40xf32>
  %w1 = xf.constant {value = dense_resource<w1> : tensor<40x16xf32>} : () -> tensor<40x16xf32>
  %0 = xf.linear %x, %w0 {xf.ranges = {mse = array<f32: 0.0>, entropy = array<f32: 0.0, 0x7F800000>}} : (tensor<?x40xf32>, tensor<40x40xf32>) -> tensor<?x40xf32> loc("/up/MatMul")
  %1 = xf.linear %0, %w1 : (tensor<?x40xf32>, tensor<40x16xf32>) -> tensor<?x16xf32> loc("/down")
  return %1 : tensor<?x16xf32>
}
