//===- ObjectFile.cpp - Objects made of bytes -----------------------------===//

#include "codegen/module/ObjectFile.h"
#include "hagane/runtime.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Support/MathExtras.h"
#include <cstddef>

using namespace hagane::codegen;
using namespace llvm::ELF;
using llvm::StringRef;

namespace {

/// What differs between architectures, all of them little-endian and 64 bits.
struct Machine {
  llvm::Triple::ArchType arch;
  uint16_t machine;
  uint32_t flags; // in the file's header
  uint32_t addressRelocation;
  /// Keeps large data out of the reach of 32-bit distances in other code.
  uint64_t dataFlags;
  const char *dataSection;
};

constexpr Machine kMachines[] = {
    {llvm::Triple::x86_64, EM_X86_64, 0, R_X86_64_64, SHF_X86_64_LARGE,
     ".lrodata.hagane"},
    {llvm::Triple::aarch64, EM_AARCH64, 0, R_AARCH64_ABS64, 0,
     ".rodata.hagane"},
    {llvm::Triple::riscv64, EM_RISCV, EF_RISCV_RVC | EF_RISCV_FLOAT_ABI_DOUBLE,
     R_RISCV_64, 0, ".rodata.hagane"},
};

const Machine *findMachine(const llvm::Triple &triple) {
  const Machine *found = llvm::find_if(
      kMachines, [&](const Machine &m) { return m.arch == triple.getArch(); });
  return found == std::end(kMachines) ? nullptr : found;
}

enum Section : uint16_t {
  kNull,
  kData,
  kCode,
  kDescriptor,
  kRelocations,
  kSymbols,
  kStrings,
  kSectionNames,
  kStackNote,
  kSectionCount
};

/// Names behind each other, the first one empty.
class StringTable {
public:
  uint32_t add(StringRef name) {
    uint32_t offset = bytes.size();
    bytes += name;
    bytes += '\0';
    return offset;
  }
  std::string bytes = std::string(1, '\0');
};

class ObjectWriter {
public:
  ObjectWriter(llvm::raw_ostream &stream, const Machine &machine,
               const EmbeddedParts &parts)
      : stream(stream), start(stream.tell()), machine(machine), parts(parts) {}
  void write();

private:
  uint64_t position() const { return stream.tell() - start; }
  /// Aligns, and notes that a section starts here.
  Elf64_Shdr &begin(Section section, StringRef name, uint32_t type,
                    uint64_t flags, uint64_t alignment);
  void end(Section section) {
    headers[section].sh_size = position() - headers[section].sh_offset;
  }
  template <typename T> void put(const T &value) {
    stream.write(reinterpret_cast<const char *>(&value), sizeof value);
  }
  void writeFileHeader(uint64_t sectionHeaders);
  void writeContents();
  void writeDescriptor();
  void writeRelocations();
  void writeSymbols();

  llvm::raw_ostream &stream;
  uint64_t start;
  const Machine &machine;
  const EmbeddedParts &parts;
  Elf64_Shdr headers[kSectionCount] = {};
  StringTable sectionNames, names;
};

} // namespace

static constexpr uint64_t kPage = 4096;

Elf64_Shdr &ObjectWriter::begin(Section section, StringRef name, uint32_t type,
                                uint64_t flags, uint64_t alignment) {
  stream.write_zeros(llvm::alignTo(position(), alignment) - position());
  Elf64_Shdr &header = headers[section];
  header.sh_name = sectionNames.add(name);
  header.sh_type = type;
  header.sh_flags = flags;
  header.sh_addralign = alignment;
  header.sh_offset = position();
  return header;
}

void ObjectWriter::writeContents() {
  begin(kData, machine.dataSection, SHT_PROGBITS, SHF_ALLOC | machine.dataFlags,
        kPage);
  stream << parts.data << parts.tail;
  end(kData);
  begin(kCode, ".text.hagane", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, kPage);
  stream << parts.code;
  end(kCode);
}

/// Pointers are left to the relocations.
void ObjectWriter::writeDescriptor() {
  begin(kDescriptor, ".data.rel.ro.hagane", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE,
        alignof(hgn_embedded_module));
  hgn_embedded_module descriptor = {};
  descriptor.size = parts.data.size();
  descriptor.code_offset = parts.codeOffset;
  descriptor.code_size = parts.code.size();
  put(descriptor);
  end(kDescriptor);
}

