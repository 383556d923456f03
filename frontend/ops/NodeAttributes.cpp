// What a handler reads from the attributes of its node.
#include "frontend/ops/NodeConverter.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;

template <typename AttrT>
AttrT NodeConverter::typedAttr(StringRef name, StringRef kind) {
  Attribute attr = node.getAttribute(name);
  if (!attr)
    return {};
  auto typed = dyn_cast<AttrT>(attr);
  if (!typed)
    (void)error("attribute '" + name + "' is not " + kind);
  return typed;
}

/// Attributes that are data, or that stand for "to the end": any integer goes.
static constexpr StringLiteral kAnyIntegers[] = {
    "cats_int64s",
    "classlabels_int64s",
    "classlabels_ints",
    "default_int64",
    "end",
    "ends",
    "ignore_index",
    "imputed_value_int64s",
    "keys_int64s",
    "pool_int64s",
    "replaced_value_int64",
    "start",
    "starts",
    "values_int64s",
};

/// All others count or choose something. Beyond this they are mistakes, and
/// handlers could no longer add and multiply without care.
static constexpr int64_t kMostOfAttribute = int64_t(1) << 31;

/// The first of the values that attribute `name` cannot have, if any.
static std::optional<int64_t> findAbsurd(StringRef name,
                                         ArrayRef<int64_t> values) {
  if (llvm::is_contained(kAnyIntegers, name))
    return std::nullopt;
  const auto *found = llvm::find_if(values, [](int64_t value) {
    return value < -kMostOfAttribute || value > kMostOfAttribute;
  });
  return found == values.end() ? std::nullopt : std::optional(*found);
}

static std::string describeAbsurd(StringRef name, int64_t value) {
  return ("attribute '" + name + "' is " + Twine(value) + ", expected " +
          Twine(-kMostOfAttribute) + " to " + Twine(kMostOfAttribute))
      .str();
}

bool NodeConverter::hasAttr(StringRef name) {
  return bool(node.getAttribute(name));
}

int64_t NodeConverter::getInt(StringRef name, int64_t fallback) {
  auto attr = typedAttr<IntegerAttr>(name, "an integer");
  if (!attr)
    return fallback;
  int64_t value = attr.getValue().getSExtValue();
  if (!findAbsurd(name, value))
    return value;
  (void)error(describeAbsurd(name, value));
  return fallback;
}

int64_t NodeConverter::requireInt(StringRef name) {
  if (!hasAttr(name))
    (void)error("attribute '" + name + "' is missing");
  return getInt(name, 0);
}

double NodeConverter::getFloat(StringRef name, double fallback) {
  auto attr = typedAttr<FloatAttr>(name, "a float");
  return attr ? attr.getValueAsDouble() : fallback;
}

StringRef NodeConverter::getString(StringRef name, StringRef fallback) {
  auto attr = typedAttr<StringAttr>(name, "a string");
  return attr ? attr.getValue() : fallback;
}

std::optional<SmallVector<int64_t>> NodeConverter::getInts(StringRef name) {
  auto attr = typedAttr<DenseI64ArrayAttr>(name, "a list of integers");
  if (!attr)
    return std::nullopt;
  if (std::optional<int64_t> absurd = findAbsurd(name, attr.asArrayRef())) {
    (void)error(describeAbsurd(name, *absurd));
    return std::nullopt;
  }
  return SmallVector<int64_t>(attr.asArrayRef());
}

std::optional<SmallVector<double>> NodeConverter::getFloats(StringRef name) {
  if (auto attr = typedAttr<DenseF32ArrayAttr>(name, "a list of floats"))
    return SmallVector<double>(attr.asArrayRef());
  return std::nullopt;
}

std::optional<SmallVector<std::string>>
NodeConverter::getStrings(StringRef name) {
  auto attr = typedAttr<ArrayAttr>(name, "a list of strings");
  if (!attr)
    return std::nullopt;
  SmallVector<std::string> strings;
  for (Attribute element : attr) {
    auto string = dyn_cast<StringAttr>(element);
    if (!string) {
      (void)error("attribute '" + name + "' is not a list of strings");
      return std::nullopt;
    }
    strings.push_back(string.str());
  }
  return strings;
}

DenseElementsAttr NodeConverter::getTensor(StringRef name) {
  return typedAttr<DenseElementsAttr>(name, "a small tensor");
}

Type NodeConverter::getDataType(StringRef name) {
  if (!hasAttr(name))
    return {};
  int64_t dataType = getInt(name, 0);
  Type type = typeOfDataType(b.getContext(), dataType);
  if (!type)
    (void)error("attribute '" + name + "' names data type " + Twine(dataType) +
                ", which tensors cannot have here");
  return type;
}

Type hagane::frontend::typeOfDataType(MLIRContext *context, int64_t dataType) {
  Builder b(context);
  auto unsignedType = [&](unsigned width) {
    return b.getIntegerType(width, /*isSigned=*/false);
  };
  switch (dataType) {
  case 1:
    return b.getF32Type();
  case 2:
    return unsignedType(8);
  case 3:
    return b.getI8Type();
  case 4:
    return unsignedType(16);
  case 5:
    return b.getI16Type();
  case 6:
    return b.getI32Type();
  case 7:
    return b.getI64Type();
  case 9:
    return b.getI1Type();
  case 10:
    return b.getF16Type();
  case 11:
    return b.getF64Type();
  case 12:
    return unsignedType(32);
  case 13:
    return unsignedType(64);
  case 16:
    return b.getBF16Type();
  case 17:
    return Float8E4M3FNType::get(context);
  case 18:
    return Float8E4M3FNUZType::get(context);
  case 19:
    return Float8E5M2Type::get(context);
  case 20:
    return Float8E5M2FNUZType::get(context);
  case 21:
    return unsignedType(4);
  case 22:
    return b.getIntegerType(4);
  case 23:
    return Float4E2M1FNType::get(context);
  case 24:
    return Float8E8M0FNUType::get(context);
  case 25:
    return unsignedType(2);
  case 26:
    return b.getIntegerType(2);
  case 27:
    return Float6E2M3FNType::get(context);
  case 28:
    return Float6E3M2FNType::get(context);
  default:
    return {};
  }
}
