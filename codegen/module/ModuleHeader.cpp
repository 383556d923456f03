//===- ModuleHeader.cpp - The FlatBuffer of a module file -----------------===//

#include "codegen/module/ModuleHeader.h"
#include "codegen/module/ModuleRecord.h"
#include "runtime/ModuleFormat.h"
#include "runtime/include/hagane/abi.h"
#include "runtime/module_generated.h"

using namespace mlir;
using namespace hagane;
using namespace hagane::codegen;
using flatbuffers::Offset;

/// DType::None for types that the format does not have.
static format::DType dtypeOf(Type type) {
  if (auto integer = dyn_cast<IntegerType>(type)) {
    bool isUnsigned = integer.isUnsigned();
    switch (integer.getWidth()) {
    case 1:
      return format::DType::Bool;
    case 2:
      return isUnsigned ? format::DType::UI2 : format::DType::I2;
    case 4:
      return isUnsigned ? format::DType::UI4 : format::DType::I4;
    case 8:
      return isUnsigned ? format::DType::UI8 : format::DType::I8;
    case 16:
      return isUnsigned ? format::DType::UI16 : format::DType::I16;
    case 32:
      return isUnsigned ? format::DType::UI32 : format::DType::I32;
    case 64:
      return isUnsigned ? format::DType::UI64 : format::DType::I64;
    default:
      return format::DType::None;
    }
  }
  static const std::pair<TypeID, format::DType> kFloats[] = {
      {TypeID::get<Float32Type>(), format::DType::F32},
      {TypeID::get<Float64Type>(), format::DType::F64},
      {TypeID::get<Float16Type>(), format::DType::F16},
      {TypeID::get<BFloat16Type>(), format::DType::BF16},
      {TypeID::get<Float8E4M3FNType>(), format::DType::F8E4M3FN},
      {TypeID::get<Float8E4M3FNUZType>(), format::DType::F8E4M3FNUZ},
      {TypeID::get<Float8E5M2Type>(), format::DType::F8E5M2},
      {TypeID::get<Float8E5M2FNUZType>(), format::DType::F8E5M2FNUZ},
      {TypeID::get<Float4E2M1FNType>(), format::DType::F4E2M1FN},
      {TypeID::get<Float8E8M0FNUType>(), format::DType::F8E8M0FNU},
      {TypeID::get<Float6E2M3FNType>(), format::DType::F6E2M3FN},
      {TypeID::get<Float6E3M2FNType>(), format::DType::F6E3M2FN},
  };
  for (auto [id, dtype] : kFloats)
    if (type.getTypeID() == id)
      return dtype;
  return format::DType::None;
}

namespace {

class HeaderBuilder {
public:
  HeaderBuilder(ArrayRef<CodeVariant> variants, const Provenance &provenance,
                const ModuleLayout &layout)
      : variants(variants), provenance(provenance), layout(layout),
        first(variants.front().record) {
    fbb.ForceDefaults(true); // A field's presence must not depend on its value.
  }
  FailureOr<flatbuffers::DetachedBuffer> build();

private:
  template <typename T> using Offsets = std::vector<Offset<T>>;
  using Strings = Offsets<flatbuffers::String>;

  void readSlotsAndSymbols();
  Offset<format::Dim> makeDim(xf::DimAttr attr);
  FailureOr<Offset<flatbuffers::Vector<Offset<format::Value>>>>
  makeValues(StringRef key);
  Offset<format::Code> makeCode(const CodeVariant &variant, uint64_t offset,
                                ArrayRef<uint64_t> imageOffsets);
  Offset<flatbuffers::Vector<Offset<format::Image>>>
  makeImages(const DeviceCode &device, ArrayRef<uint64_t> offsets);
  Offset<flatbuffers::Vector<Offset<format::Extent>>>
  makeExtents(ArrayRef<LaunchExtent> extents);
  Offset<flatbuffers::Vector<Offset<format::TensorMap>>>
  makeMaps(ArrayRef<LaunchMap> maps);
  Offset<flatbuffers::Vector<Offset<format::Kernel>>>
  makeKernels(const CodeVariant &variant);
  FailureOr<Offset<flatbuffers::Vector<Offset<format::Weight>>>> makeWeights();
  Offset<flatbuffers::Vector<Offset<format::Buffer>>> makeBuffers();
  Offset<format::Provenance> makeProvenance();
  Offset<flatbuffers::Vector<Offset<format::Requirement>>> makeRequirements();
  Offset<format::Cache> makeCache();
  int32_t symbolIn(DictionaryAttr entry, StringRef key);

