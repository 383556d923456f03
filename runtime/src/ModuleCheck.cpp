// The checks a module passes before any of it is used.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ModuleCheck.h"

#include "ModuleCheckDevice.h"
#include "Status.h"
#include "hagane/abi.h"
#include "runtime/ModuleFormat.h"

#include <string.h>

using namespace hagane::runtime;
namespace format = hagane::format;

using ull = unsigned long long;

// Bounds the quadratic check for overlaps.
static constexpr uint32_t kMaxCodes = 64;

template <typename T> static uint32_t countOf(const flatbuffers::Vector<T> *v) {
  return v ? v->size() : 0;
}

uint64_t hagane::runtime::headerEndOf(const uint8_t *bytes) {
  format::Preamble preamble;
  memcpy(&preamble, bytes, sizeof(preamble));
  return sizeof(preamble) + preamble.headerSize;
}

static hgn_status checkPreamble(const char *label, const uint8_t *bytes,
                                uint64_t size) {
  format::Preamble preamble;
  if (size < sizeof(preamble))
    return makeStatus(HGN_DAMAGED,
                      "%s is cut short: it has %llu bytes, a module has at "
                      "least %zu",
                      label, ull(size), sizeof(preamble));
  memcpy(&preamble, bytes, sizeof(preamble));
  if (memcmp(preamble.magic, format::kMagic, sizeof(format::kMagic)) != 0)
    return makeStatus(HGN_DAMAGED, "%s is not a Hagane module (wrong magic)",
                      label);
  if (preamble.fileSize != size)
    return makeStatus(HGN_DAMAGED,
                      "%s is damaged: it has %llu bytes, expected %llu", label,
                      ull(size), ull(preamble.fileSize));
  if (preamble.headerSize > size - sizeof(preamble) ||
      preamble.headerSize >= FLATBUFFERS_MAX_BUFFER_SIZE)
    return makeStatus(HGN_DAMAGED,
                      "%s is damaged: its header of %llu bytes does not fit",
                      label, ull(preamble.headerSize));
  return checkHash(label, "header", "", bytes + sizeof(preamble),
                   preamble.headerSize, preamble.headerHash);
}

hgn_status hagane::runtime::checkHeader(const char *label, const uint8_t *bytes,
                                        uint64_t size,
                                        const format::Module **module) {
  HGN_TRY(checkPreamble(label, bytes, size));
  const uint8_t *header = bytes + sizeof(format::Preamble);
  uint64_t headerSize = headerEndOf(bytes) - sizeof(format::Preamble);
  // A table takes at least 4 bytes of its own, but may be referenced from
  // several places.
  constexpr uint32_t kMaxDepth = 16;
  auto maxTables = flatbuffers::uoffset_t(headerSize);
  flatbuffers::Verifier verifier(header, headerSize, kMaxDepth, maxTables);
  if (!format::VerifyModuleBuffer(verifier))
    return makeStatus(HGN_DAMAGED, "%s is damaged: its header is malformed",
                      label);
  *module = format::GetModule(header);
  if ((*module)->format_version() != format::kFormatVersion)
    return makeStatus(HGN_INCOMPATIBLE,
                      "%s has format version %u, this runtime reads %u", label,
                      (*module)->format_version(), format::kFormatVersion);
  uint32_t abi = (*module)->abi_version();
  if (abi < HGN_ABI_OLDEST_VERSION || abi > HGN_ABI_VERSION)
    return makeStatus(HGN_INCOMPATIBLE,
                      "%s has ABI version %u, this runtime has %u to %u", label,
                      abi, unsigned(HGN_ABI_OLDEST_VERSION),
                      unsigned(HGN_ABI_VERSION));
  return nullptr;
}

hgn_status hagane::runtime::checkHash(const char *label, const char *kind,
                                      const char *name, const void *bytes,
                                      uint64_t size, uint64_t expected) {
  uint64_t found = format::hashBytes(bytes, size);
  if (found == expected)
    return nullptr;
  return makeStatus(HGN_DAMAGED,
                    "%s is damaged: the %s%s%s hashes to %016llx, expected "
                    "%016llx",
                    label, kind, *name ? " " : "", name, ull(found),
                    ull(expected));
}

namespace {

class StructureCheck {
public:
  StructureCheck(const char *label, const format::Module &module,
                 uint64_t headerEnd, uint64_t size)
      : label(label), module(module), headerEnd(headerEnd), size(size) {}

  hgn_status run() {
    HGN_TRY(symbols());
    HGN_TRY(codes());
    HGN_TRY(checkImages(label, module, headerEnd, size, &images));
    HGN_TRY(values("input", module.inputs()));
    HGN_TRY(values("output", module.outputs()));
    HGN_TRY(values("state", module.states()));
    if (module.cache())
      HGN_TRY(cache(*module.cache()));
    HGN_TRY(weights());
    return buffers();
  }

private:
  const char *label;
  const format::Module &module;
  uint64_t headerEnd, size;
  ImageRange images;
  // The shortest plan of all codes: what any of them may index.
  uint32_t planSlots = 0;

