#include "Npz.h"

#include "Commands.h"
#include "Zip.h"

#include <charconv>
#include <cstring>
#include <string_view>

namespace hagane::tool {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";

struct TypeName {
  hgn_dtype dtype;
  const char *descr;
};

// The first row of a type is what is written; the reader accepts them all.
constexpr TypeName kTypes[] = {
    {HGN_F32, "<f4"},    {HGN_F64, "<f8"},        {HGN_F16, "<f2"},
    {HGN_I8, "|i1"},     {HGN_I16, "<i2"},        {HGN_I32, "<i4"},
    {HGN_I64, "<i8"},    {HGN_UI8, "|u1"},        {HGN_UI16, "<u2"},
    {HGN_UI32, "<u4"},   {HGN_UI64, "<u8"},       {HGN_BOOL, "|b1"},
    {HGN_BF16, "<u2"},   {HGN_F8E4M3FN, "|u1"},   {HGN_F8E4M3FNUZ, "|u1"},
    {HGN_F8E5M2, "|u1"}, {HGN_F8E5M2FNUZ, "|u1"}, {HGN_BF16, "|V2"},
    {HGN_BF16, "<V2"},   {HGN_F8E4M3FN, "|V1"},   {HGN_F8E4M3FNUZ, "|V1"},
    {HGN_F8E5M2, "|V1"}, {HGN_F8E5M2FNUZ, "|V1"},
};

const char *descrOf(hgn_dtype dtype) {
  for (const TypeName &row : kTypes)
    if (row.dtype == dtype)
      return row.descr;
  throw Error(std::string("npz files cannot hold type ") +
              hgn_dtype_name(dtype));
}

/// The type with that description, preferring the wanted one where several
/// share it.
std::optional<hgn_dtype> typeOf(std::string_view descr,
                                std::optional<hgn_dtype> wanted) {
  std::optional<hgn_dtype> found;
  for (const TypeName &row : kTypes) {
    if (row.descr != descr)
      continue;
    if (wanted == row.dtype)
      return wanted;
    if (!found)
      found = row.dtype;
  }
  return found;
}

struct Header {
  std::string_view descr;
  bool fortran = false;
  std::vector<int64_t> dims;
};

/// The text after `'key':` in the header, a Python dictionary literal.
std::string_view valueOf(std::string_view text, std::string_view key) {
  size_t at = text.find("'" + std::string(key) + "':");
  if (at == text.npos)
    throw Error("its header lacks '" + std::string(key) + "'");
  text.remove_prefix(at + key.size() + 3);
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  return text;
}

std::string_view between(std::string_view text, char open, char close) {
  size_t end = text.find(close, 1);
  if (text.empty() || text.front() != open || end == text.npos)
    throw Error("its header is not understood");
  return text.substr(1, end - 1);
}

Header parseHeader(std::string_view text) {
  Header header;
  header.descr = between(valueOf(text, "descr"), '\'', '\'');
  header.fortran = valueOf(text, "fortran_order").starts_with("True");
  std::string_view shape = between(valueOf(text, "shape"), '(', ')');
  while (true) {
    size_t digit = shape.find_first_not_of(", ");
    if (digit == shape.npos)
      return header;
    shape.remove_prefix(digit);
    int64_t dim = 0;
    auto [end, error] =
        std::from_chars(shape.data(), shape.data() + shape.size(), dim);
    if (error != std::errc() || dim < 0)
      throw Error("its shape is not understood");
    header.dims.push_back(dim);
    shape.remove_prefix(size_t(end - shape.data()));
  }
}

/// Column-major data brought into row-major order.
Bytes toRowMajor(const std::byte *data, const std::vector<int64_t> &dims,
                 size_t width, size_t total) {
  Bytes out(total);
  std::vector<int64_t> index(dims.size(), 0);
  for (size_t at = 0; at < total; at += width) {
    size_t source = 0;
    for (size_t d = dims.size(); d-- > 0;)
      source = source * size_t(dims[d]) + size_t(index[d]);
    std::memcpy(out.data() + at, data + source * width, width);
    size_t d = dims.size();
    while (d-- > 0) {
      if (++index[d] < dims[d])
        break;
      index[d] = 0;
    }
  }
  return out;
}

HostTensor parseNpy(const Bytes &bytes, std::optional<hgn_dtype> wanted) {
  std::string_view text(reinterpret_cast<const char *>(bytes.data()),
                        bytes.size());
  if (text.size() < 12 || !text.starts_with(kMagic))
    throw Error("it is not an npy array");
  bool longHeader = text[6] >= 2;
  uint32_t length = 0;
  std::memcpy(&length, text.data() + 8, longHeader ? 4 : 2);
  size_t start = longHeader ? 12 : 10;
  if (length > text.size() - start)
    throw Error("it ends too early");
  Header header = parseHeader(text.substr(start, length));
  std::optional<hgn_dtype> dtype = typeOf(header.descr, wanted);
  if (!dtype)
    throw Error("its type '" + std::string(header.descr) +
                "' is not supported");
  HostTensor tensor{*dtype, header.dims, {}};
  uint64_t size = tensorBytes(*dtype, header.dims),
           found = bytes.size() - start - length;
  if (size != found)
    throw Error("it has " + std::to_string(found) +
                " bytes of data, expected " + std::to_string(size));
  const std::byte *data = bytes.data() + start + length;
  if (header.fortran && header.dims.size() > 1)
    tensor.data =
        toRowMajor(data, header.dims, size_t(hgn_dtype_bits(*dtype) / 8), size);
  else
    tensor.data.assign(data, data + size);
  return tensor;
}

Bytes formatNpy(const HostTensor &tensor) {
  std::string dict = std::string("{'descr': '") + descrOf(tensor.dtype) +
                     "', 'fortran_order': False, 'shape': (";
  for (int64_t dim : tensor.dims)
    dict += std::to_string(dim) + ",";
  dict += "), }";
  constexpr size_t prefix = 10,
                   alignment =
                       64; // magic, version, length; data starts aligned
  dict.append(alignment - 1 - (prefix + dict.size()) % alignment, ' ');
  dict += '\n';
  auto length = static_cast<uint16_t>(dict.size());
  std::string head(kMagic);
  head += {'\x01', '\x00', char(length & 0xff), char(length >> 8)};
  head += dict;
  Bytes out(head.size() + tensor.data.size());
  std::memcpy(out.data(), head.data(), head.size());
  if (!tensor.data.empty())
    std::memcpy(out.data() + head.size(), tensor.data.data(),
                tensor.data.size());
  return out;
}

} // namespace

TensorMap readNpz(const std::string &path, const WantedType &wanted) {
  TensorMap tensors;
  for (auto &[entry, bytes] : readZip(path)) {
    std::string name =
        entry.ends_with(".npy") ? entry.substr(0, entry.size() - 4) : entry;
    try {
      tensors[name] = parseNpy(bytes, wanted(name));
    } catch (const Error &error) {
      throw Error("cannot read array '" + name + "' of '" + path +
                  "': " + error.what());
    }
  }
  return tensors;
}

void writeNpz(const std::string &path, const TensorMap &tensors) {
  ZipEntries entries;
  for (const auto &[name, tensor] : tensors)
    entries.emplace_back(name + ".npy", formatNpy(tensor));
  writeZip(path, entries);
}

} // namespace hagane::tool
