//===- PlanArenaTest.cpp - Properties of arena plans ----------------------===//
//
// Random functions whose buffers live over random intervals, with sizes that
// depend on symbols. What must hold is worked out from the intervals, not from
// what the plan says of itself.
//
//===----------------------------------------------------------------------===//

#include "dialects/kernel/KernelArena.h"
#include "dialects/xf/XfOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "passes/memory/Passes.h"
#include "gtest/gtest.h"
#include <random>

using namespace mlir;
using hagane::xf::Dim;
using hagane::xf::DimAttr;

namespace {

/// A buffer as the test knows it: its size and the statements that use it.
struct Interval {
  std::string size; // in elements, in the syntax of #xf.dim
  int64_t elementBytes;
  int64_t first, last;
};

/// Where the plan put it.
struct Placed {
  int64_t offset, bytes;
};

struct Symbols {
  int64_t n, m;
};

class PlanArenaTest : public ::testing::Test {
protected:
  PlanArenaTest() {
    context.loadDialect<hagane::kernel::KernelDialect, hagane::xf::XfDialect,
                        func::FuncDialect, memref::MemRefDialect,
                        arith::ArithDialect, scf::SCFDialect>();
  }

  int64_t pick(int64_t low, int64_t high) {
    return std::uniform_int_distribution<int64_t>(low, high)(random);
  }

  std::vector<Interval> randomIntervals(int64_t statements) {
    const char *sizes[] = {
        "n",         "n * 16", "n * m", "m * 3 + 1", "ceildiv(n, 3)",
        "max(n, m)", "100",    "1",     "0",         "m"};
    const int64_t widths[] = {1, 2, 4, 8};
    std::vector<Interval> intervals;
    for (int64_t i = pick(1, 24); i > 0; --i) {
      int64_t a = pick(0, statements - 1), b = pick(0, statements - 1);
      intervals.push_back({sizes[pick(0, std::size(sizes) - 1)],
                           widths[pick(0, std::size(widths) - 1)],
                           std::min(a, b), std::max(a, b)});
    }
    return intervals;
  }

  /// `statements` operations, each of which uses every buffer whose interval
  /// begins or ends there.
  std::string write(ArrayRef<Interval> intervals, int64_t statements) {
    std::string text = "xf.symbol @n {min = 1 : i64, max = 64 : i64}\n"
                       "xf.symbol @m {min = 0 : i64, max = 1000 : i64}\n"
                       "func.func @main(%flag: i1) {\n";
    for (auto [i, interval] : llvm::enumerate(intervals)) {
      std::string id = std::to_string(i), type = typeOf(interval);
      text += "%d" + id + " = xf.dim_value {dim = #xf.dim<" + interval.size +
              ">} : index\n%b" + id + " = memref.alloc(%d" + id +
              ") : " + type + "\n";
      text += "%v" + id + " = memref.reinterpret_cast %b" + id +
              " to offset: [0], sizes: [%d" + id + "], strides: [1] : " + type +
              " to memref<?x" + type.substr(type.rfind('x') + 1) + "\n";
    }
    for (int64_t statement = 0; statement < statements; ++statement)
      text += use(intervals, statement);
    return text + "return\n}\n";
  }
  static std::string typeOf(const Interval &interval) {
    return "memref<?xi" + std::to_string(interval.elementBytes * 8) + ">";
  }
  /// A kernel that has these buffers.
  static std::string kernel(ArrayRef<std::string> buffers,
                            ArrayRef<std::string> types) {
    std::string shapes, arguments;
    for (auto [i, type] : llvm::enumerate(types)) {
      shapes += i ? ", []" : "[]";
      arguments += "%p" + std::to_string(i) + ": " + type + ", ";
    }
    return "kernel.task outs " + llvm::join(buffers, ", ") +
           " {item_count = #xf.dim<1>, shapes = [" + shapes +
           "]} body {\n^bb0(" + arguments +
           "%item: index):\nkernel.yield\n} : (" + llvm::join(types, ", ") +
           ") -> ()\n";
  }
  static std::string kernel(const std::string &buffer) {
    return kernel({buffer}, {"memref<64xi8>"});
  }
  /// One kernel on the buffers themselves or views of them, in a region or not.
  static std::string use(ArrayRef<Interval> intervals, int64_t statement) {
    std::vector<std::string> buffers, types;
    for (auto [i, interval] : llvm::enumerate(intervals)) {
      if (interval.first != statement && interval.last != statement)
        continue;
      buffers.push_back(((i + statement) % 3 ? "%b" : "%v") +
                        std::to_string(i));
      types.push_back(typeOf(interval));
    }
    if (buffers.empty())
      return "";
    std::string op = kernel(buffers, types);
    return statement % 2 ? op : "scf.if %flag {\n" + op + "}\n";
  }

