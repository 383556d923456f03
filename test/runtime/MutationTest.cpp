// Random damage: every file that is not the one written must be refused, and no
// header, whatever its hash says, may make the loader read out of bounds (run
// under ASan).
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ModuleBuilder.h"

#include "runtime/ModuleFormat.h"

#include <gtest/gtest.h>
#include <random>
#include <string.h>

using namespace hagane;
using namespace hagane::test;

namespace {

class Mutator {
public:
  explicit Mutator(uint32_t seed) : random(seed) {}

  // Bits, bytes, words, truncations and repeated stretches.
  Bytes mutate(const Bytes &original, size_t begin, size_t end) {
    Bytes file = original;
    size_t at = begin + random() % (end - begin);
    switch (random() % 6) {
    case 0:
      file.resize(at);
      break;
    case 1:
      writeWord(file, at);
      break;
    case 2:
      file.insert(file.end(), 1 + random() % 64, uint8_t(random()));
      break;
    case 3:
      copyWithin(file, begin, end, at);
      break;
    default:
      for (uint32_t flips = 1 + random() % 4; flips > 0; --flips)
        file[begin + random() % (end - begin)] ^= uint8_t(1u << random() % 8);
    }
    return file;
  }

private:
  std::mt19937 random;

  void writeWord(Bytes &file, size_t at) {
    static constexpr uint32_t kWords[] = {0,          1,          0x7fffffff,
                                          0x80000000, 0xffffffff, 0xfffffffc};
    uint32_t word = kWords[random() % std::size(kWords)];
    memcpy(file.data() + at, &word, std::min(sizeof(word), file.size() - at));
  }

  void copyWithin(Bytes &file, size_t begin, size_t end, size_t to) {
    size_t from = begin + random() % (end - begin);
    size_t size = std::min<size_t>(1 + random() % 32, end - std::max(from, to));
    memmove(file.data() + to, file.data() + from, size);
  }
};

TEST(Mutation, EveryDamagedFileIsRefused) {
  Bytes original = assemble(*addModule());
  Mutator mutator(1);
  ModulePtr module(nullptr, hgn_module_release);
  int damaged = 0;
  while (damaged < 12000) {
    Bytes file = mutator.mutate(original, 0, original.size());
    if (file == original)
      continue;
    Status status = open(file, module, HGN_OPEN_VERIFY);
    ASSERT_NE(status.code, HGN_OK) << "mutation " << damaged;
    ASSERT_FALSE(status.message.empty());
    ++damaged;
  }
}

void readMutatedHeaders(format::ModuleT &tables) {
  Bytes original = assemble(tables);
  format::Preamble preamble;
  memcpy(&preamble, original.data(), sizeof(preamble));
  Mutator mutator(2);
  int refused = 0;
  for (int i = 0; i < 12000; ++i) {
    Bytes file =
        mutator.mutate(original, 8, sizeof(preamble) + preamble.headerSize);
    seal(file);
    ModulePtr module(nullptr, hgn_module_release);
    Status status = open(file, module, HGN_OPEN_VERIFY | HGN_OPEN_INSPECT);
    if (status.ok())
      readAll(module.get()); // harmless changes exist, such as another name
    refused += !status.ok();
  }
  EXPECT_GT(refused, 6000);
}

TEST(Mutation, NoSealedHeaderIsReadOutOfBounds) {
  auto tables = addModule();
  tables->states.push_back(std::move(countModule()->states[0]));
  readMutatedHeaders(*tables);
}

TEST(Mutation, NoSealedCacheIsReadOutOfBounds) {
  readMutatedHeaders(*recallModule());
}

TEST(Mutation, NoSealedDeviceCodeIsReadOutOfBounds) {
  readMutatedHeaders(*deviceModule());
}

} // namespace
