//===- ModuleWriter.cpp - Module files ------------------------------------===//

#include "codegen/module/ModuleWriter.h"
#include "codegen/module/EvaluateWeight.h"
#include "codegen/module/ModuleHeader.h"
#include "codegen/module/OutputFile.h"
#include "runtime/ModuleFormat.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::codegen;

/// Adds a variant's constants, but those that others before it have, too.
static LogicalResult addWeights(ModuleOp module, ModuleLayout &layout) {
  llvm::DenseSet<uint64_t> taken;
  for (const ModuleLayout::Weight &weight : layout.weights)
    taken.insert(weight.offset);
  for (auto global : module.getOps<kernel::Global>()) {
    if (!global.getOffset())
      return global.emitError("has no place in the weight segment yet");
    uint64_t offset = static_cast<uint64_t>(*global.getOffset());
    if (taken.contains(offset))
      continue;
    auto type = cast<ShapedType>(global.getType());
    uint64_t size = llvm::divideCeil(type.getElementTypeBitWidth(), 8) *
                    type.getNumElements();
    layout.weights.push_back({global, offset, size, 0});
    layout.weightsSize = std::max(layout.weightsSize, offset + size);
  }
  return success();
}

/// The constants in the order of their places; equal ones share a place.
static FailureOr<ModuleLayout> layOutWeights(ArrayRef<CodeVariant> variants) {
  ModuleLayout layout;
  for (const CodeVariant &variant : variants)
    if (failed(addWeights(variant.record, layout)))
      return failure();
  llvm::sort(layout.weights,
             [](ModuleLayout::Weight &a, ModuleLayout::Weight &b) {
               return std::pair(a.offset, a.global.getSymName()) <
                      std::pair(b.offset, b.global.getSymName());
             });
  return layout;
}

static void placeSegments(ArrayRef<CodeVariant> variants, uint64_t headerSize,
                          ModuleLayout &layout) {
  uint64_t end = sizeof(format::Preamble) + headerSize;
  uint64_t alignment = format::kSegmentAlignment;
  for (const CodeVariant &variant : variants)
    alignment = std::max(alignment, variant.alignment);
  layout.codeOffsets.clear();
  for (const CodeVariant &variant : variants) {
    layout.codeOffsets.push_back(llvm::alignTo(end, alignment));
    end = layout.codeOffsets.back() + variant.image.bytes.size();
  }
  for (auto [variant, offsets] : llvm::zip_equal(variants, layout.imageOffsets))
    for (auto [image, offset] :
         llvm::zip_equal(variant.device.images, offsets)) {
      offset = llvm::alignTo(end, format::kImageAlignment);
      end = offset + image.bytes.size();
    }
  layout.weightsOffset = layout.weightsSize ? llvm::alignTo(end, alignment) : 0;
}

static void writeCode(OutputFile &file, ArrayRef<CodeVariant> variants,
                      const ModuleLayout &layout) {
  auto write = [&](uint64_t offset, const std::vector<uint8_t> &bytes) {
    file.writeAt(offset, bytes.data(), bytes.size());
  };
  for (auto [variant, offset] : llvm::zip_equal(variants, layout.codeOffsets))
    write(offset, variant.image.bytes);
  for (auto [variant, offsets] : llvm::zip_equal(variants, layout.imageOffsets))
    for (auto [image, offset] : llvm::zip_equal(variant.device.images, offsets))
      write(offset, image.bytes);
}

/// Weights pass through memory in pieces of this size.
static constexpr int64_t kPieceBytes = int64_t(32) << 20;

/// Evaluates and writes a constant, and notes its hash.
static LogicalResult writeWeight(OutputFile &file, uint64_t position,
                                 ModuleLayout::Weight &weight) {
  uint64_t written = 0;
  XXH3_state_t hash;
  XXH3_64bits_reset(&hash);
  auto write = [&](const char *bytes, uint64_t size) {
    XXH3_64bits_update(&hash, bytes, size);
    file.writeAt(position + written, bytes, size);
    written += size;
  };
  if (failed(evaluateWeight(weight.global, kPieceBytes, write)))
    return failure();
  if (written != weight.size)
    return weight.global.emitError("gave ")
           << written << " bytes, expected " << weight.size;
  weight.hash = XXH3_64bits_digest(&hash);
  return success();
}