  ArrayAttr listOf(ModuleOp record, StringRef key) {
    auto list = record->getAttrOfType<ArrayAttr>(key);
    return list ? list : ArrayAttr::get(record.getContext(), {});
  }
  Offset<flatbuffers::String> string(StringRef text) {
    return fbb.CreateString(text.data(), text.size());
  }
  /// What a slot of the plan holds.
  std::string slotText(int64_t slot) {
    ArrayAttr dims = listOf(first, record::kSlots);
    return xf::Dim(cast<xf::DimAttr>(dims[slot - HGN_PLAN_FIXED_SLOTS])).str();
  }
  static int64_t intIn(DictionaryAttr entry, StringRef key) {
    return entry.getAs<IntegerAttr>(key).getInt();
  }
  static StringRef textIn(DictionaryAttr entry, StringRef key) {
    return entry.getAs<StringAttr>(key).getValue();
  }

  ArrayRef<CodeVariant> variants;
  const Provenance &provenance;
  const ModuleLayout &layout;
  ModuleOp first;
  flatbuffers::FlatBufferBuilder fbb;
  llvm::StringMap<int32_t> symbols;
  llvm::DenseMap<Attribute, int32_t> slots;
  Offsets<format::Symbol> symbolTables;
};

} // namespace

void HeaderBuilder::readSlotsAndSymbols() {
  for (auto symbol : first.getOps<xf::Symbol>()) {
    symbols.try_emplace(symbol.getSymName(), symbols.size());
    symbolTables.push_back(format::CreateSymbol(
        fbb, string(symbol.getSymName()), symbol.getMin(), symbol.getMax()));
  }
  for (auto [i, dim] : llvm::enumerate(listOf(first, record::kSlots)))
    slots[dim] = HGN_PLAN_FIXED_SLOTS + i;
}

Offset<format::Dim> HeaderBuilder::makeDim(xf::DimAttr attr) {
  xf::Dim dim = attr;
  if (std::optional<int64_t> value = dim.getConstant())
    return format::CreateDim(fbb, *value, -1, -1);
  // Sizes that the run computes are symbols too, but only the plan has them.
  if (std::optional<StringRef> name = dim.getSymbol())
    if (auto it = symbols.find(*name); it != symbols.end())
      return format::CreateDim(fbb, -1, it->second, -1);
  return format::CreateDim(fbb, -1, -1, slots.lookup(attr), string(dim.str()));
}

FailureOr<Offset<flatbuffers::Vector<Offset<format::Value>>>>
HeaderBuilder::makeValues(StringRef key) {
  Offsets<format::Value> values;
  for (auto entry : listOf(first, key).getAsRange<DictionaryAttr>()) {
    Type type = entry.getAs<TypeAttr>("type").getValue();
    format::DType dtype = dtypeOf(type);
    if (dtype == format::DType::None)
      return first.emitError("'")
             << textIn(entry, "name") << "' has element type " << type
             << ", which a module's inputs and outputs cannot have";
    Offsets<format::Dim> dims;
    for (auto dim : entry.getAs<ArrayAttr>("dims").getAsRange<xf::DimAttr>())
      dims.push_back(makeDim(dim));
    auto shares = entry.getAs<IntegerAttr>("shares");
    values.push_back(format::CreateValue(
        fbb, string(textIn(entry, "name")), dtype, fbb.CreateVector(dims),
        shares ? static_cast<int32_t>(shares.getInt()) : -1));
  }
  return fbb.CreateVector(values);
}

Offset<flatbuffers::Vector<Offset<format::Kernel>>>
HeaderBuilder::makeKernels(const CodeVariant &variant) {
  Offsets<format::Kernel> kernels;
  for (auto entry :
       listOf(variant.record, record::kKernels).getAsRange<DictionaryAttr>()) {
    Strings nodes;
    for (auto node : entry.getAs<ArrayAttr>("nodes").getAsRange<StringAttr>())
      nodes.push_back(string(node));
    StringRef name = textIn(entry, "name");
    CodeImage::Function function = variant.image.functions.lookup(name);
    // Launches of a kernel share its text.
    auto factors = entry.getAs<TypeAttr>("factors");
    auto ir = fbb.CreateSharedString(variant.kernels.lookup(name));
    auto device = variant.device.kernels.find(name);
    const DeviceKernel *launch =
        device == variant.device.kernels.end() ? nullptr : &device->second;
    auto words = entry.getAs<IntegerAttr>("words");
    kernels.push_back(format::CreateKernel(
        fbb, string(name), string(textIn(entry, "schedule")),
        intIn(entry, "flops"), intIn(entry, "bytes"), fbb.CreateVector(nodes),
        function.offset, function.size, ir,
        factors ? dtypeOf(factors.getValue()) : format::DType::None,
        launch ? static_cast<int32_t>(launch->image) : -1,
        string(launch ? launch->entry : ""), launch ? launch->threads : 0,
        launch ? launch->sharedBytes : 0, words ? words.getInt() : 0,
        makeMaps(launch ? ArrayRef(launch->maps) : ArrayRef<LaunchMap>()),
        fbb.CreateSharedString(launch ? launch->source : "")));
  }
  return fbb.CreateVector(kernels);
}