  OwningOpRef<ModuleOp> plan(const std::string &text) {
    auto module = parseSourceString<ModuleOp>(text, &context);
    EXPECT_TRUE(module) << text;
    PassManager pm(&context);
    pm.addPass(hagane::createPlanArenaPass());
    if (!module || failed(pm.run(*module)))
      return {};
    return module;
  }

  static int64_t valueOf(Attribute dim, Symbols symbols) {
    auto value = Dim(cast<DimAttr>(dim))
                     .evaluate([&](StringRef name) -> std::optional<int64_t> {
                       return name == "n" ? symbols.n : symbols.m;
                     });
    EXPECT_TRUE(value);
    return value.value_or(-1);
  }
  int64_t bytesOf(const Interval &interval, Symbols symbols) {
    return valueOf(Dim::parse(&context, interval.size).getAttr(), symbols) *
           interval.elementBytes;
  }
  /// Where the buffers are for these sizes, in the order of their allocation.
  static std::vector<Placed> placesOf(func::FuncOp main, Symbols symbols,
                                      int64_t *arena = nullptr) {
    auto plan = hagane::kernel::ArenaPlan::read(main);
    EXPECT_TRUE(succeeded(plan));
    auto sizes = hagane::kernel::getSizes(
        plan->buffers, [&](StringRef name) -> std::optional<int64_t> {
          return name == "n" ? symbols.n : symbols.m;
        });
    EXPECT_TRUE(sizes);
    hagane::kernel::Placement placement = hagane::kernel::place(*plan, *sizes);
    if (arena)
      *arena = placement.bytes;
    std::vector<Placed> places;
    main.walk([&](memref::ViewOp view) {
      auto offset =
          view.getByteShift().getDefiningOp<hagane::kernel::BufferOffset>();
      places.push_back({placement.offsets[offset.getBuffer()],
                        (*sizes)[offset.getBuffer()]});
    });
    return places;
  }
  void checkPlan(func::FuncOp main, ArrayRef<Interval> intervals,
                 int64_t statements, Symbols symbols);