/// Symbols 1 and 2 stand for the sections of data and code.
void ObjectWriter::writeRelocations() {
  Elf64_Shdr &header = begin(kRelocations, ".rela.data.rel.ro.hagane", SHT_RELA,
                             SHF_INFO_LINK, 8);
  header.sh_link = kSymbols;
  header.sh_info = kDescriptor;
  header.sh_entsize = sizeof(Elf64_Rela);
  auto relocate = [&](size_t field, uint32_t symbol, uint64_t addend) {
    Elf64_Rela entry = {};
    entry.r_offset = field;
    entry.setSymbolAndType(symbol, machine.addressRelocation);
    entry.r_addend = addend;
    put(entry);
  };
  relocate(offsetof(hgn_embedded_module, data), 1, 0);
  relocate(offsetof(hgn_embedded_module, code), 2, 0);
  if (!parts.tail.empty())
    relocate(offsetof(hgn_embedded_module, file_name), 1, parts.data.size());
  end(kRelocations);
}

void ObjectWriter::writeSymbols() {
  Elf64_Shdr &header = begin(kSymbols, ".symtab", SHT_SYMTAB, 0, 8);
  header.sh_link = kStrings;
  header.sh_entsize = sizeof(Elf64_Sym);
  header.sh_info = 3; // The first that is not local.
  auto add = [&](uint32_t name, uint8_t binding, uint8_t type, uint16_t section,
                 uint64_t size) {
    Elf64_Sym symbol = {};
    symbol.st_name = name;
    symbol.setBindingAndType(binding, type);
    symbol.st_shndx = section;
    symbol.st_size = size;
    put(symbol);
  };
  add(0, STB_LOCAL, STT_NOTYPE, SHN_UNDEF, 0);
  add(0, STB_LOCAL, STT_SECTION, kData, 0);
  add(0, STB_LOCAL, STT_SECTION, kCode, 0);
  add(names.add(parts.symbol), STB_GLOBAL, STT_OBJECT, kDescriptor,
      sizeof(hgn_embedded_module));
  end(kSymbols);
  begin(kStrings, ".strtab", SHT_STRTAB, 0, 1);
  stream << names.bytes;
  end(kStrings);
}

void ObjectWriter::writeFileHeader(uint64_t sectionHeaders) {
  Elf64_Ehdr header = {};
  std::copy_n(ElfMagic, 4, header.e_ident);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_REL;
  header.e_machine = machine.machine;
  header.e_flags = machine.flags;
  header.e_version = EV_CURRENT;
  header.e_ehsize = sizeof header;
  header.e_shoff = sectionHeaders;
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = kSectionCount;
  header.e_shstrndx = kSectionNames;
  put(header);
}

/// The large sections, the section headers, the small sections: the small ones
/// are made first, in memory, so that all headers are known where they go.
void ObjectWriter::write() {
  uint64_t data = parts.data.size() + parts.tail.size();
  uint64_t sectionHeaders = llvm::alignTo(
      kPage + llvm::alignTo(data, kPage) + parts.code.size(), kPage);
  writeFileHeader(sectionHeaders);
  writeContents();
  stream.write_zeros(sectionHeaders - position());
  std::string small;
  llvm::raw_string_ostream smallStream(small);
  ObjectWriter rest(smallStream, machine, parts);
  rest.sectionNames = sectionNames;
  std::copy(std::begin(headers), std::end(headers), rest.headers);
  rest.writeDescriptor();
  rest.writeRelocations();
  rest.writeSymbols();
  rest.begin(kStackNote, ".note.GNU-stack", SHT_PROGBITS, 0, 1);
  rest.end(kStackNote);
  rest.begin(kSectionNames, ".shstrtab", SHT_STRTAB, 0, 1);
  smallStream << rest.sectionNames.bytes;
  rest.end(kSectionNames);
  for (int section = kDescriptor; section < kSectionCount; ++section)
    rest.headers[section].sh_offset += sectionHeaders + sizeof headers;
  for (const Elf64_Shdr &header : rest.headers)
    put(header);
  stream << small;
}

bool hagane::codegen::canWriteObject(const llvm::Triple &triple) {
  return findMachine(triple) != nullptr;
}

void hagane::codegen::writeObject(llvm::raw_ostream &stream,
                                  const llvm::Triple &triple,
                                  const EmbeddedParts &parts) {
  ObjectWriter(stream, *findMachine(triple), parts).write();
}
