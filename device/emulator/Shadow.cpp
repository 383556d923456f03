//===- Shadow.cpp - What is known of each byte of shared memory -----------===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "device/emulator/Shadow.h"

#include <algorithm>

using namespace hagane::emulator;

static constexpr uint32_t kWordBytes = 4;
static constexpr uint32_t kWarpShift = 5;

void Shadow::reset(uint32_t bytes, uint32_t teamThreads,
                   const std::vector<Fenced> *teamFences) {
  states.assign(bytes, kOrdinary);
  words.assign((bytes + kWordBytes - 1) / kWordBytes, Word());
  issuers.assign(words.size(), 0);
  threads = teamThreads;
  fences = teamFences;
}

std::string Shadow::name(uint32_t index) const {
  return index < threads ? "thread " + std::to_string(index)
                         : std::string("a bulk copy");
}

bool Shadow::visible(const Actor &actor, const Access &access) const {
  if (access.index == actor.index)
    return true;
  return actor.clock->seen(access.index) >= access.time;
}

bool Shadow::fenced(const Actor &actor, const Access &access) const {
  if (actor.proxy == access.proxy || access.index >= threads)
    return true;
  // The writer fenced after its store, or the reader after it saw the store.
  if ((*fences)[access.index].now > access.time)
    return true;
  const Fenced &own = (*fences)[actor.clock->index];
  return own.view && (*own.view)[access.index] >= access.time;
}

std::string Shadow::checkStates(uint32_t offset, uint32_t count,
                                AccessKind kind) const {
  const char *verb = kind == AccessKind::Read ? "reads" : "writes";
  for (uint32_t i = offset; i < offset + count; ++i) {
    if (states[i] == kOrdinary)
      continue;
    std::string where = " shared memory at byte " + std::to_string(i);
    if (states[i] == kBarrier)
      return verb + where +
             ", which holds an mbarrier; only the mbarrier "
             "primitives may touch it";
    return verb + where + " before the asynchronous copy to it, issued by " +
           name(issuers[i / kWordBytes]) +
           ", has been waited for; wait for the copy's group or mbarrier first";
  }
  return {};
}

std::string Shadow::checkWord(const Actor &actor, Word &word, uint8_t mask,
                              AccessKind kind) const {
  const Access &writer = word.writer;
  bool atomics = kind == AccessKind::Atomic && writer.atomic;
  if ((writer.bytes & mask) && !atomics) {
    if (!visible(actor, writer))
      return "what " + name(writer.index) + " wrote";
    if (kind == AccessKind::Read && actor.proxy == Proxy::Async &&
        !fenced(actor, writer))
      return "fence:" + name(writer.index);
  }
  if (kind == AccessKind::Read)
    return {};
  for (const Access &reader : word.readers)
    if ((reader.bytes & mask) && !visible(actor, reader))
      return "what " + name(reader.index) + " read";
  return {};
}

std::string Shadow::access(const Actor &actor, uint32_t offset, uint32_t count,
                           AccessKind kind) {
  const char *verb = kind == AccessKind::Read ? "reads" : "writes";
  if (offset > states.size() || count > states.size() - offset)
    return std::string(verb) + " " + std::to_string(count) + " bytes at byte " +
           std::to_string(offset) +
           " of shared memory, out of bounds: the block has " +
           std::to_string(states.size());
  if (std::string wrong = checkStates(offset, count, kind); !wrong.empty())
    return wrong;
  uint32_t end = offset + count;
  for (uint32_t at = offset; at < end;) {
    uint32_t first = at % kWordBytes;
    uint32_t last = std::min(kWordBytes, first + end - at);
    auto mask = uint8_t((1u << last) - (1u << first));
    Word &word = words[at / kWordBytes];
    std::string other = checkWord(actor, word, mask, kind);
    if (other.rfind("fence:", 0) == 0)
      return "reads shared memory at byte " + std::to_string(at) +
             " by the asynchronous proxy what " + other.substr(6) +
             " stored without a proxy fence; fence between the store and the "
             "barrier before this read";
    if (!other.empty())
      return "races: it " + std::string(verb) + " shared memory at byte " +
             std::to_string(at) + ", " + other +
             ", with no barrier between the two";
    Access made{actor.now, uint16_t(actor.index), mask, actor.proxy,
                kind == AccessKind::Atomic};
    if (kind == AccessKind::Read)
      word.readers[(actor.index >> kWarpShift) % kReaders] = made;
    else
      word.writer = made;
    at += last - first;
  }
  return {};
}

void Shadow::setPending(uint32_t offset, uint32_t count, uint32_t issuer) {
  std::fill_n(states.begin() + offset, count, uint8_t(kPending));
  for (uint32_t i = offset / kWordBytes; i * kWordBytes < offset + count; ++i)
    issuers[i] = uint16_t(issuer);
}

void Shadow::setArrived(uint32_t offset, uint32_t count) {
  std::fill_n(states.begin() + offset, count, uint8_t(kOrdinary));
}

void Shadow::setBarrier(uint32_t offset, bool present) {
  std::fill_n(states.begin() + offset, sizeof(uint64_t),
              uint8_t(present ? kBarrier : kOrdinary));
}
