//===- HostRecords.cpp - What the module file tells of the code -----------===//

#include "codegen/cpu/HostLowering.h"
#include "codegen/module/ModuleRecord.h"
#include "dialects/xf/NodeNames.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::cpu;

DictionaryAttr HostLowering::named(StringRef name, Type element,
                                   ArrayRef<xf::Dim> dims) {
  SmallVector<Attribute> list;
  for (xf::Dim dim : dims) {
    list.push_back(dim.getAttr());
    if (!dim.getConstant() && (!dim.getSymbol() || plan.isComputed(dim)))
      plan.getSlot(dim);
  }
  return b.getDictionaryAttr({b.getNamedAttr("name", b.getStringAttr(name)),
                              b.getNamedAttr("type", TypeAttr::get(element)),
                              b.getNamedAttr("dims", b.getArrayAttr(list))});
}

/// The argument whose memory output `i` may have too, null if none.
FailureOr<const Argument *> HostLowering::sharedWith(size_t i) {
  auto shared = main.getArgAttrOfType<IntegerAttr>(i, "kernel.shares");
  if (!shared)
    return nullptr;
  if (uint64_t place = shared.getValue().getLimitedValue();
      place < arguments.size() && arguments[i].role == Role::Output &&
      arguments[place].role == Role::Input)
    return &arguments[place];
  return main.emitOpError("expected kernel.shares of an output to number an "
                          "input, found ")
         << shared << " of argument " << i;
}

LogicalResult HostLowering::recordSignature() {
  std::map<std::pair<Role, int64_t>, Attribute> values;
  for (auto [i, argument] : llvm::enumerate(arguments)) {
    if (argument.role == Role::Arena)
      continue;
    auto given = main.getArgAttrOfType<StringAttr>(i, "onnx.name");
    std::string name =
        given ? given.str()
              : (argument.role == Role::Output ? "output" : "input") +
                    std::to_string(argument.index);
    DictionaryAttr value =
        named(name, argument.type.getElementType(), argument.dims);
    FailureOr<const Argument *> shared = sharedWith(i);
    if (failed(shared))
      return failure();
    if (*shared) {
      NamedAttrList fields(value);
      fields.set("shares", b.getI64IntegerAttr((*shared)->index));
      value = fields.getDictionary(b.getContext());
    }
    values[{argument.role, argument.index}] = value;
  }
  for (auto [role, key] : {std::pair(Role::Input, record::kInputs),
                           std::pair(Role::Output, record::kOutputs),
                           std::pair(Role::State, record::kStates)}) {
    SmallVector<Attribute> list;
    for (auto &[place, value] : values)
      if (place.first == role)
        list.push_back(value);
    module->setAttr(key, b.getArrayAttr(list));
  }
  return success();
}

/// What `xf.cache` of main says of a step, with the inputs that have roles in
/// it.
LogicalResult HostLowering::recordCache() {
  module->removeAttr(record::kCache);
  auto cache = main->getAttrOfType<DictionaryAttr>("xf.cache");
  if (!cache)
    return success();
  auto isSymbol = [&](StringRef key) {
    auto dim = cache.getAs<xf::DimAttr>(key);
    return dim && xf::Dim(dim).getSymbol();
  };
  auto isSize = [&](StringRef key) {
    auto dim = cache.getAs<xf::DimAttr>(key);
    return dim && (xf::Dim(dim).getConstant() || isSymbol(key));
  };
  auto page = cache.getAs<IntegerAttr>("page");
  if (!page || !page.getType().isInteger(64) || !isSymbol("pages") ||
      !isSymbol("table") || !isSize("batch") || !isSize("step"))
    return main.emitError("expected xf.cache to tell page, pages, table, batch "
                          "and step, found ")
           << cache;
  SmallVector<Attribute> inputs;
  for (auto [i, argument] : llvm::enumerate(arguments))
    if (auto role = main.getArgAttrOfType<StringAttr>(i, "xf.cache_role");
        role && argument.role == Role::Input)
      inputs.push_back(b.getDictionaryAttr(
          {b.getNamedAttr("input", b.getI64IntegerAttr(argument.index)),
           b.getNamedAttr("role", role)}));
  NamedAttrList fields(cache);
  fields.set("inputs", b.getArrayAttr(inputs));
  module->setAttr(record::kCache, fields.getDictionary(b.getContext()));
  return success();
}

/// Gives the arena's buffers their slots, and notes them.
LogicalResult HostLowering::recordBuffers() {
  FailureOr<kernel::ArenaPlan> planned = kernel::ArenaPlan::read(main);
  if (failed(planned))
    return failure();
  for (const kernel::ArenaBuffer &buffer : planned->buffers)
    if (plan.isComputed(buffer.bytes))
      return main.emitError("expected the inputs to tell the sizes of buffers "
                            "in the arena, found ")
             << buffer.bytes.str();
  plan.setBuffers(std::move(*planned));
  const HostBuffers &placed = plan.getBuffers();
  for (auto [i, buffer] : llvm::enumerate(placed.plan.buffers))
    buffers.push_back(b.getDictionaryAttr({
        b.getNamedAttr("name", b.getStringAttr("buffer" + Twine(i))),
        b.getNamedAttr("offset", b.getI64IntegerAttr(placed.offsetSlot + i)),
        b.getNamedAttr("size", b.getI64IntegerAttr(placed.sizeSlots[i])),
        b.getNamedAttr("first", b.getI64IntegerAttr(buffer.first)),
        b.getNamedAttr("last", b.getI64IntegerAttr(buffer.last)),
    }));
  return success();
}

void HostLowering::recordSlotsAndChecks() {
  module->setAttr(record::kBuffers, b.getArrayAttr(buffers));
  module->setAttr(record::kKernels, b.getArrayAttr(kernels));
  module->setAttr(record::kChecks, b.getStrArrayAttr(checks.getArrayRef()));
  module->setAttr(record::kSlots,
                  b.getArrayAttr(llvm::map_to_vector(
                      plan.getDims(), [&](xf::DimAttr dim) -> Attribute {
                        return dim ? Attribute(dim) : b.getUnitAttr();
                      })));
}

/// The conditions on the inputs' sizes, each with a message.
void HostLowering::collectRequirements() {
  SmallVector<Attribute> list;
  for (auto require : module.getOps<xf::Require>()) {
    std::string message, what;
    llvm::raw_string_ostream(what)
        << "node '" << xf::getNodeNames(require.getLoc())
        << "': " << require.getWhat();
    llvm::raw_string_ostream(message)
        << what << ": " << xf::Dim(require.getLhs()).str() << " is {got} and "
        << xf::Dim(require.getRhs()).str()
        << " is {want}, expected equal sizes";
    plan.addRequirement(require.getLhs(), require.getRhs(),
                        numberOf(message) - 1);
    list.push_back(
        b.getDictionaryAttr({b.getNamedAttr("found", require.getLhsAttr()),
                             b.getNamedAttr("expected", require.getRhsAttr()),
                             b.getNamedAttr("what", b.getStringAttr(what))}));
  }
  module->setAttr(record::kRequirements, b.getArrayAttr(list));
}