  MLIRContext context;
  std::mt19937 random{3};
};

void PlanArenaTest::checkPlan(func::FuncOp main, ArrayRef<Interval> intervals,
                              int64_t statements, Symbols symbols) {
  SCOPED_TRACE("n = " + std::to_string(symbols.n) +
               ", m = " + std::to_string(symbols.m));
  int64_t arena = 0;
  std::vector<Placed> places = placesOf(main, symbols, &arena);
  ASSERT_EQ(places.size(), intervals.size());
  EXPECT_LE(arena, valueOf(main->getAttr("kernel.arena_bytes"), symbols));
  int64_t sum = 0;
  for (auto [place, interval] : llvm::zip(places, intervals)) {
    EXPECT_EQ(place.offset % 64, 0);
    EXPECT_GE(place.offset, 0);
    EXPECT_GE(place.bytes, bytesOf(interval, symbols));
    EXPECT_LE(place.offset + place.bytes, arena);
    sum += llvm::alignTo(bytesOf(interval, symbols), 64);
  }
  EXPECT_LE(arena, sum);
  for (int64_t statement = 0; statement < statements; ++statement) {
    int64_t live = 0;
    for (const Interval &interval : intervals)
      if (interval.first <= statement && statement <= interval.last)
        live += bytesOf(interval, symbols);
    EXPECT_GE(arena, live);
  }
  for (size_t a = 0; a < places.size(); ++a)
    for (size_t b = 0; b < a; ++b) {
      bool isApart = intervals[a].last < intervals[b].first ||
                     intervals[b].last < intervals[a].first;
      bool isDisjoint =
          places[a].offset + bytesOf(intervals[a], symbols) <=
              places[b].offset ||
          places[b].offset + bytesOf(intervals[b], symbols) <= places[a].offset;
      EXPECT_TRUE(isApart || isDisjoint) << "buffers " << a << " and " << b;
    }
}

TEST_F(PlanArenaTest, LiveBuffersNeverOverlap) {
  for (int round = 0; round < 150; ++round) {
    int64_t statements = pick(1, 12);
    std::vector<Interval> intervals = randomIntervals(statements);
    std::string text = write(intervals, statements);
    SCOPED_TRACE(text);
    OwningOpRef<ModuleOp> module = plan(text);
    ASSERT_TRUE(module);
    auto main = module->lookupSymbol<func::FuncOp>("main");
    for (Symbols symbols :
         {Symbols{1, 0}, {64, 1000}, {1, 1000}, {64, 0}, {17, 5}})
      checkPlan(main, intervals, statements, symbols);
    for (int i = 0; i < 5; ++i)
      checkPlan(main, intervals, statements, {pick(1, 64), pick(0, 1000)});
    if (HasFailure())
      return;
  }
}

/// What a first order by size leaves unused, the search does not: the long
/// buffer has to lie beside the small ones for the large ones to share.
TEST_F(PlanArenaTest, GapsAreUsed) {
  std::vector<Interval> layers;
  for (int64_t i = 0; i < 12; i += 3) {
    layers.push_back({"n * 16", 4, i, i + 3});     // carried on
    layers.push_back({"n * 48", 4, i, i + 1});     // wide
    layers.push_back({"n * 16", 4, i + 1, i + 2}); // narrow
    layers.push_back({"n * 64", 4, i + 2, i + 3}); // wider
    layers.push_back({"m", 4, i, i + 2});
  }
  OwningOpRef<ModuleOp> module = plan(write(layers, 16));
  ASSERT_TRUE(module);
  auto main = module->lookupSymbol<func::FuncOp>("main");
  for (Symbols symbols : {Symbols{1, 0}, {1, 1000}, {64, 1000}, {30, 7}}) {
    int64_t arena = 0, most = 0;
    placesOf(main, symbols, &arena);
    for (int64_t statement = 0; statement < 16; ++statement) {
      int64_t alive = 0;
      for (const Interval &interval : layers)
        if (interval.first <= statement && statement <= interval.last)
          alive += llvm::alignTo(bytesOf(interval, symbols), 64);
      most = std::max(most, alive);
    }
    EXPECT_LE(arena, most + most / 20)
        << "n = " << symbols.n << ", m = " << symbols.m;
  }
}

TEST_F(PlanArenaTest, SameInputSamePlan) {
  std::vector<Interval> intervals = randomIntervals(8);
  std::string text = write(intervals, 8), first, second;
  llvm::raw_string_ostream(first) << *plan(text);
  llvm::raw_string_ostream(second) << *plan(text);
  EXPECT_EQ(first, second);
}

/// A chain in which each step reads the buffer before it.
TEST_F(PlanArenaTest, ChainsNeedTwoBuffers) {
  std::vector<Interval> chain;
  for (int64_t i = 0; i < 20; ++i)
    chain.push_back({"n * 16", 4, i, i + 1});
  OwningOpRef<ModuleOp> module = plan(write(chain, 21));
  ASSERT_TRUE(module);
  auto main = module->lookupSymbol<func::FuncOp>("main");
  EXPECT_EQ(valueOf(main->getAttr("kernel.arena_bytes"), {10, 0}), 2 * 640);
}

/// Buffers share memory even where the larger of their sizes has no expression,
/// and live on the heap where the bound has none with them.
TEST_F(PlanArenaTest, SizesWithoutExpression) {
  auto sizeOf = [](char letter, int64_t terms) {
    std::string size = "1";
    for (int64_t i = 0; i < terms; ++i)
      size += " + " + std::string(400, letter) + std::to_string(i);
    return "(" + size + ") * 8";
  };
  std::vector<Interval> apart = {{sizeOf('a', 100), 8, 0, 0},
                                 {sizeOf('b', 100), 8, 1, 1}};
  OwningOpRef<ModuleOp> module = plan(write(apart, 2));
  ASSERT_TRUE(module);
  std::vector<Placed> places =
      placesOf(module->lookupSymbol<func::FuncOp>("main"), {1, 1});
  ASSERT_EQ(places.size(), 2u);
  EXPECT_EQ(places[0].offset, places[1].offset);

  std::vector<Interval> many = {{sizeOf('a', 200), 8, 0, 0},
                                {sizeOf('b', 200), 8, 0, 0}};
  module = plan(write(many, 1));
  ASSERT_TRUE(module);
  int64_t onHeap = 0;
  module->walk(
      [&](memref::AllocOp op) { onHeap += op->hasAttr("kernel.heap_bytes"); });
  EXPECT_EQ(onHeap, 1);
}

TEST_F(PlanArenaTest, EmptyAndUnusedBuffersTakeNothing) {
  OwningOpRef<ModuleOp> module =
      plan("func.func @main() {\n"
           "%a = memref.alloc() : memref<0x7xf32>\n" +
           kernel({"%a"}, {"memref<0x7xf32>"}) +
           "%b = memref.alloc() : memref<0xf32>\n"
           "return\n}");
  ASSERT_TRUE(module);
  auto main = module->lookupSymbol<func::FuncOp>("main");
  EXPECT_EQ(valueOf(main->getAttr("kernel.arena_bytes"), {1, 1}), 0);
}

TEST_F(PlanArenaTest, NoBuffersNoArena) {
  OwningOpRef<ModuleOp> module = plan("func.func @main() {\nreturn\n}");
  ASSERT_TRUE(module);
  auto main = module->lookupSymbol<func::FuncOp>("main");
  EXPECT_EQ(valueOf(main->getAttr("kernel.arena_bytes"), {1, 1}), 0);
}

/// A buffer lives on in what control flow makes of it.
TEST_F(PlanArenaTest, LifeGoesThroughControlFlow) {
  const std::string heads[] = {
      "%s = arith.select %flag, %a, %b : memref<64xi8>\n",
      "%s = scf.if %flag -> memref<64xi8> {\nscf.yield %a : memref<64xi8>\n} "
      "else {\nscf.yield %b : memref<64xi8>\n}\n",
      "%z = arith.constant 0 : index\n%o = arith.constant 1 : index\n"
      "%s = scf.for %i = %z to %o step %o iter_args(%x = %a) -> memref<64xi8> "
      "{\n" +
          kernel("%x") + "scf.yield %b : memref<64xi8>\n}\n",
      "%s = scf.while (%x = %a) : (memref<64xi8>) -> memref<64xi8> {\n"
      "scf.condition(%flag) %x : memref<64xi8>\n} do {\n^bb0(%y: "
      "memref<64xi8>):\n" +
          kernel("%b") + "scf.yield %y : memref<64xi8>\n}\n"};
  for (const std::string &head : heads) {
    SCOPED_TRACE(head);
    OwningOpRef<ModuleOp> module =
        plan("func.func @main(%flag: i1) {\n"
             "%a = memref.alloc() : memref<64xi8>\n"
             "%b = memref.alloc() : memref<64xi8>\n" +
             kernel("%a") + kernel("%b") + head +
             "%c = memref.alloc() : memref<64xi8>\n" + kernel("%c") +
             kernel("%s") + "return\n}");
    ASSERT_TRUE(module);
    auto main = module->lookupSymbol<func::FuncOp>("main");
    std::vector<Placed> places = placesOf(main, {1, 1});
    ASSERT_EQ(places.size(), 3u);
    EXPECT_NE(places[0].offset, places[2].offset);
    EXPECT_NE(places[0].offset, places[1].offset);
  }
}

} // namespace
