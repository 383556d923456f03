//===- DimTest.cpp - The algebra of symbolic dimensions -------------------===//

#include "dialects/xf/Facts.h"
#include "dialects/xf/XfOps.h"
#include "mlir/IR/MLIRContext.h"
#include "gtest/gtest.h"
#include <random>

using namespace hagane::xf;

namespace {

class DimTest : public ::testing::Test {
protected:
  DimTest() { context.loadDialect<XfDialect>(); }

  Dim parse(llvm::StringRef text) { return Dim::parse(&context, text); }
  Dim number(int64_t value) { return Dim::constant(&context, value); }
  std::string canonical(llvm::StringRef text) { return parse(text).str(); }

  mlir::MLIRContext context;
};

TEST_F(DimTest, CanonicalForm) {
  EXPECT_EQ(canonical("1 + seq - 2 + past"), "past + seq - 1");
  EXPECT_EQ(canonical("(a + b) * (a - b)"), "a * a - b * b");
  EXPECT_EQ(canonical("floordiv(b*s*h, s*h)"), "b");
  EXPECT_EQ(canonical("4*s // 6"), "floordiv(s * 2, 3)");
  EXPECT_EQ(canonical("floordiv(floordiv(s, 2) + 1, 3)"), "floordiv(s + 2, 6)");
  EXPECT_EQ(canonical("ceildiv(s, 16)"), canonical("floordiv(s + 15, 16)"));
  EXPECT_EQ(canonical("mod(s * 4 + 6, 8)"), "mod(s + 1, 2) * 4 + 2");
  EXPECT_EQ(canonical("min(s, min(t, s + 2))"), "min(s, t)");
  EXPECT_EQ(canonical("max(s - 1, s)"), "s");
  EXPECT_EQ(canonical("max(min(512, s), s)"), "s");
  EXPECT_EQ(canonical("max(s, min(512, s) - 3)"), "s");
  EXPECT_EQ(canonical("min(max(s + 4, t) + 1, s, u)"), "min(s, u)");
  EXPECT_EQ(canonical("max(min(512, s) + 1, s)"), "max(min(512, s) + 1, s)");
  EXPECT_EQ(canonical("\"a b\" + min"), "?");
  EXPECT_EQ(Dim::symbol(&context, "min").str(), "\"min\"");
  EXPECT_EQ(Dim::symbol(&context, "a\"b").getSymbol(), "a\"b");
}

TEST_F(DimTest, OutOfRangeIsNull) {
  Dim huge = number(std::numeric_limits<int64_t>::max());
  EXPECT_FALSE(huge + 1);
  EXPECT_FALSE(huge * 2);
  EXPECT_FALSE((huge * -1) - 1);
  EXPECT_FALSE(number(1).floorDiv(number(0)));
  EXPECT_FALSE(parse(std::string(10000, '(')));
  EXPECT_FALSE(Dim() + huge);
  Dim wide = parse("a+b+c+d+e+f+g+h");
  for (int i = 0; i < 8; ++i)
    wide = wide * wide;
  EXPECT_FALSE(wide);
}

TEST_F(DimTest, SmallestInteger) {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  EXPECT_EQ(number(kMin).getConstant(), kMin);
  EXPECT_EQ(parse("-9223372036854775808"), number(kMin));
  EXPECT_EQ((number(kMin) + 1).getConstant(), kMin + 1);
  EXPECT_FALSE(number(kMin) - 1);
  EXPECT_FALSE(number(0) - number(kMin));
  EXPECT_EQ(canonical("-92233720368547758081"), "?");
}

/// What could not be read again is out of range, not 0.
TEST_F(DimTest, DeepExpressionsAreNull) {
  Dim dim = parse("s");
  int depth = 0;
  while (dim && depth < 1000) {
    dim = dim.max(parse("t")).min(parse("u") + depth);
    dim = dim ? dim.mod(number(1000 + depth)) : dim;
    ++depth;
  }
  EXPECT_FALSE(dim);
  EXPECT_GT(depth, 20);
}

TEST_F(DimTest, Prover) {
  DimProver prover;
  prover.setRange("s", {1, 512});
  prover.setRange("p", {0, 100});
  Dim s = parse("s"), p = parse("p");
  EXPECT_EQ(prover.getRange(parse("2*s - p")).min, -98);
  EXPECT_EQ(prover.getRange(parse("floordiv(s + 15, 16)")).max, 32);
  EXPECT_EQ(prover.getRange(parse("unknown * 3")).max,
            std::numeric_limits<int64_t>::max());
  EXPECT_TRUE(prover.isLessOrEqual(parse("min(s, 128)"), s));
  EXPECT_TRUE(prover.isLessOrEqual(s, parse("max(s, p)")));
  EXPECT_TRUE(prover.isLessOrEqual(parse("floordiv(s, 2) * 2"), s));
  EXPECT_TRUE(prover.isLessOrEqual(parse("t"), parse("ceildiv(t, 8) * 8")));
  EXPECT_FALSE(prover.isLessOrEqual(s, p));
  EXPECT_TRUE(prover.isNotEqual(s + p, p));
  EXPECT_FALSE(prover.isNotEqual(s, p));
  EXPECT_TRUE(prover.isMultipleOf(parse("12*s + 6*p*s"), 6));
  EXPECT_FALSE(prover.isMultipleOf(parse("12*s + 3"), 6));
  EXPECT_EQ(prover.divideExactly(parse("384*s*p"), parse("12*s*p")),
            number(32));
  EXPECT_EQ(prover.divideExactly(parse("(s + p) * (s + 1)"), parse("s + p")),
            s + 1);
  EXPECT_FALSE(prover.divideExactly(parse("s*3"), parse("s*2")));
}

TEST_F(DimTest, ProvesByRemainders) {
  DimProver prover;
  prover.setRange("h", {1, 4096});
  Dim h = parse("h");
  EXPECT_TRUE(prover.isEqual(parse("floordiv(h, 2) + floordiv(h + 1, 2)"), h));
  EXPECT_TRUE(prover.isEqual(parse("max(floordiv(h - 1, 2), 0) + 1"),
                             parse("floordiv(h + 1, 2)")));
  EXPECT_TRUE(prover.isEqual(parse("floordiv(h, 4) * 4 + mod(h, 4)"), h));
  EXPECT_TRUE(
      prover.isEqual(parse("ceildiv(h, 8) * 8"), parse("h + mod(h * 7, 8)")));
  EXPECT_TRUE(prover.isEqual(
      parse("(floordiv(h, 2) + floordiv(h + 1, 2)) * floordiv(w + 2, 3)"),
      parse("h * floordiv(w, 3) + h * min(mod(w, 3), 1)")));
  EXPECT_TRUE(prover.isNotEqual(parse("floordiv(h, 2) * 2"),
                                parse("floordiv(h, 4) * 4 + 1")));
  EXPECT_TRUE(prover.isLessOrEqual(parse("floordiv(h, 3) * 2"), h));
  EXPECT_FALSE(prover.isEqual(parse("floordiv(h + 1, 2) * 2"), h));
  EXPECT_FALSE(prover.isNotEqual(parse("floordiv(h + 1, 2) * 2"), h));
}

TEST_F(DimTest, LearnsRemainders) {
  DimProver prover;
  prover.setRange("h", {0, 4096});
  Dim h = parse("h"), half = parse("floordiv(h + 1, 2)");
  prover.learnRemainders(half * 2, h);
  EXPECT_TRUE(prover.isEqual(half * 2, h));
  EXPECT_TRUE(prover.isEqual(half * half * 4, h * h));
  EXPECT_TRUE(prover.isNotEqual(parse("mod(h, 2)"), number(1)));
  EXPECT_FALSE(prover.isNotEqual(parse("mod(h, 4)"), number(2)));
  EXPECT_EQ(prover.simplifyMultiples(half * parse("w") * 4), parse("h*w*2"));
  EXPECT_EQ(prover.simplifyMultiples(half), parse("floordiv(h, 2)"));
  EXPECT_EQ(prover.simplifyMultiples(parse("floordiv(h + 3, 4)")),
            parse("floordiv(floordiv(h, 2) + 1, 2)"));
  // The same again says nothing new.
  prover.learnRemainders(half * 2, h);
  EXPECT_EQ(prover.simplifyMultiples(half * 2), h);
  // Together with what is known: a multiple of 6.
  prover.learnRemainders(parse("ceildiv(h, 3) * 3"), h);
  EXPECT_TRUE(prover.isEqual(parse("floordiv(h, 6) * 6"), h));
}

TEST_F(DimTest, Simplifies) {
  DimProver prover;
  prover.setRange("h", {2, 64});
  EXPECT_EQ(prover.simplify(parse("max(floordiv(h - 1, 2), 0) + 1")),
            parse("floordiv(h + 1, 2)"));
  EXPECT_EQ(prover.simplify(parse("min(h, 1) * w")), parse("w"));
  EXPECT_EQ(prover.simplify(parse("floordiv(max(h, 1), 3)")),
            parse("floordiv(h, 3)"));
  EXPECT_EQ(prover.simplify(parse("max(h, w)")), parse("max(h, w)"));
  EXPECT_FALSE(prover.simplify(Dim()));
}

TEST_F(DimTest, SimplifiesByTheLeastValueAndTheOthers) {
  DimProver prover;
  prover.setRange("s", {0, 64});
  prover.setRange("t", {0, 64});
  Dim s = parse("s");
  // The slices that a strided one leaves, concatenated.
  EXPECT_EQ(prover.simplify(parse("min(1, s) + max(0, s - 1)")), s);
  EXPECT_EQ(prover.simplify(parse("max(0, min(1, s) + s - 1)")), s);
  EXPECT_EQ(
      prover.simplify(parse("t + floordiv(max(0, min(1, s) + s - 1), 2)")),
      parse("t + floordiv(s, 2)"));
  EXPECT_EQ(prover.simplify(parse("min(1, s)")), parse("min(1, s)"));
  EXPECT_EQ(prover.simplify(parse("max(1, s) * t")), parse("max(1, s) * t"));
  EXPECT_TRUE(prover.isLessOrEqual(parse("min(1, s) * 64"), parse("s * 64")));
  EXPECT_FALSE(prover.isEqual(parse("min(2, s)"), parse("min(1, s)")));
  // Wrong at the least value, or only at the second one.
  EXPECT_FALSE(prover.isEqual(parse("max(1, s)"), s));
  EXPECT_FALSE(prover.isEqual(parse("max(s, 2) - 2 + min(s, 1)"), s - 1));
}

TEST_F(DimTest, Broadcast) {
  DimProver prover;
  prover.setRange("s", {2, 512});
  Dim s = parse("s"), t = parse("t");
  EXPECT_EQ(broadcastDim(s, number(1), prover), s);
  EXPECT_EQ(broadcastDim(t, number(8), prover), number(8));
  EXPECT_EQ(broadcastDim(s, t, prover), s);
  EXPECT_EQ(broadcastDim(t, parse("u"), prover), parse("max(t, u)"));
  EXPECT_FALSE(broadcastDim(number(2), number(3), prover));
  EXPECT_FALSE(broadcastDim(s, s + 1, prover));
}

/// A random expression as a tree that evaluates itself.
struct Tree {
  enum Op {
    Number,
    Symbol,
    Add,
    Sub,
    Mul,
    FloorDiv,
    CeilDiv,
    Mod,
    Min,
    Max
  } op = Number;
  int64_t value = 0;
  std::vector<Tree> operands;
};

constexpr const char *kSymbols[] = {"a", "b", "c"};

Tree makeTree(std::mt19937 &random, int depth) {
  Tree tree;
  tree.op = static_cast<Tree::Op>(random() % (depth == 0 ? 2 : 10));
  tree.value =
      tree.op == Tree::Symbol ? random() % 3 : int64_t(random() % 11) - 4;
  if (tree.op < Tree::Add)
    return tree;
  tree.operands = {makeTree(random, depth - 1), makeTree(random, depth - 1)};
  // Divisors are positive: a number, or a symbol.
  if (tree.op == Tree::FloorDiv || tree.op == Tree::CeilDiv ||
      tree.op == Tree::Mod) {
    tree.operands[1] = Tree();
    tree.operands[1].op = random() % 2 ? Tree::Symbol : Tree::Number;
    tree.operands[1].value =
        tree.operands[1].op == Tree::Symbol ? random() % 3 : 1 + random() % 6;
  }
  return tree;
}

int64_t floorOf(int64_t a, int64_t b) {
  int64_t quotient = a / b;
  return quotient * b > a ? quotient - 1 : quotient;
}

int64_t evaluate(const Tree &tree, const int64_t *symbols) {
  if (tree.op == Tree::Number)
    return tree.value;
  if (tree.op == Tree::Symbol)
    return symbols[tree.value];
  int64_t a = evaluate(tree.operands[0], symbols),
          b = evaluate(tree.operands[1], symbols);
  switch (tree.op) {
  case Tree::Add:
    return a + b;
  case Tree::Sub:
    return a - b;
  case Tree::Mul:
    return a * b;
  case Tree::FloorDiv:
    return floorOf(a, b);
  case Tree::CeilDiv:
    return -floorOf(-a, b);
  case Tree::Mod:
    return a - floorOf(a, b) * b;
  case Tree::Min:
    return std::min(a, b);
  default:
    return std::max(a, b);
  }
}

Dim toDim(const Tree &tree, mlir::MLIRContext *context) {
  if (tree.op == Tree::Number)
    return Dim::constant(context, tree.value);
  if (tree.op == Tree::Symbol)
    return Dim::symbol(context, kSymbols[tree.value]);
  Dim a = toDim(tree.operands[0], context),
      b = toDim(tree.operands[1], context);
  switch (tree.op) {
  case Tree::Add:
    return a + b;
  case Tree::Sub:
    return a - b;
  case Tree::Mul:
    return a * b;
  case Tree::FloorDiv:
    return a.floorDiv(b);
  case Tree::CeilDiv:
    return a.ceilDiv(b);
  case Tree::Mod:
    return a.mod(b);
  case Tree::Min:
    return a.min(b);
  default:
    return a.max(b);
  }
}

/// Calls `visit` with the values of both for all values of the symbols up to 7.
void forAllValues(const Tree &a, const Tree &b,
                  llvm::function_ref<void(int64_t, int64_t)> visit) {
  int64_t values[3];
  for (values[0] = 1; values[0] < 8; ++values[0])
    for (values[1] = 1; values[1] < 8; ++values[1])
      for (values[2] = 1; values[2] < 8; ++values[2])
        visit(evaluate(a, values), evaluate(b, values));
}

TEST_F(DimTest, RandomClaims) {
  std::mt19937 random(11);
  DimProver prover;
  for (const char *name : kSymbols)
    prover.setRange(name, {1, 7});
  int proved = 0, simplified = 0;
  for (int i = 0; i < 4000; ++i) {
    Tree left = makeTree(random, 3), right = makeTree(random, 3);
    Dim a = toDim(left, &context), b = toDim(right, &context);
    if (!a || !b)
      continue;
    bool equal = prover.isEqual(a, b), different = prover.isNotEqual(a, b),
         less = prover.isLessOrEqual(a, b);
    proved += equal + different + less;
    forAllValues(left, right, [&](int64_t x, int64_t y) {
      ASSERT_TRUE(!equal || x == y) << a.str() << " == " << b.str();
      ASSERT_TRUE(!different || x != y) << a.str() << " != " << b.str();
      ASSERT_TRUE(!less || x <= y) << a.str() << " <= " << b.str();
    });
    // What an equality teaches holds wherever the equality does.
    DimProver taught = prover;
    taught.learnRemainders(a, b);
    Dim simple = taught.simplifyMultiples(a);
    simplified += simple != a;
    int64_t values[3];
    for (values[0] = 1; values[0] < 8; ++values[0])
      for (values[1] = 1; values[1] < 8; ++values[1])
        for (values[2] = 1; values[2] < 8; ++values[2]) {
          int64_t x = evaluate(left, values);
          if (x != evaluate(right, values))
            continue;
          auto value = simple.evaluate([&](llvm::StringRef name) {
            return std::optional(values[name[0] - 'a']);
          });
          ASSERT_TRUE(!value || *value == x) << a.str() << " = " << b.str();
        }
  }
  EXPECT_GT(proved, 1000);
  EXPECT_GT(simplified, 100);
}

TEST_F(DimTest, RandomExpressions) {
  std::mt19937 random(7);
  DimProver prover;
  for (const char *name : kSymbols)
    prover.setRange(name, {1, 20});
  int checked = 0;
  for (int i = 0; i < 3000; ++i) {
    Tree tree = makeTree(random, 4);
    Dim dim = toDim(tree, &context);
    if (!dim)
      continue;
    // The text form is canonical: it reads back as the same attribute.
    ASSERT_EQ(parse(dim.str()), dim) << dim.str();
    DimRange range = prover.getRange(dim);
    for (int j = 0; j < 8; ++j) {
      int64_t symbols[3];
      for (int64_t &symbol : symbols)
        symbol = 1 + random() % 20;
      int64_t expected = evaluate(tree, symbols);
      auto valueOf = [&](llvm::StringRef name) {
        return std::optional(symbols[name[0] - 'a']);
      };
      std::optional<int64_t> actual = dim.evaluate(valueOf);
      if (!actual) // An intermediate value of the canonical form may leave
                   // int64.
        continue;
      ++checked;
      ASSERT_EQ(*actual, expected) << dim.str();
      ASSERT_LE(range.min, expected) << dim.str();
      ASSERT_GE(range.max, expected) << dim.str();
      Dim constant = dim.substitute([&](llvm::StringRef name) {
        return Dim::constant(&context, symbols[name[0] - 'a']);
      });
      ASSERT_EQ(constant.getConstant(), expected) << dim.str();
    }
  }
  EXPECT_GT(checked, 15000);
}

} // namespace
