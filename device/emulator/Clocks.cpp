//===- Clocks.cpp - What happened before what -----------------------------===//
//
// Part of the Hagane project.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "device/emulator/Clocks.h"

#include <algorithm>

using namespace hagane::emulator;

View hagane::emulator::merge(const View &a, const View &b) {
  if (!a || a == b)
    return b;
  if (!b)
    return a;
  auto merged = std::make_shared<Times>(*a);
  for (size_t i = 0; i < merged->size(); ++i)
    (*merged)[i] = std::max((*merged)[i], (*b)[i]);
  return merged;
}

void Gathering::join(Clock &clock) {
  if (clock.view != view)
    view = merge(view, clock.view);
  times.emplace_back(clock.index, clock.now);
  ++clock.now;
}

View Gathering::current(size_t size) const {
  auto all =
      view ? std::make_shared<Times>(*view) : std::make_shared<Times>(size, 0);
  for (auto [index, now] : times)
    (*all)[index] = std::max((*all)[index], now);
  return all;
}

View Gathering::finish(size_t size) {
  View all = current(size);
  view = nullptr;
  times.clear();
  return all;
}
