// Compiled code calls no mathematics library: only what the processor computes itself may remain.
// RUN: hagane-opt %s --hagane-expand-math | FileCheck %s \
// RUN:   --implicit-check-not='math.{{(exp|expm1|tanh|erf|log|log1p|powf|sin|cos|tan|atan|rsqrt) }}'
// RUN: hagane-opt %s --hagane-expand-math=avx512=true | FileCheck %s --check-prefix=AVX512

// AVX512-LABEL: func.func @single
// AVX512-COUNT-3: llvm.call_intrinsic "llvm.x86.avx512.mask.scalef.ps.512"
// AVX512-NOT: arith.shli
// AVX512: return

// In f32: the power of two is an exponent field put together from integers.
// CHECK-LABEL: func.func @single
// CHECK-NOT: f64
// CHECK: arith.mulf {{.*}} fastmath<contract>
// CHECK: arith.shli {{.*}} : vector<16xi32>
// CHECK: arith.bitcast {{.*}} : vector<16xi32> to vector<16xf32>
// CHECK-NOT: f64
// CHECK: return
func.func @single(%x: vector<16xf32>) -> (vector<16xf32>, vector<16xf32>, vector<16xf32>) {
  %0 = math.exp %x : vector<16xf32>
  %1 = math.tanh %x : vector<16xf32>
  %2 = math.erf %x : vector<16xf32>
  return %0, %1, %2 : vector<16xf32>, vector<16xf32>, vector<16xf32>
}

// Where an approximation will do, erf is looked up: a coefficient in each register.
// AVX512-LABEL: func.func @approximate
// AVX512-COUNT-5: llvm.call_intrinsic "llvm.x86.avx512.permvar.sf.512"
// AVX512-NOT: call_intrinsic
// AVX512: return
// CHECK-LABEL: func.func @approximate
// CHECK-NOT: call_intrinsic
// CHECK: return
func.func @approximate(%x: vector<16xf32>) -> vector<16xf32> {
  %0 = math.erf %x fastmath<afn> : vector<16xf32>
  return %0 : vector<16xf32>
}

// Everything else is evaluated in f64 and rounded once.
// CHECK-LABEL: func.func @wide
// CHECK-SAME: %[[X:[^:]*]]: vector<8xf32>
// CHECK: arith.extf %[[X]] : vector<8xf32> to vector<8xf64>
// CHECK: arith.truncf %{{.*}} : vector<8xf64> to vector<8xf32>
func.func @wide(%x: vector<8xf32>) -> vector<8xf32> {
  %0 = math.log %x : vector<8xf32>
  return %0 : vector<8xf32>
}

// CHECK-LABEL: func.func @scalar
// CHECK: arith.truncf %{{.*}} : f64 to f32
func.func @scalar(%x: f32, %y: f32) -> (f32, f32, f32) {
  %0 = math.powf %x, %y : f32
  %1 = math.sin %x : f32
  %2 = math.cos %0 : f32
  return %0, %1, %2 : f32, f32, f32
}

// CHECK-LABEL: func.func @double
// CHECK-NOT: f32
// CHECK: return
func.func @double(%x: f64) -> (f64, f64, f64) {
  %0 = math.exp %x : f64
  %1 = math.tan %0 : f64
  %2 = math.atan %1 : f64
  return %0, %1, %2 : f64, f64, f64
}

// CHECK-LABEL: func.func @rsqrt
// CHECK-SAME: %[[X:[^:]*]]: vector<4xf32>
// CHECK: %[[ROOT:.*]] = math.sqrt %[[X]]
// CHECK: arith.divf %{{.*}}, %[[ROOT]]
func.func @rsqrt(%x: vector<4xf32>) -> vector<4xf32> {
  %0 = math.rsqrt %x : vector<4xf32>
  return %0 : vector<4xf32>
}
