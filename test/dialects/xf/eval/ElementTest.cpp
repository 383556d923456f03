//===- ElementTest.cpp - Conversions between element types ----------------===//
//
// The small floats are checked against tables made here from their layouts:
// a code's value from sign, exponent and fraction, a store by trying every
// code for the nearest.
//
//===----------------------------------------------------------------------===//

#include "dialects/xf/eval/HostTensor.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/MLIRContext.h"
#include "gtest/gtest.h"
#include <cmath>
#include <random>

using namespace hagane::xf::eval;
using mlir::Type;

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
const double kNaN = std::nan("");

/// How a format uses its extreme codes.
enum class Special { Ieee, OnlyNaN, UnsignedZero };

struct Format {
  const char *name;
  Type (*type)(mlir::Builder &);
  int exponentBits, fractionBits, bias;
  Special special;
};

template <typename T> Type typeOf(mlir::Builder &builder) {
  return builder.getType<T>();
}

const Format kFormats[] = {
    {"f16", typeOf<mlir::Float16Type>, 5, 10, 15, Special::Ieee},
    {"bf16", typeOf<mlir::BFloat16Type>, 8, 7, 127, Special::Ieee},
    {"e5m2", typeOf<mlir::Float8E5M2Type>, 5, 2, 15, Special::Ieee},
    {"e4m3fn", typeOf<mlir::Float8E4M3FNType>, 4, 3, 7, Special::OnlyNaN},
    {"e5m2fnuz", typeOf<mlir::Float8E5M2FNUZType>, 5, 2, 16,
     Special::UnsignedZero},
    {"e4m3fnuz", typeOf<mlir::Float8E4M3FNUZType>, 4, 3, 8,
     Special::UnsignedZero},
};

double decode(const Format &format, unsigned code) {
  int bits = 1 + format.exponentBits + format.fractionBits;
  unsigned sign = code >> (bits - 1);
  unsigned exponent =
      (code >> format.fractionBits) & ((1u << format.exponentBits) - 1);
  unsigned fraction = code & ((1u << format.fractionBits) - 1);
  unsigned last = (1u << format.exponentBits) - 1;
  if (format.special == Special::UnsignedZero && code == 1u << (bits - 1))
    return kNaN;
  if (format.special == Special::Ieee && exponent == last)
    return fraction ? kNaN : sign ? -kInf : kInf;
  if (format.special == Special::OnlyNaN && exponent == last &&
      fraction == (1u << format.fractionBits) - 1)
    return kNaN;
  double magnitude =
      exponent == 0
          ? std::ldexp(fraction, 1 - format.bias - format.fractionBits)
          : std::ldexp(fraction + (1u << format.fractionBits),
                       int(exponent) - format.bias - format.fractionBits);
  return sign ? -magnitude : magnitude;
}

/// The finite code nearest to `value`, the even one of two; its fraction may
/// carry into the step beyond the largest, where the format overflows.
double encode(const Format &format, double value) {
  int bits = 1 + format.exponentBits + format.fractionBits;
  double best = kNaN, largest = 0, distance = kInf;
  unsigned bestCode = 0;
  for (unsigned code = 0; code < 1u << bits; ++code) {
    double candidate = decode(format, code);
    if (!std::isfinite(candidate))
      continue;
    largest = std::max(largest, candidate);
    double d = std::fabs(candidate - value);
    bool isEven = code % 2 == 0 && bestCode % 2 == 1;
    if (d < distance || (d == distance && isEven && candidate != best)) {
      best = candidate;
      bestCode = code;
      distance = d;
    }
  }
  int top = std::ilogb(largest);
  double step = std::ldexp(1.0, top - format.fractionBits);
  // A tie goes to the even neighbour, which is the overflowing one if the
  // largest is odd.
  bool isOdd = std::fmod(largest / step, 2) == 1;
  double magnitude = std::fabs(value), half = largest + step / 2;
  if (magnitude < half || (magnitude == half && !isOdd))
    return best;
  return format.special == Special::Ieee ? std::copysign(kInf, value) : kNaN;
}

