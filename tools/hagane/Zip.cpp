#include "Zip.h"

#include "Commands.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <unistd.h>
#include <zlib.h>

namespace hagane::tool {
namespace {

constexpr uint32_t kLocal = 0x04034b50, kCentral = 0x02014b50,
                   kEnd = 0x06054b50;
constexpr uint32_t kEnd64 = 0x06064b50, kLocator64 = 0x07064b50;
constexpr uint32_t kFull = 0xffffffff; // the value is in the zip64 record
constexpr uint16_t kStored = 0, kDeflated = 8, kZip64 = 1;
constexpr size_t kLocalSize = 30, kCentralSize = 46, kEndSize = 22,
                 kEnd64Size = 56, kLocatorSize = 20;

/// Little-endian access to the archive with every offset checked.
class Reader {
public:
  Reader(const Bytes &bytes, const std::string &path)
      : bytes(bytes), path(path) {}

  const std::byte *at(uint64_t offset, uint64_t size) const {
    if (offset > bytes.size() || size > bytes.size() - offset)
      fail("it ends too early");
    return bytes.data() + offset;
  }
  template <typename T> T get(uint64_t offset) const {
    T value;
    std::memcpy(&value, at(offset, sizeof(T)), sizeof(T));
    return value;
  }
  uint64_t size() const { return bytes.size(); }
  [[noreturn]] void fail(const std::string &why) const {
    throw Error("'" + path + "' is not a readable npz file: " + why);
  }

private:
  const Bytes &bytes;
  const std::string &path;
};

struct Entry {
  std::string name;
  uint16_t method;
  uint32_t crc;
  uint64_t packed, size, offset;
};

struct Directory {
  uint64_t offset, count;
};

Directory findDirectory(const Reader &file) {
  // The end record is last but for a comment of at most 64 KiB.
  uint64_t size = file.size();
  uint64_t lowest = size > kEndSize + 65535 ? size - kEndSize - 65535 : 0;
  for (uint64_t at = size >= kEndSize ? size - kEndSize + 1 : 0;
       at-- > lowest;) {
    if (file.get<uint32_t>(at) != kEnd)
      continue;
    Directory directory{file.get<uint32_t>(at + 16),
                        file.get<uint16_t>(at + 10)};
    if (at >= kLocatorSize &&
        file.get<uint32_t>(at - kLocatorSize) == kLocator64) {
      uint64_t end64 = file.get<uint64_t>(at - kLocatorSize + 8);
      file.at(end64, kEnd64Size);
      if (file.get<uint32_t>(end64) != kEnd64)
        file.fail("its directory is damaged");
      directory = {file.get<uint64_t>(end64 + 48),
                   file.get<uint64_t>(end64 + 32)};
    }
    return directory;
  }
  file.fail("it has no zip directory");
}

/// Replaces fields that hold kFull by those of the zip64 extra record, in their
/// fixed order.
void readZip64(const Reader &file, uint64_t at, uint64_t length, Entry &entry) {
  for (uint64_t end = at + length; at + 4 <= end;) {
    uint16_t id = file.get<uint16_t>(at), size = file.get<uint16_t>(at + 2);
    uint64_t field = at + 4;
    at = field + size;
    if (id != kZip64)
      continue;
    for (uint64_t *value : {&entry.size, &entry.packed, &entry.offset})
      if (*value == kFull && field + 8 <= at) {
        *value = file.get<uint64_t>(field);
        field += 8;
      }
  }
}

Bytes inflateEntry(const Reader &file, const std::byte *data,
                   const Entry &entry) {
  // Deflate cannot do better than about 1032:1; a larger claim is a lie that
  // would eat memory.
  if (entry.size / 1040 > entry.packed + 1)
    file.fail("entry '" + entry.name + "' claims an impossible size");
  constexpr uint64_t kMost = std::numeric_limits<uInt>::max();
  Bytes out(entry.size);
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
    file.fail("out of memory");
  uint64_t in = entry.packed, room = entry.size;
  stream.next_in = reinterpret_cast<Bytef *>(const_cast<std::byte *>(data));
  stream.next_out = reinterpret_cast<Bytef *>(out.data());
  int state = Z_OK;
  while (state == Z_OK) {
    uInt offered = stream.avail_in = static_cast<uInt>(std::min(in, kMost));
    uInt free = stream.avail_out = static_cast<uInt>(std::min(room, kMost));
    state = inflate(&stream, Z_NO_FLUSH);
    in -= offered - stream.avail_in;
    room -= free - stream.avail_out;
  }
  inflateEnd(&stream);
  if (state != Z_STREAM_END || room)
    file.fail("entry '" + entry.name + "' is damaged");
  return out;
}

Bytes readEntry(const Reader &file, const Entry &entry) {
  if (file.get<uint32_t>(entry.offset) != kLocal)
    file.fail("entry '" + entry.name + "' is damaged");
  uint64_t data = entry.offset + kLocalSize +
                  file.get<uint16_t>(entry.offset + 26) +
                  file.get<uint16_t>(entry.offset + 28);
  const std::byte *begin = file.at(data, entry.packed);
  Bytes out;
  if (entry.method == kDeflated)
    out = inflateEntry(file, begin, entry);
  else if (entry.method == kStored && entry.packed == entry.size)
    out.assign(begin, begin + entry.size);
  else
    file.fail("entry '" + entry.name + "' uses an unknown compression");
  uLong crc =
      crc32_z(0, reinterpret_cast<const Bytef *>(out.data()), out.size());
  if (crc != entry.crc)
    file.fail("entry '" + entry.name + "' does not match its checksum");
  return out;
}

Bytes readFile(const std::string &path) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in)
    throw Error("cannot read '" + path + "': " + std::strerror(errno));
  std::streamoff size = in.tellg();
  if (size < 0)
    throw Error("cannot read '" + path + "'");
  Bytes bytes(static_cast<size_t>(size));
  in.seekg(0);
  if (!in.read(reinterpret_cast<char *>(bytes.data()), size))
    throw Error("cannot read '" + path + "'");
  return bytes;
}

