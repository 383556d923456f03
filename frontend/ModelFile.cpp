#include "frontend/ModelFile.h"

#include "frontend/TextParser.h"
#include "frontend/WireScan.h"
#include "mlir/IR/Diagnostics.h"
#include "onnx-ml.pb.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"

using namespace mlir;
using namespace hagane::frontend;

llvm::ErrorOr<FileMapping> hagane::frontend::mapFile(const Twine &path) {
  llvm::sys::fs::file_status status;
  if (std::error_code error = llvm::sys::fs::status(path, status))
    return error;
  if (status.type() == llvm::sys::fs::file_type::directory_file)
    return std::make_error_code(std::errc::is_a_directory);
  if (status.type() != llvm::sys::fs::file_type::regular_file)
    return std::make_error_code(std::errc::not_supported);
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return buffer.getError();
  return FileMapping(std::move(*buffer));
}

bool hagane::frontend::looksLikeText(StringRef content) {
  // A protobuf model starts with the tag of one of ModelProto's fields. Of
  // those only opset_import's, the letter B, could start a text, so a look at
  // control characters settles it.
  StringRef start = content.ltrim(" \t\r\n");
  if (start.starts_with("<") || start.starts_with("#"))
    return true;
  if (start.empty() ||
      !(llvm::isAlpha(start[0]) || start[0] == '_' || start[0] == '"'))
    return false;
  return llvm::none_of(content.take_front(4096), [](char c) {
    return static_cast<unsigned char>(c) < ' ' && !llvm::isSpace(c);
  });
}

static LogicalResult parseText(StringRef content, StringRef path,
                               MLIRContext *context, proto::ModelProto &model) {
  std::optional<TextError> error = parseModelText(content, model);
  if (!error)
    return success();
  return emitError(
             FileLineColLoc::get(context, path, error->line, error->column))
         << error->message;
}

LogicalResult hagane::frontend::parseModel(StringRef content, StringRef path,
                                           MLIRContext *context,
                                           proto::ModelProto &model) {
  if (looksLikeText(content))
    return parseText(content, path, context, model);
  Location loc = FileLineColLoc::get(context, path, 0, 0);
  if (content.empty())
    return emitError(loc) << "the file is empty, expected an ONNX model";
  llvm::Expected<std::string> stripped = stripRawData(content);
  if (!stripped)
    return emitError(loc) << "not an ONNX model: "
                          << llvm::toString(stripped.takeError());
  if (!model.ParsePartialFromArray(stripped->data(),
                                   static_cast<int>(stripped->size())))
    return emitError(loc)
           << "not an ONNX model: a field of a message is malformed";
  return success();
}