Offset<flatbuffers::Vector<Offset<format::Extent>>>
HeaderBuilder::makeExtents(ArrayRef<LaunchExtent> extents) {
  Offsets<format::Extent> list;
  for (const LaunchExtent &extent : extents)
    list.push_back(format::CreateExtent(fbb, extent.word, extent.value));
  return fbb.CreateVector(list);
}

Offset<flatbuffers::Vector<Offset<format::TensorMap>>>
HeaderBuilder::makeMaps(ArrayRef<LaunchMap> maps) {
  Offsets<format::TensorMap> list;
  for (const LaunchMap &map : maps) {
    auto dims = makeExtents(map.dims), strides = makeExtents(map.strides);
    list.push_back(
        format::CreateTensorMap(fbb, map.word, dtypeOf(map.type), dims, strides,
                                fbb.CreateVector(map.box), map.swizzle));
  }
  return fbb.CreateVector(list);
}

Offset<flatbuffers::Vector<Offset<format::Image>>>
HeaderBuilder::makeImages(const DeviceCode &device,
                          ArrayRef<uint64_t> offsets) {
  Offsets<format::Image> list;
  for (auto [image, offset] : llvm::zip_equal(device.images, offsets))
    list.push_back(format::CreateImage(
        fbb, string(image.name), offset, image.bytes.size(),
        format::hashBytes(image.bytes.data(), image.bytes.size()),
        image.kind == ImageKind::Cubin ? format::ImageKind::Cubin
                                       : format::ImageKind::Emulated));
  return fbb.CreateVector(list);
}

Offset<format::Code> HeaderBuilder::makeCode(const CodeVariant &variant,
                                             uint64_t offset,
                                             ArrayRef<uint64_t> imageOffsets) {
  Strings features;
  for (const std::string &feature : variant.features)
    features.push_back(string(feature));
  auto kernels = makeKernels(variant);
  const std::vector<uint8_t> &bytes = variant.image.bytes;
  uint32_t planSlots =
      HGN_PLAN_FIXED_SLOTS + listOf(variant.record, record::kSlots).size();
  return format::CreateCode(
      fbb, string(variant.level), fbb.CreateVector(features), offset,
      bytes.size(), format::hashBytes(bytes.data(), bytes.size()),
      variant.image.planEntry, variant.image.runEntry, planSlots, kernels,
      string(variant.device.sm), makeImages(variant.device, imageOffsets));
}

FailureOr<Offset<flatbuffers::Vector<Offset<format::Weight>>>>
HeaderBuilder::makeWeights() {
  Offsets<format::Weight> weights;
  for (const ModuleLayout::Weight &weight : layout.weights) {
    kernel::Global global = weight.global;
    auto type = cast<ShapedType>(global.getType());
    format::DType dtype = dtypeOf(type.getElementType());
    if (dtype == format::DType::None)
      return global.emitError("constants cannot have element type ")
             << type.getElementType();
    std::vector<int64_t> shape(type.getShape());
    weights.push_back(format::CreateWeight(
        fbb, string(global.getSource().value_or(global.getSymName())), dtype,
        fbb.CreateVector(shape), weight.offset, weight.size, weight.hash));
  }
  return fbb.CreateVector(weights);
}

Offset<flatbuffers::Vector<Offset<format::Buffer>>>
HeaderBuilder::makeBuffers() {
  Offsets<format::Buffer> buffers;
  for (auto entry :
       listOf(first, record::kBuffers).getAsRange<DictionaryAttr>())
    buffers.push_back(format::CreateBuffer(
        fbb, string(textIn(entry, "name")), intIn(entry, "offset"),
        intIn(entry, "size"), intIn(entry, "first"), intIn(entry, "last"),
        fbb.CreateSharedString(slotText(intIn(entry, "size")))));
  return fbb.CreateVector(buffers);
}

Offset<format::Provenance> HeaderBuilder::makeProvenance() {
  Strings notes;
  for (const std::string &note : provenance.notes)
    notes.push_back(string(note));
  return format::CreateProvenance(
      fbb, string(provenance.compilerVersion), string(provenance.sourceName),
      string(provenance.sourceHash), string(provenance.options),
      fbb.CreateVector(notes));
}

