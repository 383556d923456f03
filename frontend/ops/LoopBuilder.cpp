// Loops: what they carry, how its sizes change, and outputs that grow.
#include "frontend/ops/LoopBuilder.h"

#include "dialects/xf/XfDynamic.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Diagnostics.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;
using xf::Dim;

namespace {

/// Loops of at most so many iterations and operations in all are unrolled.
constexpr int64_t kMaxUnrolled = 8;
constexpr int64_t kMaxUnrolledOps = 256;
/// Bodies of nested loops are converted again with the bodies around them: from
/// here on loops are not unrolled, and in the end no longer converted.
constexpr int64_t kManyConversions = 1000;
constexpr int64_t kMaxConversions = 10000;
/// Outputs of loops that may end early get room for every iteration up to here.
constexpr int64_t kMaxRoom = int64_t(1) << 16;

/// Holds remarks back until it is clear whether they stand.
class HeldRemarks {
public:
  explicit HeldRemarks(MLIRContext *context)
      : engine(context->getDiagEngine()),
        handler(engine.registerHandler([this](Diagnostic &diag) {
          if (diag.getSeverity() == DiagnosticSeverity::Error)
            return failure();
          held.push_back(std::move(diag));
          return success();
        })) {}
  ~HeldRemarks() { stop(); }
  void forget() {
    stop();
    held.clear();
  }
  void release() {
    stop();
    for (Diagnostic &diag : held)
      engine.emit(std::move(diag));
    held.clear();
  }

private:
  void stop() {
    if (handler)
      engine.eraseHandler(*handler);
    handler.reset();
  }
  DiagnosticEngine &engine;
  std::vector<Diagnostic> held;
  std::optional<DiagnosticEngine::HandlerID> handler;
};

} // namespace

LogicalResult LoopBuilder::convert(Dim number, ArrayRef<Value> values,
                                   LoopStep &step) {
  if (++state.bodyConversions > kMaxConversions)
    return n.error("loops nest too deeply: their bodies were converted " +
                   Twine(kMaxConversions) + " times");
  if (failed(spec.body(number, values, step)))
    return failure();
  for (auto [i, next, init] : llvm::enumerate(step.carried, spec.inits))
    if (n.elem(next) != n.elem(init))
      return n.error("carried value " + Twine(i) +
                     " has another element type after an iteration");
  axes.clear();
  for (auto [item, output] : llvm::zip_equal(step.items, spec.outputs))
    axes.push_back(n.normalAxis(output.axis, n.rank(item) + 1));
  return success(!n.failed());
}

//===-- Unrolling ---------------------------------------------------------===//

/// Whether the loop became its iterations one after another.
FailureOr<bool> LoopBuilder::unroll(SmallVectorImpl<Value> &results) {
  std::optional<int64_t> trips =
      spec.trips ? spec.trips.getConstant() : std::nullopt;
  if (!trips || *trips < 1 || *trips > kMaxUnrolled || spec.goesOn ||
      *trips * spec.bodySize > kMaxUnrolledOps ||
      state.bodyConversions > kManyConversions ||
      (spec.room && spec.room != spec.trips))
    return false;
  HeldRemarks held(b.getContext());
  size_t mark = state.countDeclared();
  auto scratch = std::make_unique<Block>();
  SmallVector<Value> values(spec.inits);
  SmallVector<SmallVector<Value>> parts(spec.outputs.size());
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(scratch.get());
    for (int64_t i = 0; i < *trips; ++i) {
      LoopStep step;
      if (failed(convert(constant(i), values, step)))
        return failure();
      // Whether there is another one only the last iteration need not tell.
      if (!isTrue(step.goesOn) && i + 1 != *trips) {
        state.discard(std::move(scratch), mark);
        return false;
      }
      values = step.carried;
      for (auto [k, item] : llvm::enumerate(step.items))
        parts[k].push_back(n.unsqueeze(item, {axes[k]}));
    }
    for (auto [k, part] : llvm::enumerate(parts)) {
      if (spec.outputs[k].isReversed)
        std::reverse(part.begin(), part.end());
      values.push_back(n.concat(part, axes[k]));
    }
  }
  b.getInsertionBlock()->getOperations().splice(b.getInsertionPoint(),
                                                scratch->getOperations());
  held.release();
  results.append(values);
  if (n.failed())
    return failure();
  return true;
}

