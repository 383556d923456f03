// Which pages of a session's caches belong to which sequences.
//
// A sequence is a chain of pages, held by its last one: each page knows the
// page before it, and counts who holds it, be it a sequence that ends there or
// a page that follows. So a fork takes one count, and pages that sequences have
// in common are there once.
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef HAGANE_RUNTIME_SEQUENCES_H
#define HAGANE_RUNTIME_SEQUENCES_H

#include "Memory.h"
#include "hagane/runtime.h"

namespace hagane::runtime {

constexpr int32_t kNoPage = -1;

struct Sequence {
  int64_t length = 0; // positions
  int32_t last = kNoPage;
  uint32_t generation = 0; // of its slot; odd: in use
  int64_t step = 0;        // the last one that it took part in
};

class Sequences {
public:
  Sequences() = default;
  ~Sequences() { free(slots); }
  Sequences(const Sequences &) = delete;
  Sequences &operator=(const Sequences &) = delete;

  // Pages of `pageSize` positions, none of them taken; false without memory.
  bool start(int64_t pageCount, int64_t pageSize);
  bool isStarted() const { return pageSize > 0; }
  // Forgets all pages and sequences.
  void stop();

  int64_t pageCount() const { return int64_t(pages.size()); }
  int64_t freePages() const { return freeCount; }
  int64_t sequenceCount() const { return used; }
  // Pages that hold so many positions.
  int64_t pagesOf(int64_t positions) const {
    return positions / pageSize + (positions % pageSize != 0);
  }

  // An empty sequence, or nullptr without memory. Pointers to sequences hold
  // until the next one is created.
  Sequence *create(hgn_sequence *id);
  void release(Sequence &sequence);
  // nullptr if there is none.
  Sequence *find(hgn_sequence id);
  void share(const Sequence &from, Sequence &to);
  void truncate(Sequence &sequence, int64_t length);

  // A page for the step to copy to before it writes to the first.
  struct Copy {
    int32_t from, to;
  };
  // Where a sequence's new positions go, until they are committed or dropped.
  struct Growth {
    Sequence *sequence;
    int64_t length;
    int32_t last;
    bool copies; // the first of the pages that it writes to
  };
  // How many pages a growth to this length takes.
  int64_t pagesFor(const Growth &growth) const;
  // Takes them; there must be enough free ones. The growth is then committed or
  // dropped.
  void take(Growth &growth);
  // What is to be copied, if the growth says so.
  Copy copyOf(const Growth &growth) const;
  void commit(const Growth &growth);
  void drop(const Growth &growth);
  // The numbers of its pages, in order.
  void list(const Growth &growth, int32_t *numbers) const;

private:
  struct Page {
    int32_t before = kNoPage; // or the next free one
    int32_t holders = 0;
  };

  // Whether it writes to its last page, and others hold that, too. Nobody else
  // may write there even if all of them copy it: should the step fail, it is
  // still theirs.
  bool copies(const Sequence &sequence) const {
    return sequence.length % pageSize != 0 &&
           pages[uint32_t(sequence.last)].holders > 1;
  }
  int32_t takePage(int32_t before);
  void hold(int32_t page);
  void letGo(int32_t page);

  int64_t pageSize = 0;
  Array<Page> pages;
  int32_t firstFree = kNoPage;
  int64_t freeCount = 0;
  Sequence *slots = nullptr;
  uint32_t slotCount = 0;
  int64_t used = 0;
};

} // namespace hagane::runtime

#endif // HAGANE_RUNTIME_SEQUENCES_H
