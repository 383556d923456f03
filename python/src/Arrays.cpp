#include "Arrays.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>

namespace nb = nanobind;
using namespace hagane::python;
using nb::dlpack::dtype_code;

namespace {

/// What an element type is in arrays: DLPack's own type, and the type of the
/// NumPy array that carries it: the same, or unsigned bits of the same width.
/// An element of fewer than 8 bits is a byte.
struct ElementRow {
  hgn_dtype dtype;
  dtype_code code;
  uint8_t bits;
  dtype_code storage;
};

constexpr ElementRow kElements[] = {
    {HGN_F32, dtype_code::Float, 32, dtype_code::Float},
    {HGN_UI8, dtype_code::UInt, 8, dtype_code::UInt},
    {HGN_I8, dtype_code::Int, 8, dtype_code::Int},
    {HGN_UI16, dtype_code::UInt, 16, dtype_code::UInt},
    {HGN_I16, dtype_code::Int, 16, dtype_code::Int},
    {HGN_I32, dtype_code::Int, 32, dtype_code::Int},
    {HGN_I64, dtype_code::Int, 64, dtype_code::Int},
    {HGN_BOOL, dtype_code::Bool, 8, dtype_code::Bool},
    {HGN_F16, dtype_code::Float, 16, dtype_code::Float},
    {HGN_F64, dtype_code::Float, 64, dtype_code::Float},
    {HGN_UI32, dtype_code::UInt, 32, dtype_code::UInt},
    {HGN_UI64, dtype_code::UInt, 64, dtype_code::UInt},
    {HGN_BF16, dtype_code::Bfloat, 16, dtype_code::UInt},
    {HGN_F8E4M3FN, dtype_code::Float8_E4M3FN, 8, dtype_code::UInt},
    {HGN_F8E4M3FNUZ, dtype_code::Float8_E4M3FNUZ, 8, dtype_code::UInt},
    {HGN_F8E5M2, dtype_code::Float8_E5M2, 8, dtype_code::UInt},
    {HGN_F8E5M2FNUZ, dtype_code::Float8_E5M2FNUZ, 8, dtype_code::UInt},
    {HGN_UI4, dtype_code::UInt, 8, dtype_code::UInt},
    {HGN_I4, dtype_code::Int, 8, dtype_code::UInt},
    {HGN_F4E2M1FN, dtype_code::UInt, 8, dtype_code::UInt},
    {HGN_F8E8M0FNU, dtype_code::Float8_E8M0FNU, 8, dtype_code::UInt},
    {HGN_UI2, dtype_code::UInt, 8, dtype_code::UInt},
    {HGN_I2, dtype_code::Int, 8, dtype_code::UInt},
    {HGN_F6E2M3FN, dtype_code::UInt, 8, dtype_code::UInt},
    {HGN_F6E3M2FN, dtype_code::UInt, 8, dtype_code::UInt},
};

const ElementRow &elementOf(hgn_dtype dtype) {
  for (const ElementRow &row : kElements)
    if (row.dtype == dtype)
      return row;
  throw Failure{HGN_INCOMPATIBLE,
                "the module has an element type that this package does not "
                "know"};
}

nb::dlpack::dtype typeOf(dtype_code code, uint8_t bits) {
  return {static_cast<uint8_t>(code), bits, 1};
}

std::string describe(nb::dlpack::dtype type) {
  static constexpr const char *names[] = {
      "int", "uint", "float", "handle", "bfloat", "complex", "bool",
  };
  std::string name = type.code < std::size(names) ? names[type.code] : "float";
  return name + (name == "bool" ? "" : std::to_string(type.bits));
}

std::string shapeText(const hgn_tensor &tensor) {
  std::string text = "[";
  for (int32_t i = 0; i < tensor.rank; ++i)
    text += (i ? ", " : "") + std::to_string(tensor.dims[i]);
  return text + "]";
}

[[noreturn]] void refuse(const char *kind, const hgn_value_info &value,
                         const std::string &found) {
  throw Failure{HGN_INVALID_ARGUMENT,
                std::string(kind) + " '" + value.name + "' " + found};
}

void checkType(const char *kind, nb::dlpack::dtype found,
               const hgn_value_info &value) {
  const ElementRow &row = elementOf(value.dtype);
  bool matches = found == typeOf(row.storage, row.bits) ||
                 found == typeOf(row.code, row.bits);
  if (!matches)
    refuse(kind, value,
           "has element type " + describe(found) + ", expected " +
               hgn_dtype_name(value.dtype));
}

} // namespace