class ElementTest : public ::testing::Test {
protected:
  Element get(Type type) {
    std::optional<Element> element = Element::get(type);
    EXPECT_TRUE(element);
    return element.value_or(Element());
  }
  Element integer(unsigned bits, bool isUnsigned = false) {
    return get(mlir::IntegerType::get(&context, bits,
                                      isUnsigned
                                          ? mlir::IntegerType::Unsigned
                                          : mlir::IntegerType::Signless));
  }
  static double afterReal(const Element &element, double value) {
    char bytes[8] = {};
    element.storeReal(bytes, value);
    return element.loadReal(bytes);
  }
  static int64_t realToInteger(const Element &element, double value) {
    char bytes[8] = {};
    element.storeReal(bytes, value);
    return element.loadInteger(bytes);
  }
  static int64_t afterInteger(const Element &element, int64_t value) {
    char bytes[8] = {};
    element.storeInteger(bytes, value);
    return element.loadInteger(bytes);
  }
  static void expectSame(double got, double want) {
    if (std::isnan(want))
      EXPECT_TRUE(std::isnan(got)) << got;
    else
      EXPECT_EQ(got, want);
  }

  mlir::MLIRContext context;
  mlir::Builder builder{&context};
};

TEST_F(ElementTest, SmallFloatsLoadEveryCode) {
  for (const Format &format : kFormats) {
    SCOPED_TRACE(format.name);
    Element element = get(format.type(builder));
    EXPECT_EQ(element.bits, 1u + format.exponentBits + format.fractionBits);
    for (unsigned code = 0; code < 1u << element.bits; ++code) {
      uint16_t bytes = code;
      expectSame(element.loadReal(reinterpret_cast<char *>(&bytes)),
                 decode(format, code));
    }
  }
}

TEST_F(ElementTest, SmallFloatsRoundToNearestEven) {
  std::mt19937 random(1);
  for (const Format &format : kFormats) {
    SCOPED_TRACE(format.name);
    Element element = get(format.type(builder));
    bool isWide = element.bits == 16;
    double largest = element.largestFinite();
    std::vector<double> values{
        0.0,           1.0,         largest, -largest, largest * 1.01,
        largest * 1.2, largest * 4, 1e-30,   -1e-9};
    std::uniform_int_distribution<unsigned> codes(0, (1u << element.bits) - 1);
    for (int i = 0; i < (isWide ? 20 : 500); ++i) {
      double a = decode(format, codes(random));
      double b = decode(format, codes(random));
      // Ties between neighbours, and values anywhere between two codes.
      uint16_t next = codes(random) | 1;
      double tie = (decode(format, next) + decode(format, next - 1)) / 2;
      for (double value : {a, a * 0.75 + b * 0.25, tie})
        if (std::isfinite(value))
          values.push_back(value);
    }
    for (double value : values) {
      SCOPED_TRACE(value);
      expectSame(afterReal(element, value), encode(format, value));
    }
    EXPECT_TRUE(std::isnan(afterReal(element, kNaN)));
    bool hasInf = format.special == Special::Ieee;
    expectSame(afterReal(element, kInf), hasInf ? kInf : kNaN);
    EXPECT_EQ(element.highestReal(), hasInf ? kInf : largest);
  }
}

TEST_F(ElementTest, FloatsRoundOnce) {
  // By way of f32 this would be a tie and go down.
  double value = 1 + std::ldexp(1.0, -11) + std::ldexp(1.0, -30);
  EXPECT_EQ(afterReal(get(builder.getF16Type()), value),
            1 + std::ldexp(1.0, -10));
  // 2^24 + 1 is a tie in f32; with one more far below it is not.
  Element f32 = get(builder.getF32Type());
  EXPECT_EQ(afterReal(f32, 16777217.0), 16777216.0);
  EXPECT_EQ(afterReal(f32, 16777217.0 + 1e-6), 16777218.0);
  EXPECT_EQ(afterReal(f32, 1e39), kInf);
  char bytes[8] = {};
  f32.storeInteger(bytes, (int64_t(1) << 62) + 1);
  EXPECT_EQ(f32.loadReal(bytes), std::ldexp(1.0, 62));
  Element f64 = get(builder.getF64Type());
  f64.storeInteger(bytes, -1, /*fromUnsigned=*/true);
  EXPECT_EQ(f64.loadReal(bytes), std::ldexp(1.0, 64));
  f64.storeInteger(bytes, -1, /*fromUnsigned=*/false);
  EXPECT_EQ(f64.loadReal(bytes), -1.0);
}

