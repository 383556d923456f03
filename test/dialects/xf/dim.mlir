// RUN: hagane-opt %s | FileCheck %s

// Equal expressions print in one canonical form.
// CHECK: module attributes
module attributes {
  // CHECK-SAME: test.dims = [#xf.dim<12>, #xf.dim<batch * seq>, #xf.dim<past + seq - 1>,
  // CHECK-SAME: #xf.dim<batch>, #xf.dim<floordiv(seq + 15, 16)>, #xf.dim<min(512, seq)>,
  // CHECK-SAME: #xf.dim<"a b" * 2>, #xf.dim<mod(seq, 8)>, #xf.dim<0>]
  test.dims = [#xf.dim<3 * (5 - 1)>, #xf.dim<seq * batch>, #xf.dim<-1 + seq + past>,
               #xf.dim<floordiv(batch * seq * 4, seq * 4)>, #xf.dim<ceildiv(seq, 16)>,
               #xf.dim<min(512, seq, seq + 3)>, #xf.dim<"a b" + "a b">, #xf.dim<mod(seq * 9, 8)>,
               #xf.dim<seq - seq>]
} {}
