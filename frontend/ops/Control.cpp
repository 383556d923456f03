// Control flow: If, Loop, Scan.
#include "dialects/xf/XfDynamic.h"
#include "frontend/ops/BlockConverter.h"
#include "frontend/ops/ControlFlow.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::frontend;
using xf::Dim;

//===-- If ----------------------------------------------------------------===//

static bool isReadIn(Value value, Region &graph) {
  return llvm::any_of(value.getUsers(), [&](Operation *user) {
    Region *region = user->getParentRegion();
    return region && graph.isAncestor(region);
  });
}

/// Inputs that this branch alone reads: what must hold of their sizes must hold
/// where it is taken, so that they get names of their own in it.
static void measureOwnInputs(NodeConverter &n, Region &graph) {
  ConversionState &state = n.getState();
  auto function = n.getNode()->getParentOfType<func::FuncOp>();
  llvm::StringMap<Dim> names;
  for (BlockArgument argument : function.getArguments()) {
    Value value = state.values.lookup(argument);
    if (!value || !isReadIn(argument, graph))
      continue;
    SmallVector<Dim> known(state.getFacts(value).dims);
    bool isConditional = false;
    SmallVector<StringRef> own(known.size());
    for (auto [dim, name] : llvm::zip_equal(known, own)) {
      auto symbol = dim.getSymbol();
      if (!symbol || !state.conditionalSizes.contains(*symbol))
        continue;
      isConditional = true;
      name = *symbol;
      dim = names.lookup(name);
    }
    if (!isConditional)
      continue;
    value = state.values[argument] = measure(n, value, known);
    for (auto [name, dim] : llvm::zip_equal(own, state.getFacts(value).dims))
      if (!name.empty())
        names[name] = dim;
  }
}

static LogicalResult convertIf(NodeConverter &n) {
  Region *thenGraph = n.getNode().getSubgraph("then_branch"),
         *elseGraph = n.getNode().getSubgraph("else_branch");
  if (!thenGraph || !elseGraph || thenGraph->getNumArguments() ||
      elseGraph->getNumArguments())
    return n.error(
        "then_branch and else_branch are not two subgraphs without inputs");
  auto branch = [&](Region *graph) {
    return [&n, graph](SmallVectorImpl<Value> &values) {
      measureOwnInputs(n, *graph);
      return convertBlock(n.getState(), graph->front(), n.builder(), values);
    };
  };
  SmallVector<Value> values;
  // A condition that is known picks its branch now.
  if (auto known = n.constInts(n.in(0)); known && known->size() == 1) {
    if (failed(branch(known->front() ? thenGraph : elseGraph)(values)))
      return failure();
    return n.done(values);
  }
  Value condition = readCondition(n, n.in(0));
  if (!condition || failed(buildIf(n, condition, branch(thenGraph),
                                   branch(elseGraph), values)))
    return failure();
  return n.done(values);
}

//===-- Bodies of loops ---------------------------------------------------===//

/// The body, if it has as many inputs and outputs as expected; null and an
/// error otherwise.
static Region *getBody(NodeConverter &n, size_t numInputs, size_t numOutputs) {
  Region *body = n.getNode().getSubgraph("body");
  if (!body) {
    (void)n.error("there is no subgraph 'body'");
    return nullptr;
  }
  if (body->getNumArguments() != numInputs) {
    (void)n.error("the body has " + Twine(body->getNumArguments()) +
                  " inputs, expected " + Twine(numInputs));
    return nullptr;
  }
  size_t found = body->front().getTerminator()->getNumOperands();
  if (found != numOutputs) {
    (void)n.error("the body has " + Twine(found) + " outputs, expected " +
                  Twine(numOutputs));
    return nullptr;
  }
  return body;
}

/// The inputs from `first` on; false and an error where one has no tensor.
static bool takeTensors(NodeConverter &n, size_t first, size_t count,
                        SmallVectorImpl<Value> &values) {
  for (size_t i = first; i < first + count; ++i) {
    Value value = n.in(static_cast<unsigned>(i));
    if (!value) {
      bool isSequence = n.sequence(static_cast<unsigned>(i));
      (void)n.error("input " + Twine(i) +
                    (isSequence ? " is a sequence" : " is absent") +
                    ", expected a tensor");
      return false;
    }
    values.push_back(value);
  }
  return true;
}

static int64_t countOps(Region &region) {
  int64_t count = 0;
  region.walk([&](onnx::NodeOp) { ++count; });
  return count;
}

//===-- Loop --------------------------------------------------------------===//

/// One element in the rank that the body's input declares: 0 or 1.
static RankedTensorType oneElement(Value declared, Type element) {
  auto type = dyn_cast<RankedTensorType>(declared.getType());
  SmallVector<int64_t> shape(type && type.getRank() == 1 ? 1 : 0, 1);
  return RankedTensorType::get(shape, element);
}