  hgn_status damaged(const char *kind, uint32_t index, const char *what) {
    return makeStatus(HGN_DAMAGED, "%s is damaged: %s %u %s", label, kind,
                      index, what);
  }

  static bool validSlot(int32_t slot, uint32_t slots) {
    return slot >= -1 && (slot < 0 || uint32_t(slot) < slots);
  }

  static bool validDType(format::DType dtype) {
    return hgn_dtype_bits(hgn_dtype(dtype)) > 0;
  }

  bool inFile(uint64_t offset, uint64_t bytes) const {
    return offset % format::kSegmentAlignment == 0 && offset >= headerEnd &&
           offset <= size && bytes <= size - offset;
  }

  hgn_status symbols() {
    for (uint32_t i = 0; i < countOf(module.symbols()); ++i) {
      const format::Symbol *symbol = module.symbols()->Get(i);
      if (symbol->min() < 0 || symbol->min() > symbol->max())
        return damaged("symbol", i, "has an impossible range");
    }
    return nullptr;
  }

  hgn_status codes() {
    uint32_t count = countOf(module.codes());
    if (count == 0 || count > kMaxCodes)
      return makeStatus(HGN_DAMAGED,
                        "%s is damaged: it has %u codes, expected 1 to %u",
                        label, count, kMaxCodes);
    planSlots = UINT32_MAX;
    for (uint32_t i = 0; i < count; ++i) {
      const format::Code &code = *module.codes()->Get(i);
      HGN_TRY(oneCode(i, code));
      if (code.plan_slots() < planSlots)
        planSlots = code.plan_slots();
      for (uint32_t j = 0; j < i; ++j)
        if (overlap(code.offset(), code.size(),
                    module.codes()->Get(j)->offset(),
                    module.codes()->Get(j)->size()))
          return damaged("code", i, "overlaps another code");
    }
    return nullptr;
  }

  static bool overlap(uint64_t a, uint64_t aSize, uint64_t b, uint64_t bSize) {
    return a < b + bSize && b < a + aSize;
  }

  hgn_status oneCode(uint32_t i, const format::Code &code) {
    // A plan has a few slots per kernel and buffer; more is damage.
    constexpr uint32_t kMaxPlanSlots = 1u << 24;
    if (code.size() == 0 || !inFile(code.offset(), code.size()))
      return damaged("code", i, "lies outside the file or is misaligned");
    if (code.plan_entry() >= code.size() || code.run_entry() >= code.size())
      return damaged("code", i, "has an entry point outside its bytes");
    if (code.plan_slots() < HGN_PLAN_FIXED_SLOTS ||
        code.plan_slots() > kMaxPlanSlots)
      return damaged("code", i, "has an impossible plan length");
    for (uint32_t k = 0; k < countOf(code.kernels()); ++k) {
      const format::Kernel *kernel = code.kernels()->Get(k);
      if (!validSlot(kernel->flops_slot(), code.plan_slots()) ||
          !validSlot(kernel->bytes_slot(), code.plan_slots()))
        return damaged("kernel", k, "has a plan slot out of range");
      if (kernel->code_offset() > code.size() ||
          kernel->code_size() > code.size() - kernel->code_offset())
        return damaged("kernel", k, "has a function outside the code");
    }
    return checkDeviceCode(label, i, code);
  }

  hgn_status dim(const format::Dim &dim, const char *kind, uint32_t index) {
    bool fixed = dim.fixed() >= 0, symbol = dim.symbol() >= 0;
    bool slot = dim.slot() >= 0;
    if (int(fixed) + int(symbol) + int(slot) != 1)
      return damaged(kind, index,
                     "has a dim that is not one of fixed, "
                     "symbol and slot");
    if (symbol && uint32_t(dim.symbol()) >= countOf(module.symbols()))
      return damaged(kind, index, "has a dim with a symbol out of range");
    if (slot && uint32_t(dim.slot()) >= planSlots)
      return damaged(kind, index, "has a dim with a plan slot out of range");
    return nullptr;
  }

  static bool isAlike(const format::Value &a, const format::Value &b) {
    return a.dtype() == b.dtype() && countOf(a.dims()) == countOf(b.dims());
  }