//===-- The body ----------------------------------------------------------===//

LogicalResult LoopBuilder::convertBody(Block &block, LoopStep &step) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToEnd(&block);
  Value number = block.addArgument(b.getIndexType(), n.getLoc());
  int64_t most = xf::DimRange().max;
  if (spec.trips)
    most = state.prover.getRange(spec.trips).max;
  at = state.declareSize("iteration", 0, std::max<int64_t>(most - 1, 0),
                         n.getLoc());
  xf::Bind::create(b, *at.getSymbol(), number);
  SmallVector<Value> arguments;
  for (Carried &value : carried) {
    value.inBody = value.init;
    if (!value.isInvariant) {
      Type element = n.elem(value.init);
      Value argument =
          block.addArgument(typeOf(value.known, element), n.getLoc());
      value.inBody = measure(n, argument, value.known);
    }
    arguments.push_back(value.inBody);
  }
  return convert(at, arguments, step);
}

/// Compares what an iteration got and gave; false if something was taken to
/// stay that changes, or the other way round.
FailureOr<bool> LoopBuilder::settle(const LoopStep &step) {
  bool isSettled = true;
  for (auto [i, value, next] : llvm::enumerate(carried, step.carried)) {
    if (value.isInvariant)
      continue;
    if (next == value.inBody) {
      value.isInvariant = true;
      isSettled = false;
      continue;
    }
    const xf::Facts &facts = state.getFacts(next);
    if (facts.rank() != n.rank(value.init))
      return n.error("carried value " + Twine(i) + " has rank " +
                     Twine(facts.rank()) + " after an iteration, expected " +
                     Twine(n.rank(value.init)) + " as before");
    for (auto [known, dim] : llvm::zip_equal(value.known, facts.dims)) {
      if (!known || (dim && state.prover.isEqual(known, dim)))
        continue;
      known = Dim();
      isSettled = false;
    }
  }
  return isSettled;
}

//===-- Outputs that grow -------------------------------------------------===//

/// Decides how an output comes together, and makes what it starts from.
void LoopBuilder::startOutput(Value item, unsigned index, size_t mark) {
  Output output;
  output.spec = {axes[index], spec.outputs[index].isReversed};
  for (Dim dim : state.getFacts(item).dims)
    output.dims.push_back(state.isKnownSince(dim, mark) ? dim : Dim());
  bool isKnown = llvm::all_of(output.dims, [](Dim dim) { return bool(dim); });
  Dim room = spec.room ? spec.room : spec.trips;
  bool isBounded =
      room && (isCounted || spec.room ||
               room.getConstant().value_or(kMaxRoom + 1) <= kMaxRoom);
  output.hasRoom = isKnown && isBounded;
  // Whole outputs of no iteration: without a part whose sizes they could have.
  SmallVector<Dim> start;
  for (Dim dim : output.dims)
    start.push_back(dim ? dim : constant(0));
  output.dims.insert(output.dims.begin() + output.spec.axis,
                     output.hasRoom ? room : Dim());
  start.insert(start.begin() + output.spec.axis,
               output.hasRoom ? room : constant(0));
  Type element = n.elem(item);
  output.init = zeros(start, element);
  if (!n.failed())
    output.init = this->start(output.init, output.dims);
  outputs.push_back(std::move(output));
}

