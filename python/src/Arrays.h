// Arrays of any framework as the runtime's tensors, and back.
#pragma once

#include "hagane/runtime.h"

#include <cstdint>
#include <memory>
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <vector>

namespace hagane::python {

/// Raised as hagane.Error.
struct Failure {
  hgn_code code;
  std::string message;
};

/// Throws Failure if the status is one; releases it.
void check(hgn_status status);

using InputArray =
    nanobind::ndarray<nanobind::ro, nanobind::c_contig, nanobind::device::cpu>;
using OutputArray =
    nanobind::ndarray<nanobind::c_contig, nanobind::device::cpu>;

/// An argument of a run: its array, kept alive, and what the runtime sees.
class Argument {
public:
  /// Copies only what is not dense and row-major.
  static Argument input(nanobind::handle object, const hgn_value_info &value);
  /// The caller's memory for an output.
  static Argument output(nanobind::handle object, const hgn_value_info &value);

  hgn_tensor tensor = {};
  /// Refuses an output's memory that has not the shape of its result.
  void matchShape(const hgn_tensor &result, const hgn_value_info &value) const;

private:
  template <typename Array>
  void bind(const Array &array, const hgn_value_info &value);

  InputArray in;
  OutputArray out;
  std::vector<int64_t> dims;
};

/// Whether a resolved output has an extent that only the run tells.
bool isLate(const hgn_tensor &tensor);

/// Fresh memory for an output of the shape in `tensor`, which gets its address.
class FreshOutput {
public:
  /// For a result in memory of the session, which is copied.
  FreshOutput() = default;
  explicit FreshOutput(hgn_tensor &tensor);
  /// As a NumPy array of the storage type, or an object with __dlpack__ of the
  /// true type. `tensor` is as the run left it.
  nanobind::object release(const hgn_tensor &tensor, bool dlpack);

private:
  struct Free {
    void operator()(uint8_t *memory) const;
  };
  std::unique_ptr<uint8_t, Free> memory;
};

} // namespace hagane::python
