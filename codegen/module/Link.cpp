//===- Link.cpp - From objects to a flat image ----------------------------===//

#include "codegen/module/Link.h"
#include "codegen/module/ModuleRecord.h"
#include "codegen/module/OutputFile.h"
#include "lld/Common/Driver.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include <mutex>

LLD_HAS_DRIVER(elf)

using namespace hagane;
using namespace hagane::codegen;
using llvm::createStringError;
using llvm::Error;
using llvm::Expected;
using llvm::StringRef;

//===-- Running lld -------------------------------------------------------===//

/// lld keeps global state: one link at a time.
static Error runLld(llvm::ArrayRef<std::string> arguments) {
  static std::mutex mutex;
  std::lock_guard lock(mutex);
  std::vector<const char *> pointers;
  for (const std::string &argument : arguments)
    pointers.push_back(argument.c_str());
  std::string output, errors;
  llvm::raw_string_ostream outputStream(output), errorStream(errors);
  lld::Result result = lld::lldMain(pointers, outputStream, errorStream,
                                    {{lld::Gnu, &lld::elf::link}});
  if (result.retCode != 0)
    return createStringError("the linker failed: %s",
                             StringRef(errors).trim().str().c_str());
  return Error::success();
}

/// Links the objects, written to a folder that does not outlive the call.
static Expected<std::string> link(llvm::ArrayRef<std::string> objects,
                                  std::vector<std::string> options) {
  llvm::SmallString<128> folder;
  if (std::error_code code =
          llvm::sys::fs::createUniqueDirectory("hagane-link", folder))
    return createStringError("cannot make a temporary folder: %s",
                             code.message().c_str());
  llvm::scope_exit cleanUp(
      [&] { (void)llvm::sys::fs::remove_directories(folder); });
  auto inFolder = [&](StringRef name) { return (folder + "/" + name).str(); };

  std::vector<std::string> arguments = {"ld.lld"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  for (size_t i = 0; i < objects.size(); ++i) {
    arguments.push_back(inFolder(std::to_string(i) + ".o"));
    if (Error error = writeFile(arguments.back(), objects[i]))
      return error;
  }
  std::string script = inFolder("exports");
  std::string exports = (llvm::Twine("{ global: ") + record::kPlan + "; " +
                         record::kRun + "; local: *; };")
                            .str();
  if (Error error = writeFile(script, exports))
    return error;
  arguments.push_back("--version-script=" + script);
  std::string output = inFolder("out");
  arguments.insert(arguments.end(), {"-o", output});
  if (Error error = runLld(arguments))
    return error;
  auto buffer = llvm::MemoryBuffer::getFile(output, /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return createStringError("cannot read the linked file: %s",
                             buffer.getError().message().c_str());
  return (*buffer)->getBuffer().str();
}

Expected<std::string>
hagane::codegen::linkShared(llvm::ArrayRef<std::string> objects) {
  return link(objects, {"-shared", "-Bsymbolic", "--no-undefined",
                        "--threads=1", "--build-id=none", "--hash-style=gnu",
                        "--gc-sections", "-z", "norelro", "-z", "rodynamic",
                        "-z", "max-page-size=4096", "-z", "noexecstack"});
}

Error hagane::codegen::linkLibrary(const std::string &object,
                                   const std::string &path) {
  OutputFile output(path);
  if (Error error = output.open())
    return error;
  if (Error error = runLld(
          {"ld.lld", "-shared", object, "-o", output.getTemporary().str(),
           "--threads=1", "--build-id=none", "--hash-style=gnu", "-z",
           "noexecstack", "-soname=" + llvm::sys::path::filename(path).str()}))
    return error;
  return output.keep();
}

//===-- Flattening --------------------------------------------------------===//

using Elf = llvm::object::ELF64LE;
using ElfFile = llvm::object::ELFFile<Elf>;

/// The first section that overlaps a segment, for messages.
static std::string sectionIn(const ElfFile &file, const Elf::Phdr &segment) {
  Expected<Elf::ShdrRange> sections = file.sections();
  if (!sections) {
    llvm::consumeError(sections.takeError());
    return "?";
  }
  for (const Elf::Shdr &section : *sections) {
    if (!(section.sh_flags & llvm::ELF::SHF_ALLOC) ||
        section.sh_addr < segment.p_vaddr ||
        section.sh_addr >= segment.p_vaddr + segment.p_memsz)
      continue;
    if (Expected<StringRef> name = file.getSectionName(section))
      return name->str();
    else
      llvm::consumeError(name.takeError());
  }
  return "?";
}

static Error copySegment(const ElfFile &file, const Elf::Phdr &segment,
                         std::vector<uint8_t> &image) {
  if (segment.p_memsz == 0)
    return Error::success();
  if (segment.p_flags & llvm::ELF::PF_W)
    return createStringError(
        "compiled code must not have writable data, found the section '%s'",
        sectionIn(file, segment).c_str());
  if (segment.p_offset + segment.p_filesz > file.getBufSize())
    return createStringError("a segment of the linked file ends beyond it");
  if (image.size() < segment.p_vaddr + segment.p_memsz)
    image.resize(segment.p_vaddr + segment.p_memsz);
  std::copy_n(file.base() + segment.p_offset, segment.p_filesz,
              image.begin() + segment.p_vaddr);
  return Error::success();
}

/// A relocation would have to be applied by a loader.
static Error checkRelocations(const ElfFile &file) {
  Expected<Elf::ShdrRange> sections = file.sections();
  if (!sections)
    return sections.takeError();
  for (const Elf::Shdr &section : *sections) {
    bool isRelocation = section.sh_type == llvm::ELF::SHT_RELA ||
                        section.sh_type == llvm::ELF::SHT_REL ||
                        section.sh_type == llvm::ELF::SHT_RELR;
    if (!isRelocation || section.sh_size == 0)
      continue;
    Expected<StringRef> name = file.getSectionName(section);
    if (!name)
      return name.takeError();
    return createStringError(
        "compiled code must not need relocation, found %llu bytes in '%s'",
        static_cast<unsigned long long>(section.sh_size), name->str().c_str());
  }
  return Error::success();
}

static Expected<uint64_t>
findEntry(const llvm::object::ELFObjectFile<Elf> &object, StringRef entry) {
  for (const llvm::object::ELFSymbolRef &symbol :
       object.getDynamicSymbolIterators()) {
    Expected<StringRef> name = symbol.getName();
    if (!name)
      return name.takeError();
    if (*name == entry)
      return symbol.getValue();
  }
  return createStringError("the linked code does not define '%s'",
                           entry.str().c_str());
}

/// Where the kernels' functions lie.
static Error findFunctions(const llvm::object::ELFObjectFile<Elf> &object,
                           CodeImage &image) {
  for (const llvm::object::ELFSymbolRef &symbol : object.symbols()) {
    Expected<StringRef> name = symbol.getName();
    Expected<uint64_t> address = symbol.getValue();
    if (!name || !address)
      return llvm::joinErrors(name.takeError(), address.takeError());
    if (name->consume_back(record::kEntrySuffix))
      image.functions[*name] = {*address, symbol.getSize()};
  }
  return Error::success();
}

Expected<CodeImage> hagane::codegen::flattenImage(StringRef shared) {
  auto object = llvm::object::ELFObjectFile<Elf>::create(
      llvm::MemoryBufferRef(shared, "linked code"));
  if (!object)
    return object.takeError();
  const ElfFile &file = object->getELFFile();
  if (Error error = checkRelocations(file))
    return error;
  CodeImage image;
  Expected<Elf::PhdrRange> segments = file.program_headers();
  if (!segments)
    return segments.takeError();
  for (const Elf::Phdr &segment : *segments)
    if (segment.p_type == llvm::ELF::PT_LOAD)
      if (Error error = copySegment(file, segment, image.bytes))
        return error;
  for (auto [name, place] : {std::pair(record::kPlan, &image.planEntry),
                             std::pair(record::kRun, &image.runEntry)}) {
    Expected<uint64_t> entry = findEntry(*object, name);
    if (!entry)
      return entry.takeError();
    *place = *entry;
  }
  if (Error error = findFunctions(*object, image))
    return error;
  return image;
}
