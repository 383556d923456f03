// RUN: hagane-opt %s | hagane-opt | FileCheck %s

// CHECK-LABEL: func.func @step
// CHECK: %[[N:.*]], %[[S:.*]], %{{.*}} = xf.state_places
// CHECK: %[[Y:.*]] = xf.state_append %arg0, %arg1, %[[N]], %[[S]]
// CHECK: xf.state_read %[[Y]], %[[N]]
func.func @step(%state: tensor<?x2x64x16xbf16>, %x: tensor<?x2x?x16xf32>, %pages: tensor<?x?xi32>, %lengths: tensor<?xi64>) -> tensor<?x2x?x16xbf16> {
  %n, %s, %e = xf.state_places %pages, %lengths {page = 64 : i64, capacity = #xf.dim<pages>, step = #xf.dim<seq>, most = #xf.dim<past>, equal} : (tensor<?x?xi32>, tensor<?xi64>) -> (tensor<?x?xi32>, tensor<?xi64>, tensor<?xi64>)
  %y = xf.state_append %state, %x, %n, %s : (tensor<?x2x64x16xbf16>, tensor<?x2x?x16xf32>, tensor<?x?xi32>, tensor<?xi64>) -> tensor<?x2x64x16xbf16>
  %k = xf.state_read %y, %n {count = #xf.dim<past + seq>} : (tensor<?x2x64x16xbf16>, tensor<?x?xi32>) -> tensor<?x2x?x16xbf16>
  return %k : tensor<?x2x?x16xbf16>
}

// CHECK-LABEL: func.func @align
// CHECK: xf.state_align %arg0, %arg1 {most = #xf.dim<past>, reverse}
func.func @align(%mask: tensor<?x?xi1>, %s: tensor<?xi64>) -> tensor<?x?xi1> {
  %y = xf.state_align %mask, %s {most = #xf.dim<past>, reverse} : (tensor<?x?xi1>, tensor<?xi64>) -> tensor<?x?xi1>
  return %y : tensor<?x?xi1>
}
