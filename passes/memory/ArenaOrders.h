//===- ArenaOrders.h - In which orders to place buffers ---------*- C++ -*-===//

#ifndef HAGANE_PASSES_MEMORY_ARENAORDERS_H
#define HAGANE_PASSES_MEMORY_ARENAORDERS_H

#include "dialects/kernel/KernelArena.h"

namespace hagane {

/// A few orders of which at each sample, which gives all buffers a size, one
/// takes little more memory than is alive at once: `start`, which comes first,
/// and what a local search finds. The same for the same input.
llvm::SmallVector<kernel::ArenaOrder>
findOrders(llvm::ArrayRef<kernel::ArenaBuffer> buffers,
           kernel::ArenaOrder start,
           llvm::ArrayRef<llvm::SmallVector<int64_t>> samples);

} // namespace hagane

#endif // HAGANE_PASSES_MEMORY_ARENAORDERS_H