/// Whether each iteration only adds an element to the end of a sequence that
/// the body gets as `argument` and gives as `result`.
static bool isAppendedTo(Value argument, Value result) {
  auto node = result.getDefiningOp<onnx::NodeOp>();
  return node && node.getOpType() == "SequenceInsert" &&
         node.getInputs().size() >= 2 && node.getInputs()[0] == argument &&
         (node.getInputs().size() == 2 ||
          isa<NoneType>(node.getInputs()[2].getType())) &&
         argument.hasOneUse() && result.hasOneUse();
}

namespace {

/// A Loop's carried values: tensors, and sequences to which each iteration adds
/// an element, which are like outputs that grow.
struct LoopValues {
  Region *body = nullptr;
  SmallVector<bool> isSequence;
  size_t numScanned = 0;
};

} // namespace

/// The body's inputs are the iteration's number, the condition, which holds
/// whenever the body runs, and what is carried.
static LogicalResult convertLoopBody(NodeConverter &n, const LoopValues &loop,
                                     Dim at, ArrayRef<Value> carried,
                                     LoopStep &step) {
  ConversionState &state = n.getState();
  Block &body = loop.body->front();
  Builder b(n.builder().getContext());
  auto number = oneElement(body.getArgument(0), b.getI64Type()),
       condition = oneElement(body.getArgument(1), b.getI1Type());
  state.values[body.getArgument(0)] =
      n.make<xf::Dims>(n.dims(at), TypeAttr::get(number));
  state.values[body.getArgument(1)] =
      n.constant(DenseElementsAttr::get(condition, true));
  for (auto [argument, isSequence] :
       llvm::zip_equal(body.getArguments().drop_front(2), loop.isSequence)) {
    if (isSequence) {
      state.sequences[argument] = {};
      continue;
    }
    state.values[argument] = carried.front();
    carried = carried.drop_front();
  }
  SmallVector<Value> outputs;
  if (n.failed() || failed(convertBlock(state, body, n.builder(), outputs,
                                        /*mayBeSequences=*/true)))
    return failure();
  OperandRange given = body.getTerminator()->getOperands();
  for (auto [i, output] : llvm::enumerate(outputs)) {
    bool isSequence =
        i > 0 && i <= loop.isSequence.size() && loop.isSequence[i - 1];
    if (isSequence)
      step.items.push_back(state.sequences.lookup(given[i]).front());
    else if (!output)
      return n.error("output " + Twine(i) +
                     " of the body is a sequence, expected a tensor");
    else if (i > 0 && i <= loop.isSequence.size())
      step.carried.push_back(output);
  }
  step.goesOn = outputs.front();
  if (!n.elem(step.goesOn).isInteger(1))
    return n.error("the body's first output is not a boolean");
  llvm::append_range(step.items, ArrayRef(outputs).take_back(loop.numScanned));
  return success();
}

/// What a value is but for the Identity nodes on its way.
static Value withoutIdentities(Value value) {
  auto node = value.getDefiningOp<onnx::NodeOp>();
  while (node && node.getOpType() == "Identity" && node.getDomain().empty() &&
         node.getInputs().size() == 1) {
    value = node.getInputs().front();
    node = value.getDefiningOp<onnx::NodeOp>();
  }
  return value;
}

/// Sorts the carried values into tensors and sequences.
static LogicalResult readCarried(NodeConverter &n, LoopValues &loop,
                                 LoopSpec &spec) {
  Operation *yield = loop.body->front().getTerminator();
  for (unsigned i = 0; i < loop.isSequence.size(); ++i) {
    const auto *elements = n.sequence(2 + i);
    loop.isSequence[i] =
        elements && elements->empty() &&
        isAppendedTo(loop.body->getArgument(2 + i), yield->getOperand(1 + i));
    if (loop.isSequence[i])
      continue;
    if (!takeTensors(n, 2 + i, 1, spec.inits))
      return failure();
    spec.stays.push_back(withoutIdentities(yield->getOperand(1 + i)) ==
                         loop.body->getArgument(2 + i));
  }
  return success();
}

