//===- Passes.td - Passes on schedules ---------------------*- tablegen -*-===//

include "mlir/Pass/PassBase.td"

def AssignSchedulesPass : Pass<"hagane-assign-schedules", "::mlir::ModuleOp"> {
  let summary = "choose how each kernel is tiled, vectorised and split";
  let description = [{
    Sets the `schedule` of kernels that have none: from the first line of the
    schedule file that fits, else by the rules in ScheduleRules.cpp, or for a
    GPU those in the folder cuda, for the target described by the options. A line whose schedule the target cannot
    run is an error. So is, with a lock, a kernel that no line of it fits or
    that would get another schedule. Attention whose schedule has several parts
    becomes attention in parts and a map that merges them.

    Before: `kernel.rows ins %x outs %o {kinds = ...}`. After:
    `kernel.rows ins %x outs %o {..., schedule = #kernel.rows_schedule<item_rows = 4, vector = 16>}`,
    with `sm=90` `#kernel.cuda_rows<threads = 256, rows = 8, vector = 4, keep = 16>`.
  }];
  let options = [
    Option<"vectorBits", "vector-bits", "int64_t", "512", "width of a vector register">,
    Option<"vectorRegisters", "vector-registers", "int64_t", "32", "number of vector registers">,
    Option<"l1Bytes", "l1-bytes", "int64_t", "32768", "size of the first-level data cache">,
    Option<"l2Bytes", "l2-bytes", "int64_t", "1048576", "size of the second-level cache">,
    Option<"threads", "threads", "int64_t", "8", "threads that work items should keep busy">,
    Option<"level", "level", "std::string", "", "name of the level that code is made for">,
    Option<"bf16Dots", "bf16-dots", "bool", "false", "the target sums products of pairs of bf16">,
    Option<"int8Dots", "int8-dots", "bool", "false", "the target sums products of quads of 8 bits">,
    Option<"file", "file", "std::string", "", "schedule file">,
    Option<"lock", "lock", "std::string", "", "schedule file that says what every kernel must get">,
    Option<"sm", "sm", "int64_t", "0", "compute capability of the GPU, such as 90; 0: a processor">,
    Option<"multiprocessors", "multiprocessors", "int64_t", "132", "multiprocessors of the GPU">,
    Option<"sharedBytes", "shared-bytes", "int64_t", "232448", "memory that threads of a block may share">];
  let dependentDialects = ["::hagane::kernel::KernelDialect", "::mlir::tensor::TensorDialect"];
}