/// A new whole, one part longer. A part's sizes are those of the first one.
Value LoopBuilder::append(Output &output, Value whole, Value item,
                          Block &block) {
  int64_t axis = output.spec.axis;
  auto join = [&](Value all) {
    Value part = n.unsqueeze(item, {axis});
    return output.spec.isReversed ? n.concat({part, all}, axis)
                                  : n.concat({all, part}, axis);
  };
  bool isKnown = true;
  for (auto [i, dim] : llvm::enumerate(output.dims))
    isKnown &= dim || static_cast<int64_t>(i) == axis;
  if (isKnown)
    return join(whole);
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value isFirst = arith::CmpIOp::create(b, arith::CmpIPredicate::eq,
                                        block.getArgument(0), zero);
  auto first = [&](SmallVectorImpl<Value> &values) {
    values.push_back(n.unsqueeze(item, {axis}));
    return success(!n.failed());
  };
  // Measured here, so that sizes are only compared from the second part on.
  auto later = [&](SmallVectorImpl<Value> &values) {
    SmallVector<Dim> unknown(output.dims.size());
    values.push_back(join(measure(n, whole, unknown)));
    return success(!n.failed());
  };
  SmallVector<Value> results;
  if (failed(buildIf(n, isFirst, first, later, results)))
    return {};
  return results.front();
}

Value LoopBuilder::addPart(Output &output, Value whole, Value item,
                           Block &block) {
  if (!output.hasRoom)
    return append(output, measure(n, whole, output.dims), item, block);
  Dim place = output.spec.isReversed ? spec.trips - constant(1) - at : at;
  return n.make<xf::PutItem>(item, measure(n, whole, output.dims),
                             static_cast<uint64_t>(output.spec.axis),
                             place.getAttr());
}

//===-- The loop ----------------------------------------------------------===//

void LoopBuilder::makeFor(std::unique_ptr<Block> body, ArrayRef<Value> inits,
                          ArrayRef<Value> yields,
                          SmallVectorImpl<Value> &results) {
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(body.get());
    scf::YieldOp::create(b, yields);
  }
  Value zero = arith::ConstantIndexOp::create(b, 0),
        one = arith::ConstantIndexOp::create(b, 1),
        end = xf::DimValue::create(b, b.getIndexType(), spec.trips.getAttr());
  auto loop = scf::ForOp::create(b, zero, end, one, inits);
  loop.getRegion().getBlocks().clear();
  loop.getRegion().push_back(body.release());
  llvm::append_range(results, loop.getResults());
}

LogicalResult LoopBuilder::makeWhile(std::unique_ptr<Block> body, Value goesOn,
                                     ArrayRef<Value> inits,
                                     ArrayRef<Value> yields,
                                     SmallVectorImpl<Value> &results) {
  Value zero = arith::ConstantIndexOp::create(b, 0),
        one = arith::ConstantIndexOp::create(b, 1),
        yes = arith::ConstantIntOp::create(b, b.getI1Type(), 1);
  Value first = spec.goesOn ? readCondition(n, spec.goesOn) : yes, end;
  if (spec.trips)
    end = xf::DimValue::create(b, b.getIndexType(), spec.trips.getAttr());
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(body.get());
    SmallVector<Value> next{
        arith::AddIOp::create(b, body->getArgument(0), one)};
    next.append(yields.begin(), yields.end());
    next.push_back(goesOn ? readCondition(n, goesOn) : yes);
    if (n.failed())
      return failure();
    scf::YieldOp::create(b, next);
  }
  SmallVector<Type> types(body->getArgumentTypes());
  SmallVector<Value> starts{zero};
  starts.append(inits.begin(), inits.end());
  starts.push_back(first);
  auto loop = scf::WhileOp::create(b, types, starts);
  OpBuilder::InsertionGuard guard(b);
  types.push_back(b.getI1Type());
  Block *test = b.createBlock(&loop.getBefore(), {}, types,
                              SmallVector<Location>(types.size(), n.getLoc()));
  Value follows = test->getArguments().back();
  if (end)
    follows = arith::AndIOp::create(
        b, follows,
        arith::CmpIOp::create(b, arith::CmpIPredicate::slt,
                              test->getArgument(0), end));
  scf::ConditionOp::create(b, follows, test->getArguments().drop_back());
  loop.getAfter().push_back(body.release());
  llvm::append_range(results, loop.getResults());
  return success();
}

