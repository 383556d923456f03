#include "tools/driver/Report.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

using namespace hagane::driver;
using llvm::raw_ostream;

static std::string textOf(hagane::xf::Dim dim) {
  return dim ? dim.str() : "unknown";
}

/// "16.1 GB", "5.98 ms": in powers of 1000.
static std::string scaled(double value, llvm::StringRef unit) {
  static constexpr const char *kPrefixes[] = {"n", "u", "m", "",  "k",
                                              "M", "G", "T", "P", "E"};
  size_t i = 3;
  for (; std::abs(value) >= 1000 && i + 1 < std::size(kPrefixes); ++i)
    value /= 1000;
  for (; value != 0 && std::abs(value) < 1 && i > 0; --i)
    value *= 1000;
  std::string text;
  llvm::raw_string_ostream(text)
      << llvm::format("%.4g ", value) << kPrefixes[i] << unit;
  return text;
}

static double percentOf(double part, double total) {
  return total > 0 ? 100 * part / total : 0;
}

static void printKind(llvm::StringRef kind, const Cost &cost, double total,
                      raw_ostream &stream) {
  stream << "    " << llvm::left_justify(kind, 12)
         << llvm::format("%6lld", static_cast<long long>(cost.count)) << "  "
         << llvm::left_justify(scaled(cost.flops, "FLOP"), 14)
         << llvm::left_justify(scaled(cost.bytes, "B"), 14)
         << llvm::format("%5.1f %%\n", percentOf(cost.seconds, total));
}

static void printPoint(const Report &report, const Point &point,
                       raw_ostream &stream) {
  const char *unit = report.hasTokens ? "token" : "item";
  double units = double(std::max<int64_t>(point.units, 1));
  const Cost &total = point.total;
  stream << "\n" << point.name << ":";
  for (const auto &[name, size] : point.sizes)
    stream << " " << name << "=" << size;
  stream << "\n  memory       " << scaled(double(point.memory), "B")
         << ": weights " << scaled(double(report.weightBytes), "B")
         << ", arena " << scaled(double(point.arena), "B") << ", inputs "
         << scaled(double(point.inputs), "B") << ", outputs "
         << scaled(double(point.outputs), "B") << "; scratch "
         << scaled(double(point.scratch), "B") << " per thread\n"
         << "  work         " << scaled(total.flops, "FLOP") << ", "
         << scaled(total.bytes, "B") << "; per " << unit << " "
         << scaled(total.flops / units, "FLOP") << ", "
         << scaled(total.bytes / units, "B") << "\n"
         << "  roofline     " << scaled(total.seconds, "s") << " ("
         << (point.isMemoryBound ? "memory" : "compute") << " bound), "
         << llvm::format("%.4g ", units / std::max(total.seconds, 1e-30))
         << unit << "s/s\n";
  for (const auto &[kind, cost] : point.kinds)
    printKind(kind, cost, total.seconds, stream);
  for (const Fallback &fallback : point.fallbacks)
    stream << "  generic fallback, "
           << llvm::format("%.1f %%: ",
                           percentOf(fallback.seconds, total.seconds))
           << fallback.nodes << "\n";
}

static void printRounding(const Rounding &rounding, raw_ostream &stream) {
  auto print = [&](llvm::StringRef what, double error) {
    stream << "  ";
    if (error < 0)
      stream << "not measured  ";
    else
      stream << llvm::format("%-12.3g  ", error);
    stream << what << "\n";
  };
  stream << "\nprecision      " << rounding.factors << " factors, f32 sums, in "
         << rounding.kernels.size()
         << " kernels; error relative to the model's own precision, as norms, "
            "on random data\n";
  for (const auto &[name, error] : rounding.outputs)
    print("output " + name, error);
  for (const RoundedKernel &kernel : rounding.kernels)
    print(kernel.kind + " of " + kernel.nodes, kernel.error);
}

