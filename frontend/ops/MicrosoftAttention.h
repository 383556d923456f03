// Pieces of com.microsoft's attention operators.
#pragma once

#include "frontend/ops/Attention.h"

namespace hagane::frontend {

struct Heads {
  mlir::Value q, k, v;
};
/// Queries, keys and values of inputs 0 to 2 as [batch, heads, positions, d];
/// one packed tensor where keys and values are absent.
Heads splitGrouped(NodeConverter &n, int64_t heads, int64_t kvHeads);

/// Where each sequence's queries stand: `lengths` keys are visible to the last
/// one, and the first is number `starts` of them; [batch], i64.
struct Positions {
  mlir::Value lengths, starts;
};
/// From each sequence's number of keys, the new ones included, less `more`, and
/// the largest such number.
Positions findPositions(NodeConverter &n, mlir::Value q, mlir::Value lengths,
                        int64_t more, mlir::Value total);

/// Turns queries and keys by their positions, which follow each other from
/// `starts`, or 0, on where they are not given.
llvm::LogicalResult rotateGrouped(NodeConverter &n, mlir::Value &q,
                                  mlir::Value &k, mlir::Value starts,
                                  mlir::Value positions, mlir::Value cosCache,
                                  mlir::Value sinCache);

/// Adds a part of the packed bias [q, k, v] to an operand of rank 3.
mlir::Value addBias(NodeConverter &n, mlir::Value x, mlir::Value bias,
                    int64_t from);

/// A key padding mask as an addend to the scores, or as lengths.
llvm::LogicalResult readKeyMask(NodeConverter &n, mlir::Value mask,
                                mlir::Type type, AttentionOptions &options);

/// A bias over fewer keys than there are, made longer: the others are out of
/// sight by their positions.
mlir::Value padBias(NodeConverter &n, mlir::Value bias, mlir::Value keys);

/// Keys and values written into buffers that past and present share, from the
/// past's length on, which also bounds what is seen.
std::pair<mlir::Value, mlir::Value>
writeShared(NodeConverter &n, mlir::Value k, mlir::Value v, mlir::Value pastK,
            mlir::Value pastV, mlir::Value pastLength,
            AttentionOptions &options);

} // namespace hagane::frontend
