// RUN: hagane-opt %s --split-input-file --verify-diagnostics

// expected-error @below {{(U1) expects threads to be a multiple of 32, at most 1024, got 48}}
func.func private @u1() attributes {s = #kernel.cuda_loop<threads = 48, per_thread = 1, vector = 1>}

// -----

// expected-error @below {{(U1) expects threads to be a multiple of 32, at most 1024, got 2048}}
func.func private @u1_rows() attributes {s = #kernel.cuda_rows<threads = 2048, rows = 1, vector = 1>}

// -----

// expected-error @below {{(U2) expects per_thread to be from 1 to 256, got 0}}
func.func private @u2() attributes {s = #kernel.cuda_loop<threads = 64, per_thread = 0, vector = 1>}

// -----

// expected-error @below {{(U3) expects vector to be a power of two, at most 16, got 12}}
func.func private @u3() attributes {s = #kernel.cuda_loop<threads = 64, per_thread = 1, vector = 12>}

// -----

// expected-error @below {{(U4) expects rows to be 1 or such that a power of two of threads, at most 32, share each, got 2 rows and 128 threads}}
func.func private @u4() attributes {s = #kernel.cuda_rows<threads = 128, rows = 2, vector = 1>}

// -----

// expected-error @below {{(U5) expects keep to be a multiple of vector from 0 to 64, got 6 and 4}}
func.func private @u5() attributes {s = #kernel.cuda_rows<threads = 128, rows = 1, vector = 4, keep = 6>}

// -----

func.func @kind(%x: tensor<?x8xf32>) {
  // expected-error @below {{attribute 'schedule' failed to satisfy constraint}}
  %y = kernel.map ins %x outs %x {maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], shapes = [[], []],
      schedule = #kernel.cuda_rows<threads = 256, rows = 8, vector = 4>} body {
  ^bb0(%e: f32):
    kernel.yield %e : f32
  } : (tensor<?x8xf32>, tensor<?x8xf32>) -> tensor<?x8xf32>
  return
}
