// What the compiler tells of a model's kernels to those who measure them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace hagane {

/// A schedule with the time that the cost model expects of it.
struct ScheduleChoice {
  std::string text;
  double seconds = 0;
};

/// A launch of a kernel.
struct KernelPlan {
  std::string kind;
  std::vector<std::pair<std::string, int64_t>> sizes;
  /// The line of a schedule file that fits kernels like this one alone, up to
  /// the schedule; empty for kernels without schedules.
  std::string line;
  ScheduleChoice choice;
  /// Lower limits: of the operations, and of the bytes from memory.
  double computeSeconds = 0, memorySeconds = 0;
  /// What else the target can run, likeliest first, if asked for.
  std::vector<ScheduleChoice> others;
};

/// What is known of the machine and the sizes, and what the compiler adds.
struct PlanRequest {
  std::map<std::string, int64_t> dims; ///< values of symbols
  double flops = 0;                    ///< peak of a thread, f32, per second
  double bf16Flops = 0;                ///< the same where factors are bf16
  double int8Flops = 0;                ///< the same of bytes
  double memoryBytes = 0;              ///< read by all threads per second
  bool wantsOthers = false;
  /// Of the first target, in the order of launches.
  std::vector<KernelPlan> kernels;
};

} // namespace hagane