static LogicalResult convertLoop(NodeConverter &n) {
  size_t carried = std::max<size_t>(n.numInputs(), 2) - 2;
  if (n.numOutputs() < carried)
    return n.error("there are " + Twine(n.numOutputs()) +
                   " outputs, expected at least " + Twine(carried) +
                   ", one for each carried value");
  LoopValues loop;
  loop.body = getBody(n, 2 + carried, 1 + n.numOutputs());
  loop.isSequence.resize(carried);
  loop.numScanned = n.numOutputs() - carried;
  LoopSpec spec;
  if (!loop.body || failed(readCarried(n, loop, spec)))
    return failure();
  if (n.in(0)) {
    spec.trips = readSize(n, n.in(0), "trip count");
    if (!spec.trips)
      return failure();
  }
  if (n.in(1)) {
    auto known = n.constInts(n.in(1));
    if (!known || known->size() != 1)
      spec.goesOn = n.in(1);
    else if (!known->front())
      spec.trips = Dim::constant(n.builder().getContext(), 0);
  }
  spec.outputs.resize(n.numOutputs() - spec.inits.size());
  spec.bodySize = countOps(*loop.body);
  spec.body = [&](Dim at, ArrayRef<Value> values, LoopStep &step) {
    return convertLoopBody(n, loop, at, values, step);
  };
  SmallVector<Value> made, results;
  if (failed(buildLoop(n, spec, made)))
    return failure();
  ArrayRef<Value> tensors = ArrayRef(made).take_front(spec.inits.size()),
                  grown = ArrayRef(made).drop_front(spec.inits.size());
  for (auto [i, isSequence] : llvm::enumerate(loop.isSequence)) {
    ArrayRef<Value> &from = isSequence ? grown : tensors;
    if (isSequence)
      n.getState().stacks[n.getNode().getOutputs()[i]] = from.front();
    results.push_back(isSequence ? Value() : from.front());
    from = from.drop_front();
  }
  llvm::append_range(results, grown);
  return n.done(results);
}

//===-- Scan --------------------------------------------------------------===//

namespace {

/// What a Scan's attributes say, in opset 9 and later.
struct ScanSpec {
  Region *body = nullptr;
  size_t numStates = 0;
  SmallVector<int64_t> inputAxes, inputDirections;
  SmallVector<GrowingOutput> outputs;
};

} // namespace

/// A list with one entry per scanned value; zeros if it is left out.
static LogicalResult readList(NodeConverter &n, StringRef name, size_t count,
                              SmallVectorImpl<int64_t> &list) {
  auto given = n.getInts(name);
  if (given && given->size() != count)
    return n.error("attribute '" + name + "' has " + Twine(given->size()) +
                   " entries, expected " + Twine(count));
  if (given)
    list.assign(given->begin(), given->end());
  else
    list.assign(count, 0);
  return success();
}

static LogicalResult convertScanBody(NodeConverter &n, const ScanSpec &scan,
                                     ArrayRef<Value> states,
                                     ArrayRef<Value> items, LoopStep &step) {
  for (auto [argument, value] : llvm::zip_equal(
           scan.body->getArguments(), llvm::concat<const Value>(states, items)))
    n.getState().values[argument] = value;
  SmallVector<Value> outputs;
  if (failed(
          convertBlock(n.getState(), scan.body->front(), n.builder(), outputs)))
    return failure();
  step.carried.assign(outputs.begin(), outputs.begin() + scan.numStates);
  step.items.assign(outputs.begin() + scan.numStates, outputs.end());
  return success();
}

/// The number of iterations: the size of every scanned input along its axis.
static Dim findLength(NodeConverter &n, const ScanSpec &scan,
                      ArrayRef<Value> inputs) {
  ConversionState &state = n.getState();
  Dim length;
  for (auto [input, axis] : llvm::zip_equal(inputs, scan.inputAxes)) {
    Dim size = n.dim(input, axis);
    if (!n.isDurable(size))
      size = readSize(n, n.sizeTensor(Size(input, axis)), "length");
    if (!size)
      return {};
    if (length && state.prover.isNotEqual(length, size)) {
      (void)n.error("scanned inputs have lengths " + length.str() + " and " +
                    size.str() + ", expected equal ones");
      return {};
    }
    if (length && !state.prover.isEqual(length, size))
      xf::RequireEqual::create(
          n.builder(), size.getAttr(), length.getAttr(),
          n.builder().getStringAttr("the lengths of scanned inputs"));
    length = length ? length : size;
  }
  return length;
}

/// Scans `inputs` over `length` positions. What is behind them in an output of
/// size `room` is 0.
static LogicalResult buildScan(NodeConverter &n, const ScanSpec &scan,
                               ArrayRef<Value> states, ArrayRef<Value> inputs,
                               Dim length, Dim room,
                               SmallVectorImpl<Value> &results) {
  LoopSpec spec;
  spec.trips = length;
  spec.room = room;
  spec.inits.assign(states.begin(), states.end());
  spec.outputs = scan.outputs;
  spec.bodySize = countOps(*scan.body);
  Dim last = length - Dim::constant(n.builder().getContext(), 1);
  spec.body = [&](Dim at, ArrayRef<Value> carried, LoopStep &step) {
    SmallVector<Value> items;
    for (auto [input, axis, direction] :
         llvm::zip_equal(inputs, scan.inputAxes, scan.inputDirections))
      items.push_back(n.make<xf::Item>(input, static_cast<uint64_t>(axis),
                                       (direction ? last - at : at).getAttr()));
    if (n.failed())
      return failure();
    return convertScanBody(n, scan, carried, items, step);
  };
  return buildLoop(n, spec, results);
}