TEST_F(ElementTest, RealsToIntegersTruncateAndSaturate) {
  for (unsigned bits : {4u, 8u, 16u, 32u, 64u})
    for (bool isUnsigned : {false, true}) {
      SCOPED_TRACE((isUnsigned ? "ui" : "i") + std::to_string(bits));
      Element element = integer(bits, isUnsigned);
      uint64_t high = isUnsigned ? ~uint64_t(0) >> (64 - bits)
                                 : ~uint64_t(0) >> (65 - bits);
      int64_t low = isUnsigned ? 0 : -int64_t(high) - 1;
      EXPECT_EQ(element.highestInteger(), int64_t(high));
      EXPECT_EQ(element.lowestInteger(), low);
      EXPECT_EQ(realToInteger(element, 1e30), int64_t(high));
      EXPECT_EQ(realToInteger(element, kInf), int64_t(high));
      EXPECT_EQ(realToInteger(element, -1e30), low);
      EXPECT_EQ(realToInteger(element, -kInf), low);
      EXPECT_EQ(realToInteger(element, kNaN), 0);
      EXPECT_EQ(realToInteger(element, 2.9), 2);
      EXPECT_EQ(realToInteger(element, -2.9), isUnsigned ? 0 : -2);
      EXPECT_EQ(realToInteger(element, -0.5), 0);
      EXPECT_EQ(realToInteger(element, 7.0), 7);
    }
}