void hagane::python::check(hgn_status status) {
  if (!status)
    return;
  Failure failure{hgn_status_code(status), hgn_status_message(status)};
  hgn_status_release(status);
  throw failure;
}

template <typename Array>
void Argument::bind(const Array &array, const hgn_value_info &value) {
  dims.assign(array.shape_ptr(), array.shape_ptr() + array.ndim());
  tensor.dtype = value.dtype;
  tensor.rank = static_cast<int32_t>(dims.size());
  tensor.dims = dims.data();
  tensor.data = const_cast<void *>(static_cast<const void *>(array.data()));
  tensor.bytes = array.nbytes();
}

Argument Argument::input(nb::handle object, const hgn_value_info &value) {
  Argument argument;
  if (!nb::try_cast(object, argument.in))
    refuse("input", value, "is not an array in the processor's memory");
  checkType("input", argument.in.dtype(), value);
  argument.bind(argument.in, value);
  return argument;
}

Argument Argument::output(nb::handle object, const hgn_value_info &value) {
  Argument argument;
  // A converted copy would take the results and be dropped.
  if (!nb::try_cast(object, argument.out, /*convert=*/false))
    refuse("output", value,
           "is not a writable, dense, row-major array in the processor's "
           "memory");
  checkType("output", argument.out.dtype(), value);
  argument.bind(argument.out, value);
  return argument;
}

void Argument::matchShape(const hgn_tensor &result,
                          const hgn_value_info &value) const {
  if (std::equal(dims.begin(), dims.end(), result.dims,
                 result.dims + result.rank))
    return;
  refuse("output", value,
         "has shape " + shapeText(tensor) + ", expected " + shapeText(result));
}

void FreshOutput::Free::operator()(uint8_t *memory) const { std::free(memory); }

/// As aligned as the compiled code's own buffers.
static uint8_t *allocate(size_t bytes) {
  constexpr size_t alignment = 64;
  size_t rounded = (bytes + alignment) / alignment * alignment;
  auto *memory = static_cast<uint8_t *>(std::aligned_alloc(alignment, rounded));
  if (!memory)
    throw std::bad_alloc();
  return memory;
}

bool hagane::python::isLate(const hgn_tensor &tensor) {
  return std::any_of(tensor.dims, tensor.dims + tensor.rank,
                     [](int64_t dim) { return dim < 0; });
}

FreshOutput::FreshOutput(hgn_tensor &tensor) {
  tensor.data = nullptr;
  if (isLate(tensor))
    return; // The session has memory for it.
  memory.reset(allocate(tensor.bytes));
  tensor.data = memory.get();
}

nb::object FreshOutput::release(const hgn_tensor &tensor, bool dlpack) {
  const ElementRow &row = elementOf(tensor.dtype);
  if (!memory) {
    size_t bytes = static_cast<size_t>(row.bits) / 8;
    for (int32_t i = 0; i < tensor.rank; ++i)
      bytes *= static_cast<size_t>(tensor.dims[i]);
    memory.reset(allocate(bytes));
    if (bytes > 0)
      std::memcpy(memory.get(), tensor.data, bytes);
  }
  nb::capsule owner(memory.get(), [](void *data) noexcept { std::free(data); });
  uint8_t *data = memory.release();
  std::vector<size_t> shape(tensor.dims, tensor.dims + tensor.rank);
  if (dlpack)
    return nb::cast(nb::ndarray<nb::array_api>(
        data, shape.size(), shape.data(), owner, nullptr,
        typeOf(row.code, row.bits), nb::device::cpu::value));
  nb::ndarray<nb::numpy> array(data, shape.size(), shape.data(), owner, nullptr,
                               typeOf(row.storage, row.bits),
                               nb::device::cpu::value);
  return nb::cast(array);
}