/// Reads what both forms of Scan have: the body, and how many inputs it scans.
static LogicalResult readScan(NodeConverter &n, size_t numInputs,
                              ScanSpec &scan) {
  int64_t scanned = n.requireInt("num_scan_inputs");
  if (n.failed())
    return failure();
  if (scanned < 1 || scanned > static_cast<int64_t>(numInputs))
    return n.error("num_scan_inputs is " + Twine(scanned) + ", expected 1 to " +
                   Twine(numInputs));
  scan.numStates = numInputs - static_cast<size_t>(scanned);
  if (n.numOutputs() < scan.numStates)
    return n.error("there are " + Twine(n.numOutputs()) +
                   " outputs, expected at least " + Twine(scan.numStates) +
                   ", one for each state");
  scan.body = getBody(n, numInputs, n.numOutputs());
  scan.outputs.resize(n.numOutputs() - scan.numStates);
  return success(bool(scan.body));
}

static LogicalResult convertScan(NodeConverter &n) {
  ScanSpec scan;
  if (failed(readScan(n, n.numInputs(), scan)))
    return failure();
  size_t scanned = n.numInputs() - scan.numStates;
  SmallVector<Value> states, inputs;
  SmallVector<int64_t> axes, directions;
  if (!takeTensors(n, 0, scan.numStates, states) ||
      !takeTensors(n, scan.numStates, scanned, inputs) ||
      failed(readList(n, "scan_input_axes", scanned, scan.inputAxes)) ||
      failed(readList(n, "scan_input_directions", scanned,
                      scan.inputDirections)) ||
      failed(readList(n, "scan_output_axes", scan.outputs.size(), axes)) ||
      failed(readList(n, "scan_output_directions", scan.outputs.size(),
                      directions)))
    return failure();
  for (auto [axis, input] : llvm::zip_equal(scan.inputAxes, inputs))
    axis = n.normalAxis(axis, n.rank(input));
  if (n.failed())
    return failure();
  for (auto [output, axis, direction] :
       llvm::zip_equal(scan.outputs, axes, directions))
    output = {axis, direction != 0};
  SmallVector<Value> results;
  Dim length = findLength(n, scan, inputs);
  if (!length ||
      failed(buildScan(n, scan, states, inputs, length, Dim(), results)))
    return failure();
  return n.done(results);
}

/// Opset 8: a batch of sequences along axes 0 and 1, each with its own length
/// if input 0 tells.
static LogicalResult convertBatchedScan(NodeConverter &n) {
  ScanSpec scan;
  if (n.numInputs() < 2 || failed(readScan(n, n.numInputs() - 1, scan)))
    return failure();
  size_t scanned = n.numInputs() - 1 - scan.numStates;
  SmallVector<Value> states, inputs;
  if (!takeTensors(n, 1, scan.numStates, states) ||
      !takeTensors(n, 1 + scan.numStates, scanned, inputs) ||
      failed(readList(n, "directions", scanned, scan.inputDirections)))
    return failure();
  scan.inputAxes.assign(scanned, 1);
  Dim room = findLength(n, scan, inputs);
  LoopSpec batch;
  scan.inputAxes.assign(scanned, 0);
  batch.trips = room ? findLength(n, scan, inputs) : Dim();
  if (!batch.trips)
    return failure();
  batch.outputs.resize(n.numOutputs());
  batch.bodySize = countOps(*scan.body);
  batch.body = [&](Dim at, ArrayRef<Value>, LoopStep &step) {
    auto itemsOf = [&](ArrayRef<Value> values) {
      return llvm::map_to_vector(values, [&](Value value) {
        return n.make<xf::Item>(value, uint64_t(0), at.getAttr());
      });
    };
    Dim length = room;
    if (n.in(0)) {
      Value own = n.make<xf::Item>(n.in(0), uint64_t(0), at.getAttr());
      length = n.failed() ? Dim() : readSize(n, own, "sequence's length");
      if (!length)
        return failure();
      length = length.min(room);
    }
    SmallVector<Value> ownStates = itemsOf(states), ownInputs = itemsOf(inputs);
    if (n.failed())
      return failure();
    return buildScan(n, scan, ownStates, ownInputs, length,
                     n.in(0) ? room : Dim(), step.items);
  };
  SmallVector<Value> results;
  if (failed(buildLoop(n, batch, results)))
    return failure();
  return n.done(results);
}

static const OpRow rows[] = {
    {"If", 1, 1, convertIf},
    {"Loop", 1, 0, convertLoop},
    {"Scan", 8, 0, convertBatchedScan},
    {"Scan", 9, 1, convertScan},
};

void hagane::frontend::registerControl(OpRegistry &registry) {
  registry.add("", rows);
}