Offset<flatbuffers::Vector<Offset<format::Requirement>>>
HeaderBuilder::makeRequirements() {
  Offsets<format::Requirement> requirements;
  for (auto entry :
       listOf(first, record::kRequirements).getAsRange<DictionaryAttr>()) {
    xf::Dim found = entry.getAs<xf::DimAttr>("found"),
            expected = entry.getAs<xf::DimAttr>("expected");
    requirements.push_back(format::CreateRequirement(
        fbb, string(found.str()), string(expected.str()),
        string(textIn(entry, "what"))));
  }
  return fbb.CreateVector(requirements);
}

/// The index of the symbol that an entry's dim is, -1 if there is none.
int32_t HeaderBuilder::symbolIn(DictionaryAttr entry, StringRef key) {
  auto dim = entry.getAs<xf::DimAttr>(key);
  std::optional<StringRef> name = dim ? xf::Dim(dim).getSymbol() : std::nullopt;
  auto it = name ? symbols.find(*name) : symbols.end();
  return it == symbols.end() ? -1 : it->second;
}

/// No table if the module has no paged states.
Offset<format::Cache> HeaderBuilder::makeCache() {
  auto cache = first->getAttrOfType<DictionaryAttr>(record::kCache);
  if (!cache)
    return {};
  static const std::pair<StringRef, format::CacheRole> kRoles[] = {
      {"pages", format::CacheRole::Pages},
      {"lengths", format::CacheRole::Lengths},
      {"positions", format::CacheRole::Positions},
      {"mask", format::CacheRole::Mask}};
  Offsets<format::CacheInput> inputs;
  for (auto entry :
       cache.getAs<ArrayAttr>("inputs").getAsRange<DictionaryAttr>())
    for (auto [name, role] : kRoles)
      if (textIn(entry, "role") == name)
        inputs.push_back(
            format::CreateCacheInput(fbb, intIn(entry, "input"), role));
  auto batch = makeDim(cache.getAs<xf::DimAttr>("batch")),
       step = makeDim(cache.getAs<xf::DimAttr>("step"));
  auto reason = cache.getAs<StringAttr>("reason");
  auto reasonText = string(reason ? reason.getValue() : "");
  return format::CreateCache(
      fbb, intIn(cache, "page"), symbolIn(cache, "pages"),
      symbolIn(cache, "table"), symbolIn(cache, "past"), batch, step,
      /*uneven=*/!reason, reasonText, fbb.CreateVector(inputs));
}

FailureOr<flatbuffers::DetachedBuffer> HeaderBuilder::build() {
  readSlotsAndSymbols();
  auto symbolList = fbb.CreateVector(symbolTables);
  auto inputs = makeValues(record::kInputs),
       outputs = makeValues(record::kOutputs),
       states = makeValues(record::kStates);
  if (failed(inputs) || failed(outputs) || failed(states))
    return failure();
  Offsets<format::Check> checks;
  for (auto message : listOf(first, record::kChecks).getAsRange<StringAttr>())
    checks.push_back(format::CreateCheck(fbb, string(message)));
  auto checkList = fbb.CreateVector(checks);
  Offsets<format::Code> codes;
  for (auto [variant, offset, images] :
       llvm::zip_equal(variants, layout.codeOffsets, layout.imageOffsets))
    codes.push_back(makeCode(variant, offset, images));
  auto codeList = fbb.CreateVector(codes);
  auto weights = makeWeights();
  if (failed(weights))
    return failure();
  auto buffers = makeBuffers();
  auto origin = makeProvenance();
  auto requirements = makeRequirements();
  auto cache = makeCache();
  const MemoryFormulas &needs = variants.front().memory;
  auto memory = format::CreateMemory(fbb, string(needs.arena),
                                     string(needs.scratch), string(needs.heap));
  format::FinishModuleBuffer(
      fbb, format::CreateModule(fbb, format::kFormatVersion, HGN_ABI_VERSION,
                                symbolList, *inputs, *outputs, *states,
                                checkList, codeList, layout.weightsOffset,
                                layout.weightsSize, *weights, buffers, origin,
                                requirements, memory, cache));
  return fbb.Release();
}

FailureOr<flatbuffers::DetachedBuffer>
hagane::codegen::buildHeader(ArrayRef<CodeVariant> variants,
                             const Provenance &provenance,
                             const ModuleLayout &layout) {
  return HeaderBuilder(variants, provenance, layout).build();
}
