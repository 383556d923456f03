// Zip archives, as much of them as NumPy's npz files use: stored and deflated
// entries, zip64.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace hagane::tool {

using Bytes = std::vector<std::byte>;
using ZipEntries = std::vector<std::pair<std::string, Bytes>>;

/// All entries with their contents, checked against their checksums; throws
/// Error.
ZipEntries readZip(const std::string &path);

/// Writes the entries uncompressed, under a temporary name that is renamed at
/// the end.
void writeZip(const std::string &path, const ZipEntries &entries);

} // namespace hagane::tool