  hgn_status
  values(const char *kind,
         const flatbuffers::Vector<flatbuffers::Offset<format::Value>> *list) {
    for (uint32_t i = 0; i < countOf(list); ++i) {
      const format::Value *value = list->Get(i);
      if (!validDType(value->dtype()))
        return damaged(kind, i, "has an unknown element type");
      if (value->shares() >= 0 &&
          (uint32_t(value->shares()) >= countOf(module.inputs()) ||
           !isAlike(*value, *module.inputs()->Get(value->shares()))))
        return damaged(kind, i, "shares memory with no input like it");
      for (uint32_t d = 0; d < countOf(value->dims()); ++d)
        HGN_TRY(dim(*value->dims()->Get(d), kind, i));
    }
    return nullptr;
  }

  hgn_status damagedCache(const char *what) {
    return makeStatus(HGN_DAMAGED, "%s is damaged: its cache %s", label, what);
  }

  bool isSymbol(int32_t index) const {
    return index >= 0 && uint32_t(index) < countOf(module.symbols());
  }

  hgn_status cache(const format::Cache &cache) {
    // Positions are counted in 64 bits; no list of pages may overflow them.
    constexpr uint64_t kMaxPage = 1u << 20;
    if (cache.page() == 0 || cache.page() > kMaxPage)
      return damagedCache("has an impossible page size");
    if (!isSymbol(cache.pages()) || !isSymbol(cache.table()) ||
        (cache.past() != -1 && !isSymbol(cache.past())))
      return damagedCache("has a symbol out of range");
    for (const format::Dim *extent : {cache.batch(), cache.step()}) {
      if (!extent || extent->slot() >= 0)
        return damagedCache("has a size that is neither symbol nor fixed");
      HGN_TRY(dim(*extent, "cache", 0));
    }
    for (uint32_t i = 0; i < countOf(module.states()); ++i) {
      const format::Value *state = module.states()->Get(i);
      if (countOf(state->dims()) == 0 ||
          state->dims()->Get(0)->symbol() != cache.pages())
        return damaged("state", i, "is not made of the cache's pages");
      if (!isPageFixed(*state))
        return damaged("state", i, "has pages of no fixed size");
    }
    return cacheInputs(cache);
  }

  static bool isPageFixed(const format::Value &state) {
    constexpr int64_t kMaxBits = int64_t(1) << 40;
    int64_t bits = hgn_dtype_bits(hgn_dtype(state.dtype()));
    for (uint32_t d = 1; d < countOf(state.dims()); ++d) {
      int64_t extent = state.dims()->Get(d)->fixed();
      if (extent < 0 || __builtin_mul_overflow(bits, extent, &bits) ||
          bits > kMaxBits)
        return false;
    }
    return bits % 8 == 0;
  }

  hgn_status cacheInputs(const format::Cache &cache) {
    uint32_t found[unsigned(format::CacheRole::MAX) + 1] = {};
    for (uint32_t i = 0; i < countOf(cache.inputs()); ++i) {
      const format::CacheInput *entry = cache.inputs()->Get(i);
      if (entry->role() > format::CacheRole::MAX)
        return damaged("cache input", i, "has an unknown role");
      if (entry->input() >= countOf(module.inputs()))
        return damaged("cache input", i, "is out of range");
      const format::Value &input = *module.inputs()->Get(entry->input());
      if (!fitsRole(input, entry->role()))
        return damaged("cache input", i, "does not look like its role");
      ++found[unsigned(entry->role())];
    }
    if (found[unsigned(format::CacheRole::Pages)] != 1 ||
        found[unsigned(format::CacheRole::Lengths)] != 1)
      return damagedCache("has not one input of pages and one of lengths");
    return nullptr;
  }

  // The runtime writes integers, or ones and zeros, into such inputs.
  static bool fitsRole(const format::Value &input, format::CacheRole role) {
    uint32_t rank = countOf(input.dims());
    switch (role) {
    case format::CacheRole::Pages:
      return input.dtype() == format::DType::I32 && rank == 2;
    case format::CacheRole::Lengths:
      return input.dtype() == format::DType::I64 && rank == 1;
    case format::CacheRole::Positions:
      return (input.dtype() == format::DType::I64 ||
              input.dtype() == format::DType::I32) &&
             (rank == 1 || rank == 2);
    case format::CacheRole::Mask:
      return (input.dtype() == format::DType::I64 ||
              input.dtype() == format::DType::I32 ||
              input.dtype() == format::DType::Bool ||
              input.dtype() == format::DType::F32) &&
             rank == 2;
    }
    return false;
  }

