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

void HostLowering::recordSignature() {
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
    if (auto shared = main.getArgAttrOfType<IntegerAttr>(i, "kernel.shares")) {
      NamedAttrList fields(value);
      fields.set("shares",
                 b.getI64IntegerAttr(arguments[shared.getInt()].index));
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
}

/// Notes the arena's buffers, in the order in which launches first use them.
void HostLowering::recordBuffers() {
  int64_t launch = 0;
  main.walk([&](Operation *op) {
    auto offset = op->getAttrOfType<xf::DimAttr>("kernel.arena_offset");
    auto size = op->getAttrOfType<xf::DimAttr>("kernel.arena_bytes");
    if (offset && size && isa<memref::ViewOp>(op))
      buffers[op] = {offset, size, "buffer" + std::to_string(buffers.size()),
                     -1, -1};
    if (auto call = dyn_cast<kernel::Launch>(op)) {
      for (Value value : call.getArgs())
        if (auto *it = buffers.find(
                static_cast<Operation *>(const_cast<void *>(getRoot(value))));
            it != buffers.end())
          it->second.noteUse(launch);
      ++launch;
    }
  });
}

void HostLowering::recordSlotsAndChecks() {
  SmallVector<Attribute> list;
  for (auto &[op, buffer] : buffers)
    list.push_back(b.getDictionaryAttr({
        b.getNamedAttr("name", b.getStringAttr(buffer.name)),
        b.getNamedAttr("offset",
                       b.getI64IntegerAttr(plan.getSlot(buffer.offset))),
        b.getNamedAttr("size", b.getI64IntegerAttr(plan.getSlot(buffer.size))),
        b.getNamedAttr("first",
                       b.getI64IntegerAttr(std::max<int64_t>(buffer.first, 0))),
        b.getNamedAttr("last",
                       b.getI64IntegerAttr(std::max<int64_t>(buffer.last, 0))),
    }));
  module->setAttr(record::kBuffers, b.getArrayAttr(list));
  module->setAttr(record::kKernels, b.getArrayAttr(kernels));
  module->setAttr(record::kChecks, b.getStrArrayAttr(checks.getArrayRef()));
  module->setAttr(record::kSlots,
                  b.getArrayAttr(SmallVector<Attribute>(plan.getDims())));
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