void hagane::driver::printText(const Report &report, raw_ostream &stream) {
  stream << report.model << "\n"
         << "parameters     " << report.parameters << "\n"
         << "weights        " << report.weightBytes << " bytes:";
  for (const auto &[type, bytes] : report.bytesByType)
    stream << " " << type << " " << bytes;
  stream << "\nbytes of memory, at most\n  arena        "
         << textOf(report.arena) << "\n  inputs       " << textOf(report.inputs)
         << "\n  outputs      " << textOf(report.outputs) << "\n  in all       "
         << textOf(report.memory) << "\nFLOPs          " << textOf(report.flops)
         << "\nbytes moved    " << textOf(report.bytes) << "\nmachine        "
         << report.machine.name << ": "
         << scaled(report.machine.flops, "FLOP/s") << ", "
         << scaled(report.machine.bandwidth, "B/s") << "\n";
  for (const Point &point : report.points)
    printPoint(report, point, stream);
  if (report.rounding)
    printRounding(*report.rounding, stream);
}

static void writeCost(llvm::json::OStream &json, const Cost &cost) {
  json.attribute("kernels", cost.count);
  json.attribute("flops", cost.flops);
  json.attribute("bytes", cost.bytes);
  json.attribute("seconds", cost.seconds);
}

static void writePoint(llvm::json::OStream &json, const Report &report,
                       const Point &point) {
  double units = double(std::max<int64_t>(point.units, 1));
  json.attribute("name", point.name);
  json.attributeObject("sizes", [&] {
    for (const auto &[name, size] : point.sizes)
      json.attribute(name, size);
  });
  json.attribute(report.hasTokens ? "tokens" : "items", point.units);
  json.attributeObject("memory", [&] {
    json.attribute("weights", report.weightBytes);
    json.attribute("arena", point.arena);
    json.attribute("inputs", point.inputs);
    json.attribute("outputs", point.outputs);
    json.attribute("total", point.memory);
    json.attribute("scratch_per_thread", point.scratch);
  });
  writeCost(json, point.total);
  json.attribute("flops_per_token", point.total.flops / units);
  json.attribute("bytes_per_token", point.total.bytes / units);
  json.attribute("seconds_per_token", point.total.seconds / units);
  json.attribute("bound", point.isMemoryBound ? "memory" : "compute");
  json.attributeObject("kinds", [&] {
    for (const auto &[kind, cost] : point.kinds)
      json.attributeObject(kind, [&] { writeCost(json, cost); });
  });
  json.attributeArray("fallbacks", [&] {
    for (const Fallback &fallback : point.fallbacks)
      json.object([&] {
        json.attribute("nodes", fallback.nodes);
        json.attribute("seconds", fallback.seconds);
        json.attribute("percent",
                       percentOf(fallback.seconds, point.total.seconds));
      });
  });
}

static void writeRounding(const Rounding &rounding, llvm::json::OStream &json) {
  json.attribute("factors", rounding.factors);
  json.attribute("sums", "f32");
  json.attributeObject("outputs", [&] {
    for (const auto &[name, error] : rounding.outputs)
      json.attribute(name, error);
  });
  json.attributeArray("kernels", [&] {
    for (const RoundedKernel &kernel : rounding.kernels)
      json.object([&] {
        json.attribute("kind", kernel.kind);
        json.attribute("nodes", kernel.nodes);
        if (kernel.error >= 0)
          json.attribute("error", kernel.error);
      });
  });
}

void hagane::driver::printJson(const Report &report, raw_ostream &stream) {
  llvm::json::OStream json(stream, /*IndentSize=*/2);
  json.object([&] {
    json.attribute("model", report.model);
    json.attribute("parameters", report.parameters);
    json.attributeObject("weights", [&] {
      json.attribute("bytes", report.weightBytes);
      json.attributeObject("by_type", [&] {
        for (const auto &[type, bytes] : report.bytesByType)
          json.attribute(type, bytes);
      });
    });
    json.attributeObject("expressions", [&] {
      json.attribute("arena", textOf(report.arena));
      json.attribute("inputs", textOf(report.inputs));
      json.attribute("outputs", textOf(report.outputs));
      json.attribute("memory", textOf(report.memory));
      json.attribute("flops", textOf(report.flops));
      json.attribute("bytes", textOf(report.bytes));
    });
    json.attributeObject("machine", [&] {
      json.attribute("name", report.machine.name);
      json.attribute("flops", report.machine.flops);
      json.attribute("bandwidth", report.machine.bandwidth);
    });
    json.attributeArray("points", [&] {
      for (const Point &point : report.points)
        json.object([&] { writePoint(json, report, point); });
    });
    if (report.rounding)
      json.attributeObject("precision",
                           [&] { writeRounding(*report.rounding, json); });
  });
  stream << "\n";
}
