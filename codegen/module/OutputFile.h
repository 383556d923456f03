//===- OutputFile.h - Files that appear when they are complete --*- C++ -*-===//

#ifndef HAGANE_CODEGEN_MODULE_OUTPUTFILE_H
#define HAGANE_CODEGEN_MODULE_OUTPUTFILE_H

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"
#include <memory>

namespace hagane::codegen {

/// Creates an empty file for `path`, which goes if the process is interrupted.
/// The ending of its name begins with a dot.
llvm::Error createTemporary(const std::string &path, llvm::StringRef ending,
                            llvm::SmallVectorImpl<char> &name, int &descriptor);

/// A file under a temporary name that vanishes unless it is kept. Errors of
/// writing are reported by `keep`.
class OutputFile {
public:
  explicit OutputFile(llvm::StringRef path) : path(path.str()) {}
  ~OutputFile();
  OutputFile(const OutputFile &) = delete;
  OutputFile &operator=(const OutputFile &) = delete;

  llvm::Error open();
  llvm::raw_ostream &getStream() { return *stream; }
  /// For others to write to, instead of to the stream.
  llvm::StringRef getTemporary() const { return temporary; }
  /// Writes at `position`, which is not before the end. Zeros before it, and
  /// long runs of zeros in the data, become holes where files have such.
  void writeAt(uint64_t position, const void *data, uint64_t size);
  /// Replaces the first bytes; nothing may be written afterwards.
  void rewriteStart(const void *data, uint64_t size, const void *more,
                    uint64_t moreSize);
  uint64_t tell() const { return stream->tell(); }
  bool hasError() const { return stream->has_error(); }
  /// Gives the file its name, in place of what had it before.
  llvm::Error keep();

private:
  llvm::Error failed(const char *what, std::error_code code);

  std::string path;
  llvm::SmallString<128> temporary;
  std::unique_ptr<llvm::raw_fd_ostream> stream;
};

/// Writes a whole file.
llvm::Error writeFile(llvm::StringRef path, llvm::StringRef bytes);

} // namespace hagane::codegen

#endif // HAGANE_CODEGEN_MODULE_OUTPUTFILE_H
