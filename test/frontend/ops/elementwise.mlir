// RUN: hagane-opt %s -convert-onnx-to-xf | FileCheck %s

// CHECK-LABEL: func.func @Abs13(
// CHECK-NEXT: %[[V0:.*]] = xf.abs %arg0 : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Abs13(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Abs" since 13 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Acos22(
// CHECK-NEXT: %[[V0:.*]] = xf.acos %arg0 : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Acos22(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Acos" since 22 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Acosh22(
// CHECK-NEXT: %[[V0:.*]] = xf.acosh %arg0 : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Acosh22(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Acosh" since 22 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Asin22(
// CHECK-NEXT: %[[V0:.*]] = xf.asin %arg0 : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Asin22(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Asin" since 22 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Asinh22(
// CHECK-NEXT: %[[V0:.*]] = xf.asinh %arg0 : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Asinh22(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Asinh" since 22 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Atan22(
// CHECK-NEXT: %[[V0:.*]] = xf.atan %arg0 : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Atan22(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Atan" since 22 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Atanh22(
// CHECK-NEXT: %[[V0:.*]] = xf.atanh %arg0 : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Atanh22(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Atanh" since 22 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Ceil13(
// CHECK-NEXT: %[[V0:.*]] = xf.ceil %arg0 : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Ceil13(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Ceil" since 13 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Cos22(
// CHECK-NEXT: %[[V0:.*]] = xf.cos %arg0 : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Cos22(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Cos" since 22 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Cosh22(
// CHECK-NEXT: %[[V0:.*]] = xf.cosh %arg0 : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Cosh22(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Cosh" since 22 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Erf13(
// CHECK-NEXT: %[[V0:.*]] = xf.erf %arg0 : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Erf13(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Erf" since 13 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Exp13(
// CHECK-NEXT: %[[V0:.*]] = xf.exp %arg0 : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Exp13(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Exp" since 13 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Floor13(
// CHECK-NEXT: %[[V0:.*]] = xf.floor %arg0 : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Floor13(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Floor" since 13 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Identity16(
// CHECK-NEXT: return %arg0 : tensor<2x4xf32>
func.func @Identity16(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Identity" since 16 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @IsNaN20(
// CHECK-NEXT: %[[V0:.*]] = xf.is_nan %arg0 : (tensor<2x4xf32>) -> tensor<2x4xi1>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xi1>
func.func @IsNaN20(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "IsNaN" since 20 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Log13(
// CHECK-NEXT: %[[V0:.*]] = xf.log %arg0 : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Log13(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Log" since 13 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Neg13(
// CHECK-NEXT: %[[V0:.*]] = xf.neg %arg0 : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Neg13(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Neg" since 13 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Reciprocal13(
// CHECK-NEXT: %[[V0:.*]] = xf.reciprocal %arg0 : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Reciprocal13(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Reciprocal" since 13 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Round22(
// CHECK-NEXT: %[[V0:.*]] = xf.round %arg0 : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Round22(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Round" since 22 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Sign13(
// CHECK-NEXT: %[[V0:.*]] = xf.sign %arg0 : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Sign13(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Sign" since 13 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Sin22(
// CHECK-NEXT: %[[V0:.*]] = xf.sin %arg0 : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Sin22(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Sin" since 22 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Sinh22(
// CHECK-NEXT: %[[V0:.*]] = xf.sinh %arg0 : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Sinh22(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Sinh" since 22 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Sqrt13(
// CHECK-NEXT: %[[V0:.*]] = xf.sqrt %arg0 : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Sqrt13(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Sqrt" since 13 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Tan22(
// CHECK-NEXT: %[[V0:.*]] = xf.tan %arg0 : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Tan22(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Tan" since 22 (%i0)
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Add14(
// CHECK-NEXT: %[[V0:.*]] = xf.add %arg0, %arg1 : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Add14(%i0: tensor<2x4xf32>, %i1: tensor<4xf32>) -> !onnx.unknown {
  %y = onnx.node "Add" since 14 (%i0, %i1)
    : (tensor<2x4xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Div14(
// CHECK-NEXT: %[[V0:.*]] = xf.div %arg0, %arg1 : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Div14(%i0: tensor<2x4xf32>, %i1: tensor<4xf32>) -> !onnx.unknown {
  %y = onnx.node "Div" since 14 (%i0, %i1)
    : (tensor<2x4xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Mul14(
// CHECK-NEXT: %[[V0:.*]] = xf.mul %arg0, %arg1 : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Mul14(%i0: tensor<2x4xf32>, %i1: tensor<4xf32>) -> !onnx.unknown {
  %y = onnx.node "Mul" since 14 (%i0, %i1)
    : (tensor<2x4xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Pow15(
// CHECK-NEXT: %[[V0:.*]] = xf.pow %arg0, %arg1 : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Pow15(%i0: tensor<2x4xf32>, %i1: tensor<4xf32>) -> !onnx.unknown {
  %y = onnx.node "Pow" since 15 (%i0, %i1)
    : (tensor<2x4xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Sub14(
// CHECK-NEXT: %[[V0:.*]] = xf.sub %arg0, %arg1 : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Sub14(%i0: tensor<2x4xf32>, %i1: tensor<4xf32>) -> !onnx.unknown {
  %y = onnx.node "Sub" since 14 (%i0, %i1)
    : (tensor<2x4xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Equal19(
// CHECK-NEXT: %[[V0:.*]] = xf.cmp %arg0, %arg1 {kind = #xf.cmp_kind<eq>} : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xi1>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xi1>
func.func @Equal19(%i0: tensor<2x4xf32>, %i1: tensor<4xf32>) -> !onnx.unknown {
  %y = onnx.node "Equal" since 19 (%i0, %i1)
    : (tensor<2x4xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Greater13(
// CHECK-NEXT: %[[V0:.*]] = xf.cmp %arg0, %arg1 {kind = #xf.cmp_kind<gt>} : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xi1>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xi1>
func.func @Greater13(%i0: tensor<2x4xf32>, %i1: tensor<4xf32>) -> !onnx.unknown {
  %y = onnx.node "Greater" since 13 (%i0, %i1)
    : (tensor<2x4xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @GreaterOrEqual16(
// CHECK-NEXT: %[[V0:.*]] = xf.cmp %arg0, %arg1 {kind = #xf.cmp_kind<ge>} : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xi1>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xi1>
func.func @GreaterOrEqual16(%i0: tensor<2x4xf32>, %i1: tensor<4xf32>) -> !onnx.unknown {
  %y = onnx.node "GreaterOrEqual" since 16 (%i0, %i1)
    : (tensor<2x4xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Less13(
// CHECK-NEXT: %[[V0:.*]] = xf.cmp %arg0, %arg1 {kind = #xf.cmp_kind<lt>} : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xi1>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xi1>
func.func @Less13(%i0: tensor<2x4xf32>, %i1: tensor<4xf32>) -> !onnx.unknown {
  %y = onnx.node "Less" since 13 (%i0, %i1)
    : (tensor<2x4xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @LessOrEqual16(
// CHECK-NEXT: %[[V0:.*]] = xf.cmp %arg0, %arg1 {kind = #xf.cmp_kind<le>} : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xi1>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xi1>
func.func @LessOrEqual16(%i0: tensor<2x4xf32>, %i1: tensor<4xf32>) -> !onnx.unknown {
  %y = onnx.node "LessOrEqual" since 16 (%i0, %i1)
    : (tensor<2x4xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @And7(
// CHECK-NEXT: %[[V0:.*]] = xf.and %arg0, %arg1 : (tensor<2x4xi1>, tensor<2x4xi1>) -> tensor<2x4xi1>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xi1>
func.func @And7(%i0: tensor<2x4xi1>, %i1: tensor<2x4xi1>) -> !onnx.unknown {
  %y = onnx.node "And" since 7 (%i0, %i1)
    : (tensor<2x4xi1>, tensor<2x4xi1>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Or7(
// CHECK-NEXT: %[[V0:.*]] = xf.or %arg0, %arg1 : (tensor<2x4xi1>, tensor<2x4xi1>) -> tensor<2x4xi1>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xi1>
func.func @Or7(%i0: tensor<2x4xi1>, %i1: tensor<2x4xi1>) -> !onnx.unknown {
  %y = onnx.node "Or" since 7 (%i0, %i1)
    : (tensor<2x4xi1>, tensor<2x4xi1>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Xor7(
// CHECK-NEXT: %[[V0:.*]] = xf.xor %arg0, %arg1 : (tensor<2x4xi1>, tensor<2x4xi1>) -> tensor<2x4xi1>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xi1>
func.func @Xor7(%i0: tensor<2x4xi1>, %i1: tensor<2x4xi1>) -> !onnx.unknown {
  %y = onnx.node "Xor" since 7 (%i0, %i1)
    : (tensor<2x4xi1>, tensor<2x4xi1>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Not1(
// CHECK-NEXT: %[[V0:.*]] = xf.not %arg0 : (tensor<2x4xi1>) -> tensor<2x4xi1>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xi1>
func.func @Not1(%i0: tensor<2x4xi1>) -> !onnx.unknown {
  %y = onnx.node "Not" since 1 (%i0)
    : (tensor<2x4xi1>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @BitwiseAnd18(
// CHECK-NEXT: %[[V0:.*]] = xf.and %arg0, %arg1 : (tensor<2x4xi64>, tensor<2x4xi64>) -> tensor<2x4xi64>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xi64>
func.func @BitwiseAnd18(%i0: tensor<2x4xi64>, %i1: tensor<2x4xi64>) -> !onnx.unknown {
  %y = onnx.node "BitwiseAnd" since 18 (%i0, %i1)
    : (tensor<2x4xi64>, tensor<2x4xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @BitwiseOr18(
// CHECK-NEXT: %[[V0:.*]] = xf.or %arg0, %arg1 : (tensor<2x4xi64>, tensor<2x4xi64>) -> tensor<2x4xi64>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xi64>
func.func @BitwiseOr18(%i0: tensor<2x4xi64>, %i1: tensor<2x4xi64>) -> !onnx.unknown {
  %y = onnx.node "BitwiseOr" since 18 (%i0, %i1)
    : (tensor<2x4xi64>, tensor<2x4xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @BitwiseXor18(
// CHECK-NEXT: %[[V0:.*]] = xf.xor %arg0, %arg1 : (tensor<2x4xi64>, tensor<2x4xi64>) -> tensor<2x4xi64>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xi64>
func.func @BitwiseXor18(%i0: tensor<2x4xi64>, %i1: tensor<2x4xi64>) -> !onnx.unknown {
  %y = onnx.node "BitwiseXor" since 18 (%i0, %i1)
    : (tensor<2x4xi64>, tensor<2x4xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @BitwiseNot18(
// CHECK-NEXT: %[[V0:.*]] = xf.not %arg0 : (tensor<2x4xi64>) -> tensor<2x4xi64>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xi64>
func.func @BitwiseNot18(%i0: tensor<2x4xi64>) -> !onnx.unknown {
  %y = onnx.node "BitwiseNot" since 18 (%i0)
    : (tensor<2x4xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @BitShift11_left(
// CHECK-NEXT: %[[V0:.*]] = xf.shl %arg0, %arg1 : (tensor<2x4xui8>, tensor<2x4xui8>) -> tensor<2x4xui8>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xui8>
func.func @BitShift11_left(%i0: tensor<2x4xui8>, %i1: tensor<2x4xui8>) -> !onnx.unknown {
  %y = onnx.node "BitShift" since 11 (%i0, %i1) {direction = "LEFT"}
    : (tensor<2x4xui8>, tensor<2x4xui8>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @BitShift11_right(
// CHECK-NEXT: %[[V0:.*]] = xf.shr %arg0, %arg1 : (tensor<2x4xui8>, tensor<2x4xui8>) -> tensor<2x4xui8>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xui8>
func.func @BitShift11_right(%i0: tensor<2x4xui8>, %i1: tensor<2x4xui8>) -> !onnx.unknown {
  %y = onnx.node "BitShift" since 11 (%i0, %i1) {direction = "RIGHT"}
    : (tensor<2x4xui8>, tensor<2x4xui8>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @BitShift28_signed(
// CHECK-NEXT: %[[V0:.*]] = xf.shr %arg0, %arg1 : (tensor<4xi32>, tensor<4xi32>) -> tensor<4xi32>
// CHECK-NEXT: %[[V1:.*]] = xf.not %arg0 : (tensor<4xi32>) -> tensor<4xi32>
// CHECK-NEXT: %[[V2:.*]] = xf.shr %[[V1]], %arg1 : (tensor<4xi32>, tensor<4xi32>) -> tensor<4xi32>
// CHECK-NEXT: %[[V3:.*]] = xf.not %[[V2]] : (tensor<4xi32>) -> tensor<4xi32>
// CHECK-NEXT: %[[V4:.*]] = xf.constant  {value = dense<0> : tensor<i32>} : () -> tensor<i32>
// CHECK-NEXT: %[[V5:.*]] = xf.cmp %arg0, %[[V4]] {kind = #xf.cmp_kind<lt>} : (tensor<4xi32>, tensor<i32>) -> tensor<4xi1>
// CHECK-NEXT: %[[V6:.*]] = xf.select %[[V5]], %[[V3]], %[[V0]] : (tensor<4xi1>, tensor<4xi32>, tensor<4xi32>) -> tensor<4xi32>
// CHECK-NEXT: return %[[V6]] : tensor<4xi32>
func.func @BitShift28_signed(%i0: tensor<4xi32>, %i1: tensor<4xi32>) -> !onnx.unknown {
  %y = onnx.node "BitShift" since 28 (%i0, %i1) {direction = "RIGHT"}
    : (tensor<4xi32>, tensor<4xi32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Cast21_i4(
// CHECK-NEXT: %[[V0:.*]] = xf.cast %arg0 {to = i32} : (tensor<2x4xf32>) -> tensor<2x4xi32>
// CHECK-NEXT: %[[V1:.*]] = xf.cast %[[V0]] {to = i4} : (tensor<2x4xi32>) -> tensor<2x4xi4>
// CHECK-NEXT: return %[[V1]] : tensor<2x4xi4>
func.func @Cast21_i4(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Cast" since 21 (%i0) {to = 22 : i64}
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Cast13(
// CHECK-NEXT: %[[V0:.*]] = xf.cast %arg0 {to = i64} : (tensor<2x4xf32>) -> tensor<2x4xi64>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xi64>
func.func @Cast13(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Cast" since 13 (%i0) {to = 7 : i64}
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// Integers that pass through floats for the sake of Max stay integers.
// CHECK-LABEL: func.func @Cast13_integers(
// CHECK: %[[X:.*]] = xf.cast %arg0 {to = i64} : (tensor<2xi32>) -> tensor<2xi64>
// CHECK: %[[C:.*]] = xf.constant {{.*}}dense<[3, 5]> : tensor<2xi64>
// CHECK: %[[MAX:.*]] = xf.max %[[X]], %[[C]]
// CHECK: %[[Y:.*]] = xf.cast %[[MAX]] {to = i32} : (tensor<2xi64>) -> tensor<2xi32>
// CHECK: return %[[Y]]
func.func @Cast13_integers(%i0: tensor<2xi32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<[3.0, 5.0]> : tensor<2xf32>
  %x = onnx.node "Cast" since 13 (%i0) {to = 1 : i64} : (tensor<2xi32>) -> !onnx.unknown
  %m = onnx.node "Max" since 13 (%x, %i1) : (!onnx.unknown, tensor<2xf32>) -> !onnx.unknown
  %y = onnx.node "Cast" since 13 (%m) {to = 6 : i64} : (!onnx.unknown) -> !onnx.unknown
  return %y : !onnx.unknown
}

// A constant that is no integer keeps the floats.
// CHECK-LABEL: func.func @Cast13_fractions(
// CHECK: xf.max %{{.*}} : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
func.func @Cast13_fractions(%i0: tensor<2xi32>) -> !onnx.unknown {
  %i1 = onnx.initializer "c1" dense<[3.0, 5.5]> : tensor<2xf32>
  %x = onnx.node "Cast" since 13 (%i0) {to = 1 : i64} : (tensor<2xi32>) -> !onnx.unknown
  %m = onnx.node "Max" since 13 (%x, %i1) : (!onnx.unknown, tensor<2xf32>) -> !onnx.unknown
  %y = onnx.node "Cast" since 13 (%m) {to = 6 : i64} : (!onnx.unknown) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Cast19_f8(
// CHECK-NEXT: %[[V0:.*]] = xf.cast %arg0 {saturate, to = f8E4M3FN} : (tensor<2x4xf32>) -> tensor<2x4xf8E4M3FN>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf8E4M3FN>
func.func @Cast19_f8(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Cast" since 19 (%i0) {to = 17 : i64}
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @CastLike15(
// CHECK-NEXT: %[[V0:.*]] = xf.cast %arg0 {to = i64} : (tensor<2x4xf32>) -> tensor<2x4xi64>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xi64>
func.func @CastLike15(%i0: tensor<2x4xf32>, %i1: tensor<2x4xi64>) -> !onnx.unknown {
  %y = onnx.node "CastLike" since 15 (%i0, %i1)
    : (tensor<2x4xf32>, tensor<2x4xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Clip6(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {value = dense<0.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = xf.max %arg0, %[[V0]] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.constant  {value = dense<6.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = xf.min %[[V1]], %[[V2]] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V3]] : tensor<2x4xf32>
func.func @Clip6(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Clip" since 6 (%i0) {min = 0.0 : f32, max = 6.0 : f32}
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Clip13(
// CHECK-NEXT: %[[V0:.*]] = xf.constant  {name = "c2", value = dense<6.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V1:.*]] = xf.min %arg0, %[[V0]] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V1]] : tensor<2x4xf32>
func.func @Clip13(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %i1 = onnx.absent : none
  %i2 = onnx.initializer "c2" dense<6.0> : tensor<f32>
  %y = onnx.node "Clip" since 13 (%i0, %i1, %i2)
    : (tensor<2x4xf32>, none, tensor<f32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Max13(
// CHECK-NEXT: %[[V0:.*]] = xf.max %arg0, %arg1 : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.max %[[V0]], %arg2 : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V1]] : tensor<2x4xf32>
func.func @Max13(%i0: tensor<2x4xf32>, %i1: tensor<2x4xf32>, %i2: tensor<4xf32>) -> !onnx.unknown {
  %y = onnx.node "Max" since 13 (%i0, %i1, %i2)
    : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Min13(
// CHECK-NEXT: %[[V0:.*]] = xf.min %arg0, %arg1 : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.min %[[V0]], %arg2 : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V1]] : tensor<2x4xf32>
func.func @Min13(%i0: tensor<2x4xf32>, %i1: tensor<2x4xf32>, %i2: tensor<4xf32>) -> !onnx.unknown {
  %y = onnx.node "Min" since 13 (%i0, %i1, %i2)
    : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Sum13(
// CHECK-NEXT: %[[V0:.*]] = xf.add %arg0, %arg1 : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.add %[[V0]], %arg2 : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V1]] : tensor<2x4xf32>
func.func @Sum13(%i0: tensor<2x4xf32>, %i1: tensor<2x4xf32>, %i2: tensor<4xf32>) -> !onnx.unknown {
  %y = onnx.node "Sum" since 13 (%i0, %i1, %i2)
    : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Mean13(
// CHECK-NEXT: %[[V0:.*]] = xf.add %arg0, %arg1 : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V1:.*]] = xf.add %[[V0]], %arg2 : (tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: %[[V2:.*]] = xf.constant  {value = dense<3.000000e+00> : tensor<f32>} : () -> tensor<f32>
// CHECK-NEXT: %[[V3:.*]] = xf.div %[[V1]], %[[V2]] : (tensor<2x4xf32>, tensor<f32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V3]] : tensor<2x4xf32>
func.func @Mean13(%i0: tensor<2x4xf32>, %i1: tensor<2x4xf32>, %i2: tensor<4xf32>) -> !onnx.unknown {
  %y = onnx.node "Mean" since 13 (%i0, %i1, %i2)
    : (tensor<2x4xf32>, tensor<2x4xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Mod13(
// CHECK-NEXT: %[[V0:.*]] = xf.mod %arg0, %arg1 : (tensor<2x4xi64>, tensor<2x4xi64>) -> tensor<2x4xi64>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xi64>
func.func @Mod13(%i0: tensor<2x4xi64>, %i1: tensor<2x4xi64>) -> !onnx.unknown {
  %y = onnx.node "Mod" since 13 (%i0, %i1)
    : (tensor<2x4xi64>, tensor<2x4xi64>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Mod13_fmod(
// CHECK-NEXT: %[[V0:.*]] = xf.mod %arg0, %arg1 {truncated} : (tensor<2x4xf32>, tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Mod13_fmod(%i0: tensor<2x4xf32>, %i1: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "Mod" since 13 (%i0, %i1) {fmod = 1 : i64}
    : (tensor<2x4xf32>, tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @IsInf20(
// CHECK-NEXT: %[[V0:.*]] = xf.is_inf %arg0 {negative = false} : (tensor<2x4xf32>) -> tensor<2x4xi1>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xi1>
func.func @IsInf20(%i0: tensor<2x4xf32>) -> !onnx.unknown {
  %y = onnx.node "IsInf" since 20 (%i0) {detect_negative = 0 : i64}
    : (tensor<2x4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @Where16(
// CHECK-NEXT: %[[V0:.*]] = xf.select %arg0, %arg1, %arg2 : (tensor<2x4xi1>, tensor<2x4xf32>, tensor<4xf32>) -> tensor<2x4xf32>
// CHECK-NEXT: return %[[V0]] : tensor<2x4xf32>
func.func @Where16(%i0: tensor<2x4xi1>, %i1: tensor<2x4xf32>, %i2: tensor<4xf32>) -> !onnx.unknown {
  %y = onnx.node "Where" since 16 (%i0, %i1, %i2)
    : (tensor<2x4xi1>, tensor<2x4xf32>, tensor<4xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// CHECK-LABEL: func.func @BitCast26(
// CHECK: xf.bitcast {{.*}}to = i32
func.func @BitCast26(%x: tensor<3xf32>) -> !onnx.unknown {
  %y = onnx.node "BitCast" since 26 (%x) {to = 6} : (tensor<3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}

// A power of two, rounded by its bits.
// CHECK-LABEL: func.func @Cast24_exponent(
// CHECK: xf.bitcast
// CHECK: xf.and
// CHECK: xf.cast {{.*}}to = f8E8M0FNU
func.func @Cast24_exponent(%x: tensor<3xf32>) -> !onnx.unknown {
  %y = onnx.node "Cast" since 24 (%x) {to = 24} : (tensor<3xf32>) -> !onnx.unknown
  return %y : !onnx.unknown
}