/// Names sizes of the loop's results; `made` begins with what is carried.
LogicalResult LoopBuilder::takeResults(ArrayRef<Value> made,
                                       SmallVectorImpl<Value> &results) {
  for (Carried &value : carried) {
    if (value.isInvariant) {
      results.push_back(value.init);
      continue;
    }
    results.push_back(measure(n, made.front(), value.known));
    made = made.drop_front();
  }
  for (auto [output, whole] : llvm::zip_equal(outputs, made)) {
    Value result = measure(n, whole, output.dims);
    if (output.hasRoom && done && !spec.room) {
      SmallVector<Dim> dims(output.dims);
      dims[output.spec.axis] = done;
      Value part = n.slice(result, output.spec.axis, constant(0), done);
      if (n.failed())
        return failure();
      result = measure(n, castTo(part, typeOf(dims, n.elem(part))), dims);
    }
    results.push_back(result);
  }
  return success(!n.failed());
}

LogicalResult LoopBuilder::finish(std::unique_ptr<Block> body, LoopStep &step,
                                  size_t mark,
                                  SmallVectorImpl<Value> &results) {
  isCounted = spec.trips && !spec.goesOn && isTrue(step.goesOn);
  if (!spec.trips && isTrue(step.goesOn))
    return n.error("the loop never ends: found no trip count, and a condition "
                   "that stays true");
  SmallVector<Value> inits, yields;
  for (auto [i, item] : llvm::enumerate(step.items))
    startOutput(item, static_cast<unsigned>(i), mark);
  if (n.failed())
    return failure();
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToEnd(body.get());
    for (auto [value, next] : llvm::zip_equal(carried, step.carried))
      if (!value.isInvariant)
        yields.push_back(castTo(next, typeOf(value.known, n.elem(value.init))));
    for (auto [output, item] : llvm::zip_equal(outputs, step.items)) {
      Type type = output.init.getType();
      Value whole = body->addArgument(type, n.getLoc());
      Value next = addPart(output, whole, item, *body);
      if (n.failed() || !next)
        return failure();
      yields.push_back(castTo(next, type));
    }
  }
  for (const Carried &value : carried)
    if (!value.isInvariant)
      inits.push_back(start(value.init, value.known));
  for (const Output &output : outputs)
    inits.push_back(output.init);
  SmallVector<Value> made;
  if (isCounted) {
    makeFor(std::move(body), inits, yields, made);
    return takeResults(made, results);
  }
  if (failed(makeWhile(std::move(body), step.goesOn, inits, yields, made)))
    return failure();
  if (!outputs.empty()) {
    done = state.declareSize("count", 0, xf::DimRange().max, n.getLoc());
    xf::Bind::create(b, *done.getSymbol(), made.front());
  }
  return takeResults(ArrayRef(made).drop_front(), results);
}

LogicalResult LoopBuilder::run(SmallVectorImpl<Value> &results) {
  FailureOr<bool> isUnrolled = unroll(results);
  if (failed(isUnrolled) || *isUnrolled)
    return isUnrolled;
  for (auto [i, init] : llvm::enumerate(spec.inits)) {
    Carried value;
    value.init = init;
    value.isInvariant = i < spec.stays.size() && spec.stays[i];
    for (Dim dim : state.getFacts(init).dims)
      value.known.push_back(state.isDurable(dim) ? dim : Dim());
    carried.push_back(std::move(value));
  }
  while (true) {
    HeldRemarks held(b.getContext());
    size_t mark = state.countDeclared();
    auto body = std::make_unique<Block>();
    LoopStep step;
    if (failed(convertBody(*body, step)))
      return failure();
    FailureOr<bool> isSettled = settle(step);
    if (failed(isSettled))
      return failure();
    // Without a limit or a condition the loop would not end: left to `finish`.
    if (*isSettled && !isPeeled && !spec.room && (spec.trips || spec.goesOn) &&
        isStableAfterFirst(step, mark)) {
      state.discard(std::move(body), mark);
      held.forget();
      return peel(results);
    }
    if (*isSettled) {
      held.release();
      return finish(std::move(body), step, mark, results);
    }
    state.discard(std::move(body), mark);
  }
}

LogicalResult hagane::frontend::buildLoop(NodeConverter &n,
                                          const LoopSpec &spec,
                                          SmallVectorImpl<Value> &results) {
  return LoopBuilder(n, spec).run(results);
}
