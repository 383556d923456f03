//===- ProcessCompilers.cpp - nvcc, and a compiler for the emulator -------===//
//
// Programs that read a source file and write an image. They work in a temporary
// folder that holds the device library.
//
//===----------------------------------------------------------------------===//

#include "codegen/cuda/Compiler.h"
#include "codegen/cuda/DeviceHeaders.h"
#include "codegen/module/OutputFile.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"

using namespace hagane;
using namespace hagane::cuda;
using llvm::Error;
using llvm::Expected;
using llvm::SmallVector;
using llvm::StringRef;
namespace fs = llvm::sys::fs;
namespace path = llvm::sys::path;

namespace {

/// How to run a program for one image. Options come before the source.
struct ProgramRow {
  StringRef label;
  SmallVector<StringRef> names; ///< as found in PATH, the preferred one first
  const char *variable;         ///< of the environment: another program
  SmallVector<StringRef> options;
  StringRef deviceOption; ///< a prefix of the device's name; empty: none
  bool hasPaths; ///< images have paths of sources, unless they are told not to
  StringRef advice;
};

/// A folder that goes with what is in it.
class TemporaryFolder {
public:
  ~TemporaryFolder() {
    if (!folder.empty())
      (void)fs::remove_directories(folder);
  }
  Error create() {
    if (std::error_code error = fs::createUniqueDirectory("hagane", folder))
      return llvm::createStringError(error, "cannot create a temporary folder");
    return Error::success();
  }
  std::string file(StringRef name) const {
    llvm::SmallString<128> result(folder);
    path::append(result, name);
    return result.str().str();
  }

private:
  llvm::SmallString<128> folder;
};

class ProgramCompiler : public Compiler {
public:
  ProgramCompiler(ProgramRow row, std::string program)
      : row(std::move(row)), program(std::move(program)) {}
  /// Writes the headers and asks for the version.
  Error start();
  std::string getIdentity() const override { return identity; }
  Expected<Bytes> compile(const Source &source, StringRef sm) override;

private:
  /// What the program printed; an error holds that.
  Expected<std::string> run(llvm::ArrayRef<StringRef> arguments,
                            const std::string &log);

  ProgramRow row;
  std::string program, identity;
  TemporaryFolder folder;
};

} // namespace

static Expected<Bytes> readBytes(const std::string &file) {
  auto buffer = llvm::MemoryBuffer::getFile(file, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return llvm::createStringError("cannot read '" + file +
                                   "': " + buffer.getError().message());
  return Bytes((*buffer)->getBufferStart(), (*buffer)->getBufferEnd());
}

Expected<std::string> ProgramCompiler::run(llvm::ArrayRef<StringRef> arguments,
                                           const std::string &log) {
  SmallVector<StringRef> all = {program};
  llvm::append_range(all, arguments);
  std::string message;
  int result = llvm::sys::ExecuteAndWait(
      program, all, std::nullopt, {StringRef(""), log, log}, 0, 0, &message);
  Expected<Bytes> text = readBytes(log);
  std::string printed;
  if (text)
    printed.assign(text->begin(), text->end());
  else
    llvm::consumeError(text.takeError());
  if (result == 0)
    return printed;
  return llvm::createStringError("'" + program + "' failed" +
                                 (message.empty() ? "" : ": " + message) +
                                 "\n" + printed);
}

Error ProgramCompiler::start() {
  if (Error error = folder.create())
    return error;
  Expected<std::string> version = run({"--version"}, folder.file("version"));
  if (!version)
    return version.takeError();
  identity =
      (row.label + " " + llvm::join(row.options, " ")).str() + "\n" + *version;
  return writeDeviceHeaders(folder.file("include"));
}

Expected<Bytes> ProgramCompiler::compile(const Source &source, StringRef sm) {
  std::string stem = folder.file(source.name + "." + sm.str());
  std::string input = stem + ".cu", output = stem + ".image";
  if (Error error = codegen::writeFile(input, source.text))
    return error;
  std::string include = "-I" + folder.file("include");
  std::string device = (row.deviceOption + sm).str();
  SmallVector<StringRef> arguments(row.options);
  if (!row.deviceOption.empty())
    arguments.push_back(device);
  std::string paths = "-ffile-prefix-map=" + folder.file("=");
  if (row.hasPaths)
    arguments.append({paths, "-fdebug-compilation-dir=/"});
  arguments.append({include, "-o", output, input});
  Expected<std::string> printed = run(arguments, stem + ".log");
  if (!printed)
    return printed.takeError();
  return readBytes(output);
}

static Expected<std::unique_ptr<Compiler>> open(const ProgramRow &row) {
  std::string program;
  if (auto named = llvm::sys::Process::GetEnv(row.variable))
    program = *named;
  for (StringRef name : row.names)
    if (program.empty())
      if (auto found = llvm::sys::findProgramByName(name))
        program = *found;
  if (program.empty())
    return llvm::createStringError(
        (row.label + " is not installed: PATH has no " +
         llvm::join(row.names, " and no ") + "; " + row.advice + " by ")
            .str() +
        row.variable);
  auto compiler = std::make_unique<ProgramCompiler>(row, program);
  if (Error error = compiler->start())
    return error;
  return compiler;
}

Expected<std::unique_ptr<Compiler>> hagane::cuda::openNvcc() {
  static const ProgramRow row = {
      "nvcc",
      {"nvcc"},
      "HAGANE_NVCC",
      {"-cubin", "-std=c++17"},
      "-arch=",
      false,
      "install the CUDA toolkit, or name the program"};
  return open(row);
}

Expected<std::unique_ptr<Compiler>> hagane::cuda::openEmulator() {
  // Those of device/emulator/flags.txt.
  SmallVector<StringRef> options;
  llvm::SplitString(HAGANE_EMULATOR_FLAGS, options);
  options.append({"-shared", "-w"});
  const ProgramRow row = {"the emulator's compiler",
                          {"clang++-22", "clang++"},
                          "HAGANE_EMULATOR_CXX",
                          options,
                          "",
                          true,
                          "install clang 22, or name the program"};
  return open(row);
}