  hgn_status weights() {
    uint64_t segment = module.weights_size();
    if (segment > 0 && !inFile(module.weights_offset(), segment))
      return makeStatus(HGN_DAMAGED,
                        "%s is damaged: its weights lie outside the file or "
                        "are misaligned",
                        label);
    if (segment && images.size() &&
        overlap(module.weights_offset(), segment, images.begin, images.size()))
      return makeStatus(HGN_DAMAGED,
                        "%s is damaged: its images overlap the weights", label);
    for (uint32_t i = 0; segment && i < countOf(module.codes()); ++i)
      if (overlap(module.weights_offset(), segment,
                  module.codes()->Get(i)->offset(),
                  module.codes()->Get(i)->size()))
        return damaged("code", i, "overlaps the weights");
    uint64_t previous = 0;
    for (uint32_t i = 0; i < countOf(module.weights()); ++i) {
      const format::Weight *weight = module.weights()->Get(i);
      if (weight->offset() > segment ||
          weight->size() > segment - weight->offset())
        return damaged("weight", i, "lies outside the weight segment");
      if (weight->offset() % format::kWeightAlignment != 0 ||
          weight->offset() < previous)
        return damaged("weight", i, "is misaligned or out of order");
      if (!validDType(weight->dtype()))
        return damaged("weight", i, "has an unknown element type");
      // The FlatBuffer verifier does not check the alignment of elements.
      if (countOf(weight->dims()) > 0 &&
          reinterpret_cast<uintptr_t>(weight->dims()->Data()) % 8 != 0)
        return damaged("weight", i, "has misaligned dims");
      for (uint32_t d = 0; d < countOf(weight->dims()); ++d)
        if (weight->dims()->Get(d) < 0)
          return damaged("weight", i, "has a negative dim");
      previous = weight->offset();
    }
    return nullptr;
  }

  hgn_status buffers() {
    uint32_t slots = module.codes()->Get(0)->plan_slots();
    for (uint32_t i = 0; i < countOf(module.buffers()); ++i) {
      const format::Buffer *buffer = module.buffers()->Get(i);
      if (!validSlot(buffer->offset_slot(), slots) ||
          !validSlot(buffer->size_slot(), slots))
        return damaged("buffer", i, "has a plan slot out of range");
      if (buffer->first_use() > buffer->last_use())
        return damaged("buffer", i, "ends before it begins");
    }
    return nullptr;
  }
};

// Walks over the file from one used range to the next.
class PaddingCheck {
public:
  PaddingCheck(const char *label, const uint8_t *bytes, uint64_t start)
      : label(label), bytes(bytes), position(start) {}

  // Declares [offset, offset + size) as used; offsets come in order.
  hgn_status skip(uint64_t offset, uint64_t size) {
    for (; position < offset; ++position)
      if (bytes[position] != 0)
        return makeStatus(HGN_DAMAGED,
                          "%s is damaged: its padding at offset %llu is not "
                          "zero",
                          label, ull(position));
    if (offset + size > position)
      position = offset + size;
    return nullptr;
  }

  uint64_t at() const { return position; }

private:
  const char *label;
  const uint8_t *bytes;
  uint64_t position;
};

} // namespace

hgn_status hagane::runtime::checkStructure(const char *label,
                                           const format::Module &module,
                                           uint64_t headerEnd, uint64_t size) {
  return StructureCheck(label, module, headerEnd, size).run();
}

static hgn_status skipWeights(const format::Module &module,
                              PaddingCheck &check) {
  uint64_t begin = module.weights_offset();
  for (uint32_t i = 0; i < countOf(module.weights()); ++i) {
    const format::Weight *weight = module.weights()->Get(i);
    HGN_TRY(check.skip(begin + weight->offset(), weight->size()));
  }
  return check.skip(begin + module.weights_size(), 0);
}

static hgn_status skipImages(const format::Module &module,
                             PaddingCheck &check) {
  for (const format::Code *code : *module.codes())
    for (uint32_t i = 0; i < countOf(code->images()); ++i)
      HGN_TRY(check.skip(code->images()->Get(i)->offset(),
                         code->images()->Get(i)->size()));
  return nullptr;
}

hgn_status hagane::runtime::checkPadding(const char *label,
                                         const format::Module &module,
                                         const uint8_t *bytes,
                                         uint64_t headerEnd, uint64_t size) {
  PaddingCheck check(label, bytes, headerEnd);
  ImageRange images;
  HGN_TRY(checkImages(label, module, headerEnd, size, &images));
  uint64_t weights = module.weights_offset();
  // Segments do not overlap, so the next one is the first not passed yet.
  for (;;) {
    uint64_t next = size;
    const format::Code *nextCode = nullptr;
    for (const format::Code *code : *module.codes())
      if (code->offset() >= check.at() && code->offset() < next) {
        next = code->offset();
        nextCode = code;
      }
    if (images.size() && images.begin >= check.at() && images.begin < next)
      HGN_TRY(skipImages(module, check));
    else if (module.weights_size() && weights >= check.at() && weights < next)
      HGN_TRY(skipWeights(module, check));
    else if (nextCode)
      HGN_TRY(check.skip(next, nextCode->size()));
    else
      return check.skip(size, 0);
  }
}