TEST_F(ElementTest, IntegersWrap) {
  EXPECT_EQ(afterInteger(integer(4), 9), -7);
  EXPECT_EQ(afterInteger(integer(4), -8), -8);
  EXPECT_EQ(afterInteger(integer(4, true), 25), 9);
  EXPECT_EQ(afterInteger(integer(4, true), -1), 15);
  EXPECT_EQ(afterInteger(integer(8), 200), -56);
  EXPECT_EQ(afterInteger(integer(8, true), -56), 200);
  EXPECT_EQ(afterInteger(integer(32), int64_t(1) << 31), -(int64_t(1) << 31));
  EXPECT_EQ(afterInteger(integer(64, true), -1), -1);
  // Bits above the type's own are not looked at.
  char bytes[8] = {char(0xF7), 0, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(integer(4).loadInteger(bytes), 7);
  EXPECT_EQ(integer(64, true).loadReal("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"),
            std::ldexp(1.0, 64));
}

TEST_F(ElementTest, BooleansAreWhetherNotZero) {
  Element element = integer(1);
  EXPECT_EQ(element.bytes, 1u);
  EXPECT_EQ(realToInteger(element, 0.25), 1);
  EXPECT_EQ(realToInteger(element, -0.0), 0);
  EXPECT_EQ(realToInteger(element, kNaN), 1);
  EXPECT_EQ(afterInteger(element, 2), 1);
  EXPECT_EQ(afterInteger(element, -256), 1);
  EXPECT_EQ(afterInteger(element, 0), 0);
}

TEST_F(ElementTest, TypesThatTensorsCannotHold) {
  EXPECT_FALSE(Element::get(mlir::ComplexType::get(builder.getF32Type())));
  EXPECT_FALSE(Element::get(builder.getNoneType()));
  EXPECT_FALSE(Element::get(builder.getIntegerType(65)));
  EXPECT_FALSE(Element::get(builder.getF128Type()));
}

class HostTensorTest : public ElementTest {
protected:
  static std::string messageOf(llvm::Expected<HostTensor> tensor) {
    return tensor ? "" : llvm::toString(tensor.takeError());
  }
};

TEST_F(HostTensorTest, AttributesComeBackAsTheyWent) {
  std::vector<Type> types{builder.getF32Type(),
                          builder.getF64Type(),
                          builder.getIndexType(),
                          builder.getI1Type(),
                          builder.getIntegerType(4),
                          builder.getI64Type(),
                          builder.getIntegerType(4, /*isSigned=*/false),
                          builder.getIntegerType(64, /*isSigned=*/false)};
  for (const Format &format : kFormats)
    types.push_back(format.type(builder));
  for (Type type : types)
    for (int64_t size : {0, 1, 7}) {
      HostTensor tensor = llvm::cantFail(HostTensor::create(type, {size, 3}));
      for (int64_t i = 0; i < tensor.getCount(); ++i)
        tensor.setReal(i, i % 5);
      HostTensor again =
          llvm::cantFail(HostTensor::fromAttribute(tensor.toAttribute()));
      ASSERT_EQ(again.getType(), tensor.getType());
      EXPECT_EQ(llvm::StringRef(again.data(), again.getByteCount()),
                llvm::StringRef(tensor.data(), tensor.getByteCount()))
          << describe(tensor);
    }
}

TEST_F(HostTensorTest, Splats) {
  auto type = mlir::RankedTensorType::get({2, 3}, builder.getI1Type());
  HostTensor tensor = llvm::cantFail(
      HostTensor::fromAttribute(mlir::DenseElementsAttr::get(type, true)));
  for (int64_t i = 0; i < 6; ++i)
    EXPECT_EQ(tensor.getInteger(i), 1);
  auto none = mlir::RankedTensorType::get({0}, builder.getI64Type());
  EXPECT_EQ(
      llvm::cantFail(HostTensor::fromAttribute(mlir::DenseElementsAttr::get(
                         none, llvm::ArrayRef<int64_t>())))
          .getCount(),
      0);
}

TEST_F(HostTensorTest, FourBitResourcesAreUnpacked) {
  auto type = mlir::RankedTensorType::get({3}, builder.getIntegerType(4));
  const char packed[] = {char(0x8F), 0x07};
  HostTensor tensor = llvm::cantFail(
      HostTensor::fromAttribute(mlir::DenseResourceElementsAttr::get(
          type, "nibbles",
          mlir::HeapAsmResourceBlob::allocateAndCopyWithAlign(packed, 1))));
  EXPECT_EQ(tensor.getInteger(0), -1);
  EXPECT_EQ(tensor.getInteger(1), -8);
  EXPECT_EQ(tensor.getInteger(2), 7);
}

TEST_F(HostTensorTest, SizesThatDoNotFitAreErrors) {
  Type f32 = builder.getF32Type();
  int64_t huge = int64_t(1) << 40;
  EXPECT_EQ(countElements({huge, huge}), std::nullopt);
  EXPECT_EQ(countElements({huge, huge, 0}), std::nullopt);
  EXPECT_EQ(countElements({huge, 0}), 0);
  EXPECT_EQ(countElements({2, -1}), std::nullopt);
  EXPECT_EQ(countElements({}), 1);
  EXPECT_EQ(messageOf(HostTensor::create(f32, {huge, huge})),
            "a tensor of shape [1099511627776, 1099511627776] does not fit in "
            "memory");
  EXPECT_NE(messageOf(HostTensor::create(f32, {int64_t(1) << 62})), "");
  EXPECT_NE(messageOf(HostTensor::create(f32, {-3})), "");
  EXPECT_EQ(messageOf(HostTensor::create(builder.getNoneType(), {2})),
            "tensors of this element type cannot be evaluated");
  EXPECT_EQ(messageOf(HostTensor::borrow(f32, {2}, {"12345", 5})),
            "found 5 bytes of data, expected 8");
}

TEST_F(HostTensorTest, CopiesShareBytes) {
  HostTensor tensor =
      llvm::cantFail(HostTensor::create(builder.getF32Type(), {2, 3}));
  HostTensor reshaped = tensor.withShape({3, 1, 2});
  EXPECT_EQ(reshaped.at(0), std::as_const(tensor).at(0));
  EXPECT_EQ(describe(reshaped), "f32[3, 1, 2]");
}

} // namespace