/// Numbers that count and choose decide what is run; large others only how it
/// ends.
static bool canBeHole(ModuleLayout::Weight &weight) {
  constexpr uint64_t kLeastBytes = uint64_t(64) << 10;
  return weight.size >= kLeastBytes &&
         isa<FloatType>(getElementTypeOrSelf(weight.global.getType()));
}

/// Writes one constant after the other.
static LogicalResult writeWeights(OutputFile &file, ModuleLayout &layout,
                                  const WeightProgress &progress,
                                  WeightBytes bytes) {
  const ModuleLayout::Weight *previous = nullptr;
  for (ModuleLayout::Weight &weight : layout.weights) {
    if (previous && previous->offset == weight.offset &&
        previous->size == weight.size) {
      weight.hash = previous->hash;
      continue;
    }
    if (bytes == WeightBytes::Holes && canBeHole(weight))
      continue;
    if (failed(writeWeight(file, layout.weightsOffset + weight.offset, weight)))
      return failure();
    if (file.hasError())
      return success(); // Reported when the file is closed.
    previous = &weight;
    if (progress)
      progress(weight.offset + weight.size, layout.weightsSize);
  }
  // A hole at the end counts too.
  uint64_t end = layout.weightsOffset + layout.weightsSize;
  if (file.tell() < end)
    file.writeAt(end - 1, "", 1);
  return success();
}

/// All processors' variants read the same weights; a device's layouts are its
/// own.
static LogicalResult checkVariants(ArrayRef<CodeVariant> variants) {
  ModuleOp first = variants.front().record;
  auto globals = [](ModuleOp module) {
    SmallVector<std::pair<StringRef, int64_t>> list;
    for (auto global : module.getOps<kernel::Global>())
      list.push_back({global.getSymName(), global.getOffset().value_or(-1)});
    return list;
  };
  for (const CodeVariant &variant : variants.drop_front())
    if (variants.front().device.sm.empty() && variant.device.sm.empty() &&
        globals(first) != globals(variant.record))
      return first.emitError("the levels '")
             << variants.front().level << "' and '" << variant.level
             << "' need weights in different layouts";
  return success();
}

LogicalResult hagane::codegen::writeModule(ArrayRef<CodeVariant> variants,
                                           const Provenance &provenance,
                                           StringRef path,
                                           const WeightProgress &progress,
                                           WeightBytes bytes) {
  ModuleOp module = variants.front().record;
  auto report = [&](llvm::Error error) {
    return module.emitError(llvm::toString(std::move(error)));
  };
  if (failed(checkVariants(variants)))
    return failure();
  FailureOr<ModuleLayout> layout = layOutWeights(variants);
  if (failed(layout))
    return failure();
  layout->codeOffsets.assign(variants.size(), 0);
  for (const CodeVariant &variant : variants)
    layout->imageOffsets.emplace_back(variant.device.images.size(), 0);
  auto header = buildHeader(variants, provenance, *layout);
  if (failed(header))
    return failure();
  placeSegments(variants, header->size(), *layout);

  OutputFile file(path);
  if (llvm::Error error = file.open())
    return report(std::move(error));
  writeCode(file, variants, *layout);
  if (failed(writeWeights(file, *layout, progress, bytes)))
    return failure();

  uint64_t headerSize = header->size();
  format::Preamble preamble = {{}, headerSize, 0, file.tell()};
  std::copy_n(format::kMagic, sizeof format::kMagic, preamble.magic);
  header = buildHeader(variants, provenance, *layout);
  if (failed(header) || header->size() != headerSize)
    return module.emitError(
        "the header changed its size while the module was written");
  preamble.headerHash = format::hashBytes(header->data(), headerSize);
  file.rewriteStart(&preamble, sizeof preamble, header->data(), headerSize);
  if (llvm::Error error = file.keep())
    return report(std::move(error));
  return success();
}
