#include "frontend/WireScan.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/LEB128.h"
#include <limits>
#include <optional>

using namespace hagane::frontend;
using llvm::Error;
using llvm::StringRef;

namespace {

enum class Message {
  Model,
  Graph,
  Node,
  Attribute,
  Tensor,
  SparseTensor,
  Function
};

enum class Action { Descend, Payload, Drop, Refuse };

/// What happens to a length-delimited field. Fields without a row are copied.
struct Rule {
  Message parent;
  uint32_t field;
  Action action;
  Message child;
};

constexpr uint32_t segmentField = 3;

constexpr Rule rules[] = {
    {Message::Model, 7, Action::Descend, Message::Graph},
    {Message::Model, 20, Action::Drop, Message::Model},
    {Message::Model, 25, Action::Descend, Message::Function},
    {Message::Graph, 1, Action::Descend, Message::Node},
    {Message::Graph, 5, Action::Descend, Message::Tensor},
    {Message::Graph, 15, Action::Descend, Message::SparseTensor},
    {Message::Node, 5, Action::Descend, Message::Attribute},
    {Message::Function, 7, Action::Descend, Message::Node},
    {Message::Function, 11, Action::Descend, Message::Attribute},
    {Message::Attribute, 5, Action::Descend, Message::Tensor},
    {Message::Attribute, 6, Action::Descend, Message::Graph},
    {Message::Attribute, 10, Action::Descend, Message::Tensor},
    {Message::Attribute, 11, Action::Descend, Message::Graph},
    {Message::Attribute, 22, Action::Descend, Message::SparseTensor},
    {Message::Attribute, 23, Action::Descend, Message::SparseTensor},
    {Message::SparseTensor, 1, Action::Descend, Message::Tensor},
    {Message::SparseTensor, 2, Action::Descend, Message::Tensor},
    {Message::Tensor, segmentField, Action::Refuse, Message::Tensor},
    {Message::Tensor, 9, Action::Payload, Message::Tensor},
};

enum WireType : uint32_t {
  Varint = 0,
  Fixed64 = 1,
  Delimited = 2,
  Fixed32 = 5
};

/// Protobuf stops at this depth too.
constexpr unsigned maxDepth = 100;

class Scanner {
public:
  explicit Scanner(StringRef file) : file(file) {}

  /// Copies the fields in [pos, end) of a message of kind `kind`.
  Error copy(Message kind, uint64_t pos, uint64_t end, unsigned depth);

  std::string out;

private:
  struct Field {
    uint64_t start;   // of the tag
    uint64_t payload; // of the value; after the length where there is one
    uint64_t end;
    uint32_t number;
    uint32_t wire;
  };

  Error malformed(uint64_t at, StringRef what) const;
  Error readVarint(uint64_t &pos, uint64_t end, uint64_t &value) const;
  Error readField(uint64_t pos, uint64_t end, Field &field) const;
  Error copyField(Message kind, const Field &field, unsigned depth);
  Error descend(Message child, const Field &field, unsigned depth);
  void appendVarint(uint64_t value);
  void appendSegment(uint64_t begin, uint64_t end);

  StringRef file;
};

Error Scanner::malformed(uint64_t at, StringRef what) const {
  return llvm::createStringError(
      llvm::formatv("malformed protobuf at byte {0}: {1}", at, what).str());
}

Error Scanner::readVarint(uint64_t &pos, uint64_t end, uint64_t &value) const {
  value = 0;
  uint64_t start = pos;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    if (pos >= end)
      return malformed(start, "the data ends within a number");
    uint64_t byte = static_cast<uint8_t>(file[pos++]);
    if (shift == 63 && byte > 1)
      break;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80)
      return Error::success();
  }
  return malformed(start, "a number exceeds 64 bits");
}

Error Scanner::readField(uint64_t pos, uint64_t end, Field &field) const {
  field.start = pos;
  uint64_t tag = 0;
  if (Error error = readVarint(pos, end, tag))
    return error;
  if (tag > std::numeric_limits<uint32_t>::max() || tag >> 3 == 0)
    return malformed(field.start, "a field has an invalid number");
  field.number = tag >> 3;
  field.wire = tag & 7;
  uint64_t size = 0;
  switch (field.wire) {
  case Varint: {
    field.payload = pos;
    uint64_t value;
    if (Error error = readVarint(pos, end, value))
      return error;
    break;
  }
  case Fixed64:
    size = 8;
    break;
  case Fixed32:
    size = 4;
    break;
  case Delimited:
    if (Error error = readVarint(pos, end, size))
      return error;
    break;
  default:
    return malformed(field.start, "a field has an invalid wire type");
  }
  if (field.wire != Varint)
    field.payload = pos;
  if (size > end - pos)
    return malformed(
        field.start,
        llvm::formatv("a field of {0} bytes exceeds the {1} that are left",
                      size, end - pos)
            .str());
  field.end = pos + size;
  return Error::success();
}

void Scanner::appendVarint(uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void Scanner::appendSegment(uint64_t begin, uint64_t end) {
  appendVarint(segmentField << 3 | Delimited);
  appendVarint(2 + llvm::getULEB128Size(begin) + llvm::getULEB128Size(end));
  appendVarint(1 << 3 | Varint);
  appendVarint(begin);
  appendVarint(2 << 3 | Varint);
  appendVarint(end);
}

Error Scanner::descend(Message child, const Field &field, unsigned depth) {
  if (depth == maxDepth)
    return malformed(field.start, "messages nest too deeply");
  appendVarint(field.number << 3 | Delimited);
  // The length is known only afterwards: five bytes hold any length that
  // protobuf takes.
  size_t lengthAt = out.size();
  out.append(5, '\0');
  if (Error error = copy(child, field.payload, field.end, depth + 1))
    return error;
  uint64_t length = out.size() - lengthAt - 5;
  for (unsigned i = 0; i != 5; ++i)
    out[lengthAt + i] =
        static_cast<char>((length >> 7 * i & 0x7f) | (i < 4 ? 0x80 : 0));
  return Error::success();
}

Error Scanner::copyField(Message kind, const Field &field, unsigned depth) {
  const Rule *rule = llvm::find_if(rules, [&](const Rule &rule) {
    return rule.parent == kind && rule.field == field.number;
  });
  if (rule == std::end(rules) || field.wire != Delimited) {
    out.append(file.data() + field.start, field.end - field.start);
    return Error::success();
  }
  switch (rule->action) {
  case Action::Descend:
    return descend(rule->child, field, depth);
  case Action::Payload:
    appendSegment(field.payload, field.end);
    return Error::success();
  case Action::Drop:
    return Error::success();
  case Action::Refuse:
    return malformed(field.start,
                     "tensors stored in segments are not supported");
  }
  llvm_unreachable("unknown action");
}

Error Scanner::copy(Message kind, uint64_t pos, uint64_t end, unsigned depth) {
  while (pos < end) {
    Field field;
    if (Error error = readField(pos, end, field))
      return error;
    if (Error error = copyField(kind, field, depth))
      return error;
    if (out.size() > std::numeric_limits<int32_t>::max())
      return malformed(pos,
                       "the model has more than 2 GiB besides raw tensor data");
    pos = field.end;
  }
  return Error::success();
}

} // namespace

llvm::Expected<std::string> hagane::frontend::stripRawData(StringRef file) {
  Scanner scanner(file);
  if (Error error = scanner.copy(Message::Model, 0, file.size(), 0))
    return error;
  return std::move(scanner.out);
}
