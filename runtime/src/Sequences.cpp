// Chains of pages.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "Sequences.h"

using namespace hagane::runtime;

bool Sequences::start(int64_t pageCount, int64_t newPageSize) {
  if (pageCount < 0 || pageCount > INT32_MAX || !pages.reset(size_t(pageCount)))
    return false;
  pageSize = newPageSize;
  freeCount = pageCount;
  firstFree = pageCount > 0 ? 0 : kNoPage;
  for (int32_t i = 0; i < int32_t(pageCount); ++i)
    pages[uint32_t(i)].before = i + 1 < pageCount ? i + 1 : kNoPage;
  return true;
}

void Sequences::stop() {
  for (uint32_t i = 0; i < slotCount; ++i)
    if (slots[i].generation % 2)
      release(slots[i]);
  pageSize = 0;
}

//===--- Pages ------------------------------------------------------------===//

int32_t Sequences::takePage(int32_t before) {
  int32_t taken = firstFree;
  Page &page = pages[uint32_t(taken)];
  firstFree = page.before;
  --freeCount;
  page = {before, 1};
  hold(before);
  return taken;
}

void Sequences::hold(int32_t page) {
  if (page != kNoPage)
    ++pages[uint32_t(page)].holders;
}

void Sequences::letGo(int32_t number) {
  while (number != kNoPage) {
    Page &page = pages[uint32_t(number)];
    if (--page.holders > 0)
      return;
    int32_t before = page.before;
    page.before = firstFree;
    firstFree = number;
    ++freeCount;
    number = before;
  }
}

//===--- Sequences --------------------------------------------------------===//

// An id is a slot and the slot's generation, so that a stale one is found out.
static hgn_sequence idOf(uint32_t slot, uint32_t generation) {
  return hgn_sequence(uint64_t(generation >> 1) << 32 | (slot + 1));
}

Sequence *Sequences::create(hgn_sequence *id) {
  uint32_t slot = 0;
  while (slot < slotCount && slots[slot].generation % 2)
    ++slot;
  if (slot == slotCount) {
    constexpr uint32_t kMaxSlots = 1u << 24;
    uint32_t count = slotCount ? slotCount * 2 : 16;
    auto *grown =
        count > kMaxSlots
            ? nullptr
            : static_cast<Sequence *>(realloc(slots, count * sizeof(Sequence)));
    if (!grown)
      return nullptr;
    slots = grown;
    for (; slotCount < count; ++slotCount)
      slots[slotCount] = Sequence();
  }
  Sequence &made = slots[slot];
  made = {0, kNoPage, (made.generation + 1) & INT32_MAX, 0};
  ++used;
  *id = idOf(slot, made.generation);
  return &made;
}

Sequence *Sequences::find(hgn_sequence id) {
  uint64_t slot = (uint64_t(id) & UINT32_MAX) - 1;
  if (slot >= slotCount)
    return nullptr;
  Sequence &found = slots[slot];
  bool isUsed = found.generation % 2;
  return isUsed && idOf(uint32_t(slot), found.generation) == id ? &found
                                                                : nullptr;
}

void Sequences::release(Sequence &sequence) {
  letGo(sequence.last);
  sequence.last = kNoPage;
  ++sequence.generation;
  --used;
}

void Sequences::share(const Sequence &from, Sequence &to) {
  to.length = from.length;
  to.last = from.last;
  hold(to.last);
}

void Sequences::truncate(Sequence &sequence, int64_t length) {
  int32_t last = sequence.last;
  for (int64_t i = pagesOf(sequence.length); i > pagesOf(length); --i)
    last = pages[uint32_t(last)].before;
  hold(last);
  letGo(sequence.last);
  sequence.last = last;
  sequence.length = length;
}

//===--- Growth -----------------------------------------------------------===//

int64_t Sequences::pagesFor(const Growth &growth) const {
  const Sequence &sequence = *growth.sequence;
  return pagesOf(growth.length) - pagesOf(sequence.length) + copies(sequence);
}

void Sequences::take(Growth &growth) {
  const Sequence &sequence = *growth.sequence;
  growth.copies = copies(sequence);
  growth.last = sequence.last;
  if (growth.copies)
    growth.last = takePage(pages[uint32_t(sequence.last)].before);
  else
    hold(growth.last);
  for (int64_t i = pagesOf(sequence.length); i < pagesOf(growth.length); ++i) {
    int32_t before = growth.last;
    growth.last = takePage(before);
    letGo(before); // the new page holds it now
  }
}

Sequences::Copy Sequences::copyOf(const Growth &growth) const {
  int32_t to = growth.last;
  for (int64_t i = pagesOf(growth.sequence->length); i < pagesOf(growth.length);
       ++i)
    to = pages[uint32_t(to)].before;
  return {growth.sequence->last, to};
}

void Sequences::commit(const Growth &growth) {
  letGo(growth.sequence->last);
  growth.sequence->last = growth.last;
  growth.sequence->length = growth.length;
}

void Sequences::drop(const Growth &growth) { letGo(growth.last); }

void Sequences::list(const Growth &growth, int32_t *numbers) const {
  int32_t page = growth.last;
  for (int64_t i = pagesOf(growth.length); i-- > 0;) {
    numbers[i] = page;
    page = pages[uint32_t(page)].before;
  }
}
