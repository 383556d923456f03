// The checks of a module's device code: its images and how kernels launch them.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ModuleCheckDevice.h"

#include "Status.h"
#include "runtime/ModuleFormat.h"

#include <string.h>

using namespace hagane::runtime;
namespace format = hagane::format;

template <typename T> static uint32_t countOf(const flatbuffers::Vector<T> *v) {
  return v ? v->size() : 0;
}

static bool isEmpty(const flatbuffers::String *text) {
  return !text || text->size() == 0;
}

static hgn_status damaged(const char *label, const char *kind, uint32_t index,
                          const char *what) {
  return makeStatus(HGN_DAMAGED, "%s is damaged: %s %u %s", label, kind, index,
                    what);
}

//===--- Images -----------------------------------------------------------===//

static bool overlaps(const format::Code &code, const ImageRange &range) {
  return code.offset() < range.end && range.begin < code.offset() + code.size();
}

static hgn_status checkImage(const char *label, uint32_t index,
                             const format::Image &image, uint64_t start,
                             uint64_t size) {
  if (image.kind() > format::ImageKind::MAX)
    return damaged(label, "image", index, "is of an unknown kind");
  if (image.size() == 0 || image.offset() % format::kImageAlignment != 0 ||
      image.offset() < start || image.offset() > size ||
      image.size() > size - image.offset())
    return damaged(label, "image", index,
                   "lies outside the file, is misaligned or out of order");
  return nullptr;
}

hgn_status hagane::runtime::checkImages(const char *label,
                                        const format::Module &module,
                                        uint64_t headerEnd, uint64_t size,
                                        ImageRange *range) {
  ImageRange found;
  for (const format::Code *code : *module.codes())
    for (uint32_t i = 0; i < countOf(code->images()); ++i) {
      const format::Image &image = *code->images()->Get(i);
      HGN_TRY(checkImage(label, i, image, found.size() ? found.end : headerEnd,
                         size));
      if (found.size() == 0)
        found.begin = image.offset();
      found.end = image.offset() + image.size();
    }
  for (uint32_t i = 0; found.size() && i < countOf(module.codes()); ++i)
    if (overlaps(*module.codes()->Get(i), found))
      return damaged(label, "code", i, "overlaps the images");
  *range = found;
  return nullptr;
}

//===--- Launches ---------------------------------------------------------===//

// "sm_" and a number, with or without a letter behind.
static bool isSm(const flatbuffers::String &text) {
  const char *digits = text.c_str() + 3;
  if (strncmp(text.c_str(), "sm_", 3) != 0)
    return false;
  size_t count = strspn(digits, "0123456789");
  const char *rest = digits + count;
  bool hasLetter = *rest >= 'a' && *rest <= 'z';
  return count >= 2 && count <= 4 && rest[hasLetter ? 1 : 0] == 0;
}

static bool isSwizzle(uint32_t bytes) {
  return bytes == 0 || bytes == 32 || bytes == 64 || bytes == 128;
}

// Whether all extents are numbers that words of the launch tell; the last word
// is the scratch.
static bool
areExtents(const flatbuffers::Vector<flatbuffers::Offset<format::Extent>> *list,
           uint32_t count, uint32_t words) {
  if (countOf(list) != count)
    return false;
  for (uint32_t i = 0; i < count; ++i) {
    const format::Extent *extent = list->Get(i);
    if (extent->word() < -1 || extent->value() <= 0 ||
        (extent->word() >= 0 && uint32_t(extent->word()) >= words - 1))
      return false;
  }
  return true;
}

static bool isBox(const flatbuffers::Vector<uint32_t> *box, uint32_t rank) {
  constexpr uint32_t kMaxBox = 256;
  if (countOf(box) != rank)
    return false;
  for (uint32_t extent : *box)
    if (extent == 0 || extent > kMaxBox)
      return false;
  return true;
}

static hgn_status checkMap(const char *label, uint32_t index,
                           const format::TensorMap &map, uint32_t words) {
  constexpr uint32_t kMaxRank = 5;
  uint32_t rank = countOf(map.dims());
  if (rank == 0 || rank > kMaxRank || !areExtents(map.dims(), rank, words) ||
      !areExtents(map.strides(), rank - 1, words))
    return damaged(label, "kernel", index,
                   "has a tensor map of impossible extents");
  if (map.word() >= words - 1)
    return damaged(label, "kernel", index,
                   "has a tensor map of a word out of range");
  if (!isBox(map.box(), rank))
    return damaged(label, "kernel", index,
                   "has a tensor map with an impossible box");
  if (hgn_dtype_bits(hgn_dtype(map.dtype())) < 8 || !isSwizzle(map.swizzle()))
    return damaged(label, "kernel", index,
                   "has a tensor map of an unknown element type or swizzle");
  return nullptr;
}

static hgn_status checkLaunch(const char *label, uint32_t index,
                              const format::Kernel &kernel, uint32_t images) {
  if (kernel.image() < 0 || uint32_t(kernel.image()) >= images)
    return damaged(label, "kernel", index, "has an image out of range");
  if (isEmpty(kernel.entry()))
    return damaged(label, "kernel", index, "names no entry in its image");
  if (kernel.threads() == 0 || kernel.threads() > format::kMaxThreads ||
      kernel.threads() % format::kWarpThreads != 0)
    return damaged(label, "kernel", index,
                   "has an impossible number of threads");
  if (kernel.shared_bytes() > format::kMaxSharedBytes)
    return damaged(label, "kernel", index,
                   "has more shared memory than devices have");
  uint64_t bytes = uint64_t(kernel.words()) * 8 +
                   uint64_t(countOf(kernel.maps())) * format::kTensorMapBytes;
  if (kernel.words() == 0 || bytes > format::kMaxParameterBytes)
    return damaged(label, "kernel", index,
                   "has an impossible number of parameters");
  for (uint32_t m = 0; m < countOf(kernel.maps()); ++m)
    HGN_TRY(checkMap(label, index, *kernel.maps()->Get(m), kernel.words()));
  return nullptr;
}

static hgn_status checkNoLaunches(const char *label, uint32_t index,
                                  const format::Code &code) {
  if (countOf(code.images()) > 0)
    return damaged(label, "code", index, "has images, but names no device");
  for (uint32_t k = 0; k < countOf(code.kernels()); ++k)
    if (code.kernels()->Get(k)->image() != -1)
      return damaged(label, "kernel", k, "has an image in a CPU's code");
  return nullptr;
}

hgn_status hagane::runtime::checkDeviceCode(const char *label, uint32_t index,
                                            const format::Code &code) {
  if (isEmpty(code.sm()))
    return checkNoLaunches(label, index, code);
  if (!isSm(*code.sm()))
    return damaged(label, "code", index,
                   "is for a device of an impossible name");
  for (uint32_t k = 0; k < countOf(code.kernels()); ++k)
    HGN_TRY(
        checkLaunch(label, k, *code.kernels()->Get(k), countOf(code.images())));
  return nullptr;
}
