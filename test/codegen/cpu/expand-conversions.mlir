// RUN: hagane-opt --hagane-expand-conversions %s | FileCheck %s
// RUN: hagane-opt --hagane-expand-conversions="f16=false bf16=false" %s | FileCheck --check-prefix=KEEP %s

// The bias of the exponent is made up for by an exact product.
// CHECK-LABEL: func @widen_f16
// CHECK-NOT: arith.extf
// CHECK: %[[BITS:.*]] = arith.bitcast %{{.*}} : vector<4xf16> to vector<4xi16>
// CHECK: %[[WIDE:.*]] = arith.extui %[[BITS]] : vector<4xi16> to vector<4xi32>
// CHECK: arith.mulf
// CHECK: arith.bitcast %{{.*}} : vector<4xi32> to vector<4xf32>
// KEEP-LABEL: func @widen_f16
// KEEP: arith.extf
func.func @widen_f16(%x: vector<4xf16>) -> vector<4xf32> {
  %y = arith.extf %x : vector<4xf16> to vector<4xf32>
  return %y : vector<4xf32>
}

// CHECK-LABEL: func @narrow_f16
// CHECK-NOT: arith.truncf
// CHECK: %[[HALF:.*]] = arith.trunci %{{.*}} : i32 to i16
// CHECK: arith.bitcast %[[HALF]] : i16 to f16
// KEEP-LABEL: func @narrow_f16
// KEEP: arith.truncf
func.func @narrow_f16(%x: f32) -> f16 {
  %y = arith.truncf %x : f32 to f16
  return %y : f16
}

// CHECK-LABEL: func @bf16
// CHECK-NOT: arith.extf
// CHECK-NOT: arith.truncf
// CHECK: return
// KEEP-LABEL: func @bf16
// KEEP: arith.extf
// KEEP: arith.truncf
func.func @bf16(%x: bf16) -> bf16 {
  %wide = arith.extf %x : bf16 to f32
  %sum = arith.addf %wide, %wide : f32
  %y = arith.truncf %sum : f32 to bf16
  return %y : bf16
}

// Other conversions stay.
// CHECK-LABEL: func @wide
// CHECK: arith.truncf %{{.*}} : f64 to f32
func.func @wide(%x: f64) -> f32 {
  %y = arith.truncf %x : f64 to f32
  return %y : f32
}

// Floats of at most 8 bits, by way of f32.
// CHECK-LABEL: func @narrow_f8
// CHECK-NOT: arith.truncf
// CHECK: %[[CODE:.*]] = arith.trunci %{{.*}} : vector<4xi32> to vector<4xi8>
// CHECK: arith.bitcast %[[CODE]] : vector<4xi8> to vector<4xf8E4M3FN>
// KEEP-LABEL: func @narrow_f8
// KEEP-NOT: arith.truncf
func.func @narrow_f8(%x: vector<4xf32>) -> vector<4xf8E4M3FN> {
  %y = arith.truncf %x : vector<4xf32> to vector<4xf8E4M3FN>
  return %y : vector<4xf8E4M3FN>
}

// CHECK-LABEL: func @widen_f4
// CHECK-NOT: arith.extf
// CHECK: arith.bitcast %{{.*}} : f4E2M1FN to i4
// KEEP-LABEL: func @widen_f4
// KEEP-NOT: arith.extf
func.func @widen_f4(%x: f4E2M1FN) -> f32 {
  %y = arith.extf %x : f4E2M1FN to f32
  return %y : f32
}
