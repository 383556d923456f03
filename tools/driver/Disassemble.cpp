// disassemble: machine code as text, by LLVM's MC.
#include "tools/hagane/Disassemble.h"

#include "codegen/cpu/Target.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/MC/MCAsmInfo.h"
#include "llvm/MC/MCContext.h"
#include "llvm/MC/MCDisassembler/MCDisassembler.h"
#include "llvm/MC/MCInst.h"
#include "llvm/MC/MCInstPrinter.h"
#include "llvm/MC/MCInstrAnalysis.h"
#include "llvm/MC/MCInstrInfo.h"
#include "llvm/MC/MCRegisterInfo.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/MCTargetOptions.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/Regex.h"
#include "llvm/Support/TargetSelect.h"
#include <map>

using namespace llvm;
using hagane::cpu::TargetLevel;

namespace {

struct Instruction {
  uint64_t address = 0, size = 0;
  MCInst inst;
};

/// LLVM's description of one level.
class Disassembler {
public:
  bool setUp(const TargetLevel &level);
  std::vector<std::string> print(ArrayRef<uint8_t> bytes);

private:
  void decode(ArrayRef<uint8_t> bytes);
  void findLabels(uint64_t end);
  std::string printOne(const Instruction &instruction);
  bool isPadding(const Instruction &instruction) const {
    return info->getName(instruction.inst.getOpcode()).starts_with("NOOP");
  }

  std::unique_ptr<MCRegisterInfo> registers;
  std::unique_ptr<MCAsmInfo> assembly;
  std::unique_ptr<MCSubtargetInfo> subtarget;
  std::unique_ptr<MCInstrInfo> info;
  std::unique_ptr<MCContext> context;
  std::unique_ptr<MCDisassembler> decoder;
  std::unique_ptr<MCInstPrinter> printer;
  std::unique_ptr<MCInstrAnalysis> analysis;
  std::vector<Instruction> instructions;
  std::map<uint64_t, std::string> labels;
  MapVector<uint64_t, std::string> constants;
};

} // namespace

bool Disassembler::setUp(const TargetLevel &level) {
  static const bool isReady = [] {
    InitializeAllTargetInfos();
    InitializeAllTargetMCs();
    InitializeAllDisassemblers();
    return true;
  }();
  Triple triple(level.architecture->triple);
  std::string error;
  const Target *target =
      isReady ? TargetRegistry::lookupTarget(triple, error) : nullptr;
  if (!target)
    return false;
  registers.reset(target->createMCRegInfo(triple));
  assembly.reset(target->createMCAsmInfo(*registers, triple, {}));
  subtarget.reset(
      target->createMCSubtargetInfo(triple, level.cpu, level.features));
  info.reset(target->createMCInstrInfo());
  context = std::make_unique<MCContext>(triple, assembly.get(), registers.get(),
                                        subtarget.get());
  decoder.reset(target->createMCDisassembler(*subtarget, *context));
  // Intel's syntax where there are two.
  unsigned syntax = triple.isX86() ? 1 : assembly->getAssemblerDialect();
  printer.reset(target->createMCInstPrinter(triple, syntax, *assembly, *info,
                                            *registers));
  analysis.reset(target->createMCInstrAnalysis(info.get()));
  if (!decoder || !printer || !analysis)
    return false;
  printer->setPrintBranchImmAsAddress(true);
  return true;
}

void Disassembler::decode(ArrayRef<uint8_t> bytes) {
  for (uint64_t at = 0; at < bytes.size();) {
    Instruction next;
    next.address = at;
    if (decoder->getInstruction(next.inst, next.size, bytes.drop_front(at), at,
                                nulls()) != MCDisassembler::Success)
      return;
    at += next.size;
    instructions.push_back(next);
  }
}

void Disassembler::findLabels(uint64_t end) {
  for (const Instruction &instruction : instructions) {
    uint64_t target = 0;
    if (analysis->evaluateBranch(instruction.inst, instruction.address,
                                 instruction.size, target) &&
        target < end)
      labels[target];
  }
  for (auto [i, label] : enumerate(labels))
    label.second = "L" + std::to_string(i);
}

std::string Disassembler::printOne(const Instruction &instruction) {
  std::string text;
  raw_string_ostream stream(text);
  printer->printInst(&instruction.inst, instruction.address, "", *subtarget,
                     stream);
  llvm::replace(text, '\t', ' ');
  uint64_t target = 0;
  if (analysis->evaluateBranch(instruction.inst, instruction.address,
                               instruction.size, target)) {
    static const Regex kAddress("0x[0-9a-f]+");
    auto label = labels.find(target);
    return StringRef(
               kAddress.sub(label == labels.end() ? "outside" : label->second,
                            text))
        .trim()
        .str();
  }
  if (auto constant = analysis->evaluateMemoryOperandAddress(
          instruction.inst, subtarget.get(), instruction.address,
          instruction.size)) {
    static const Regex kRelative("rip [+-] [0-9]+");
    auto &name = constants[*constant];
    if (name.empty())
      name = "constant " + std::to_string(constants.size());
    text = kRelative.sub(name, text);
  }
  return StringRef(text).trim().str();
}

std::vector<std::string> Disassembler::print(ArrayRef<uint8_t> bytes) {
  decode(bytes);
  findLabels(bytes.size());
  std::vector<std::string> lines;
  for (const Instruction &instruction : instructions) {
    if (auto label = labels.find(instruction.address); label != labels.end())
      lines.push_back(label->second + ":");
    if (!isPadding(instruction))
      lines.push_back("  " + printOne(instruction));
  }
  uint64_t end = instructions.empty()
                     ? 0
                     : instructions.back().address + instructions.back().size;
  if (end < bytes.size())
    lines.push_back("(" + std::to_string(bytes.size() - end) +
                    " bytes that are no instructions)");
  return lines;
}

std::vector<std::string> hagane::disassemble(const std::string &level,
                                             const uint8_t *bytes,
                                             size_t size) {
  const auto *found =
      find_if(cpu::getTargetLevels(), [&](const TargetLevel &candidate) {
        return candidate.name == level;
      });
  Disassembler disassembler;
  if (found == cpu::getTargetLevels().end() || !disassembler.setUp(*found))
    return {"(code for '" + level + "', which this build does not know)"};
  return disassembler.print(ArrayRef(bytes, size));
}
