#include "frontend/Import.h"

#include "dialects/onnx/OnnxDialect.h"
#include "frontend/GraphImporter.h"
#include "frontend/ModelFile.h"
#include "mlir/IR/Verifier.h"
#include "onnx-ml.pb.h"

using namespace mlir;
using namespace hagane::frontend;

namespace {

LogicalResult readOpsets(const proto::ModelProto &model, Location loc,
                         Frame &frame) {
  for (const auto &opset : model.opset_import()) {
    StringRef domain = normalizeDomain(opset.domain());
    if (opset.version() < 1)
      return emitError(loc)
             << "the model imports version " << opset.version()
             << " of domain \"" << opset.domain() << "\", expected at least 1";
    auto [it, inserted] = frame.opsets.try_emplace(domain, opset.version());
    if (!inserted && it->second != opset.version())
      return emitError(loc) << "the model imports domain \"" << opset.domain()
                            << "\" as version " << it->second
                            << " and as version " << opset.version();
  }
  // The field came with IR version 3.
  if (model.ir_version() < 3 && frame.opsets.empty())
    frame.opsets[""] = 1;
  return success();
}

LogicalResult checkModel(const proto::ModelProto &model, Location loc) {
  if (!model.has_ir_version() && !model.has_graph())
    return emitError(loc)
           << "not an ONNX model: it has neither an IR version nor a graph";
  if (!model.has_graph())
    return emitError(loc) << "the model has no graph";
  if (model.ir_version() < 1)
    return emitError(loc) << "the model has IR version " << model.ir_version()
                          << ", expected at least 1";
  if (model.ir_version() > proto::Version::IR_VERSION)
    emitWarning(loc) << "the model has IR version " << model.ir_version()
                     << ", the newest known is "
                     << static_cast<int64_t>(proto::Version::IR_VERSION);
  return success();
}

void setModuleAttrs(const proto::ModelProto &model, const Frame &frame,
                    ModuleOp module) {
  Builder builder(module.getContext());
  NamedAttrList opsets, metadata;
  for (const auto &opset : frame.opsets)
    opsets.set(opset.getKey().empty() ? StringRef("ai.onnx") : opset.getKey(),
               builder.getI64IntegerAttr(opset.getValue()));
  for (const auto &entry : model.metadata_props())
    if (!entry.key().empty())
      metadata.set(entry.key(), builder.getStringAttr(entry.value()));
  module->setAttr("onnx.ir_version",
                  builder.getI64IntegerAttr(model.ir_version()));
  module->setAttr("onnx.opsets", opsets.getDictionary(module.getContext()));
  if (!metadata.empty())
    module->setAttr("onnx.metadata",
                    metadata.getDictionary(module.getContext()));
  std::string producer = model.producer_name();
  if (!model.producer_version().empty())
    producer += (producer.empty() ? "" : " ") + model.producer_version();
  if (!producer.empty())
    module->setAttr("onnx.producer", builder.getStringAttr(producer));
  if (!model.graph().name().empty())
    module->setAttr("onnx.graph", builder.getStringAttr(model.graph().name()));
}

} // namespace

OwningOpRef<ModuleOp>
hagane::frontend::importModel(MLIRContext *context, StringRef path,
                              const ImportOptions &options) {
  llvm::ErrorOr<FileMapping> file = mapFile(path);
  if (file)
    return importModel(context, std::move(*file), path, options);
  emitError(FileLineColLoc::get(context, path, 0, 0))
      << "cannot open the model: " << file.getError().message();
  return {};
}

OwningOpRef<ModuleOp>
hagane::frontend::importModel(MLIRContext *context, FileMapping file,
                              StringRef path, const ImportOptions &options) {
  context->loadDialect<hagane::onnx::OnnxDialect, func::FuncDialect>();
  Location loc = FileLineColLoc::get(context, path, 0, 0);
  proto::ModelProto model;
  Frame frame;
  if (failed(parseModel(file->getBuffer(), path, context, model)) ||
      failed(checkModel(model, loc)) || failed(readOpsets(model, loc, frame)))
    return {};

  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  setModuleAttrs(model, frame, *module);
  Weights weights(context, std::move(file), path, options);
  GraphImporter importer(context, model, weights, options);
  if (failed(importer.importMain(*module, frame)) || failed(verify(*module)))
    return {};
  return module;
}