/// Appends little-endian values to a record.
struct Record {
  std::string bytes;
  template <typename T> Record &put(T value) {
    bytes.append(reinterpret_cast<const char *>(&value), sizeof value);
    return *this;
  }
  /// A size or offset, or the mark that it is in the zip64 record.
  Record &put32(uint64_t value) {
    return put(uint32_t(std::min<uint64_t>(value, kFull)));
  }
};

std::string zip64Extra(std::initializer_list<uint64_t> values) {
  Record fields, extra;
  for (uint64_t value : values)
    if (value >= kFull)
      fields.put(value);
  if (fields.bytes.empty())
    return "";
  extra.put(kZip64).put(uint16_t(fields.bytes.size()));
  return extra.bytes + fields.bytes;
}

/// The fields that the local and the central record share, from the version
/// needed on.
void putCommon(Record &out, const Entry &entry, size_t extraSize) {
  constexpr uint16_t version = 45, flags = 0, time = 0,
                     date = 33; // 1980-01-01: reproducible
  out.put(version).put(flags).put(kStored).put(time).put(date).put(entry.crc);
  out.put32(entry.size).put32(entry.size);
  out.put(uint16_t(entry.name.size())).put(uint16_t(extraSize));
}

std::string localRecord(const Entry &entry) {
  // A local zip64 record holds both sizes or none; they are equal here.
  std::string extra = zip64Extra({entry.size, entry.size});
  Record out;
  out.put(kLocal);
  putCommon(out, entry, extra.size());
  return out.bytes + entry.name + extra;
}

std::string centralRecord(const Entry &entry) {
  std::string extra = zip64Extra({entry.size, entry.size, entry.offset});
  Record out;
  out.put(kCentral).put(uint16_t(45));
  putCommon(out, entry, extra.size());
  out.put(uint16_t(0))
      .put(uint16_t(0))
      .put(uint16_t(0))
      .put(uint32_t(0))
      .put32(entry.offset);
  return out.bytes + entry.name + extra;
}

std::string endRecords(uint64_t count, uint64_t offset, uint64_t size) {
  Record out;
  if (offset >= kFull || size >= kFull || count >= 0xffff) {
    out.put(kEnd64)
        .put(uint64_t(kEnd64Size - 12))
        .put(uint16_t(45))
        .put(uint16_t(45));
    out.put(uint32_t(0))
        .put(uint32_t(0))
        .put(count)
        .put(count)
        .put(size)
        .put(offset);
    out.put(kLocator64).put(uint32_t(0)).put(offset + size).put(uint32_t(1));
  }
  uint16_t shown = uint16_t(std::min<uint64_t>(count, 0xffff));
  out.put(kEnd).put(uint16_t(0)).put(uint16_t(0)).put(shown).put(shown);
  out.put32(size).put32(offset).put(uint16_t(0));
  return out.bytes;
}

} // namespace

ZipEntries readZip(const std::string &path) {
  Bytes bytes = readFile(path);
  Reader file(bytes, path);
  Directory directory = findDirectory(file);
  ZipEntries entries;
  for (uint64_t at = directory.offset; directory.count > 0; --directory.count) {
    file.at(at, kCentralSize);
    if (file.get<uint32_t>(at) != kCentral)
      file.fail("its directory is damaged");
    uint16_t nameSize = file.get<uint16_t>(at + 28),
             extraSize = file.get<uint16_t>(at + 30);
    auto *name =
        reinterpret_cast<const char *>(file.at(at + kCentralSize, nameSize));
    Entry entry{{name, nameSize},
                file.get<uint16_t>(at + 10),
                file.get<uint32_t>(at + 16),
                file.get<uint32_t>(at + 20),
                file.get<uint32_t>(at + 24),
                file.get<uint32_t>(at + 42)};
    readZip64(file, at + kCentralSize + nameSize, extraSize, entry);
    at += kCentralSize + nameSize + extraSize + file.get<uint16_t>(at + 32);
    entries.emplace_back(entry.name, readEntry(file, entry));
  }
  return entries;
}

void writeZip(const std::string &path, const ZipEntries &entries) {
  // A device or a folder must not be replaced by a file.
  std::error_code ignored;
  auto type = std::filesystem::status(path, ignored).type();
  if (type != std::filesystem::file_type::not_found &&
      type != std::filesystem::file_type::regular)
    throw Error("cannot write '" + path + "': not a regular file");
  std::string temporary = path + ".tmp" + std::to_string(getpid());
  std::ofstream out(temporary, std::ios::binary);
  if (!out)
    throw Error("cannot write '" + path + "': " + std::strerror(errno));
  std::string directory;
  for (const auto &[name, data] : entries) {
    uLong crc =
        crc32_z(0, reinterpret_cast<const Bytef *>(data.data()), data.size());
    Entry entry{name,        kStored,     static_cast<uint32_t>(crc),
                data.size(), data.size(), static_cast<uint64_t>(out.tellp())};
    out << localRecord(entry);
    out.write(reinterpret_cast<const char *>(data.data()),
              std::streamsize(data.size()));
    directory += centralRecord(entry);
  }
  auto offset = static_cast<uint64_t>(out.tellp());
  out << directory << endRecords(entries.size(), offset, directory.size());
  out.close();
  if (!out || std::rename(temporary.c_str(), path.c_str()) != 0) {
    std::string why = std::strerror(errno);
    std::remove(temporary.c_str());
    throw Error("cannot write '" + path + "': " + why);
  }
}

} // namespace hagane::tool
