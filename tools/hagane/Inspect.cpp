// hagane inspect: what a module says of itself, as text or JSON.
#include "ArenaPlan.h"
#include "Commands.h"
#include "DeviceFiles.h"
#include "JsonText.h"
#include "TextFile.h"

#include <cstdio>
#include <limits>

namespace hagane::tool {
namespace {

Json dimJson(const hgn_dim_info &dim) {
  if (dim.fixed >= 0)
    return dim.fixed;
  if (dim.symbol >= 0)
    return dim.symbol_name;
  return *dim.text ? dim.text : "plan[" + std::to_string(dim.slot) + "]";
}

Json valuesJson(const hgn_value_info *values, uint32_t count) {
  Json list = Json::array();
  for (uint32_t i = 0; i < count; ++i) {
    Json dims = Json::array();
    for (int32_t d = 0; d < values[i].rank; ++d)
      dims.push_back(dimJson(values[i].dims[d]));
    list.push_back({{"name", values[i].name},
                    {"dtype", hgn_dtype_name(values[i].dtype)},
                    {"dims", std::move(dims)}});
  }
  return list;
}

Json requirementsJson(const hgn_module_info &info) {
  Json list = Json::array();
  for (uint32_t i = 0; i < info.requirement_count; ++i)
    list.push_back({{"found", info.requirements[i].found},
                    {"expected", info.requirements[i].expected},
                    {"what", info.requirements[i].what}});
  return list;
}

/// A number that a launch tells, as people read it: "128", "words[3]" or
/// "2 * words[3]".
std::string extentText(const hgn_extent_info &extent) {
  std::string value = std::to_string(extent.value);
  if (extent.word < 0)
    return value;
  std::string word = "words[" + std::to_string(extent.word) + "]";
  return extent.value == 1 ? word : value + " * " + word;
}

Json extentsJson(const hgn_extent_info *extents, int32_t count) {
  Json list = Json::array();
  for (int32_t i = 0; i < count; ++i)
    list.push_back(extentText(extents[i]));
  return list;
}

Json mapJson(const hgn_tensor_map_info &map) {
  return {{"word", map.word},
          {"dtype", hgn_dtype_name(map.dtype)},
          {"dims", extentsJson(map.dims, map.rank)},
          {"strides", extentsJson(map.strides, map.rank - 1)},
          {"box", std::vector<uint32_t>(map.box, map.box + map.rank)},
          {"swizzle", map.swizzle}};
}

Json launchJson(const hgn_kernel_info &kernel) {
  Json maps = Json::array();
  for (uint32_t m = 0; m < kernel.map_count; ++m)
    maps.push_back(mapJson(kernel.maps[m]));
  return {{"image", kernel.image},      {"entry", kernel.entry},
          {"threads", kernel.threads},  {"shared_bytes", kernel.shared_bytes},
          {"words", kernel.word_count}, {"maps", std::move(maps)}};
}

Json imagesJson(const hgn_code_info &code) {
  Json images = Json::array();
  for (uint32_t i = 0; i < code.image_count; ++i) {
    const hgn_image_info &image = code.images[i];
    images.push_back(
        {{"name", image.name},
         {"kind", image.kind == HGN_IMAGE_CUBIN ? "cubin" : "emulated"},
         {"offset", image.offset},
         {"bytes", image.size}});
  }
  return images;
}

Json kernelJson(const hgn_kernel_info &kernel) {
  Json json = {{"name", kernel.name},
               {"schedule", kernel.schedule},
               {"nodes", std::vector<std::string>(
                             kernel.nodes, kernel.nodes + kernel.node_count)}};
  if (kernel.image >= 0)
    json["launch"] = launchJson(kernel);
  return json;
}

Json codesJson(const hgn_module_info &info) {
  Json codes = Json::array();
  for (uint32_t i = 0; i < info.code_count; ++i) {
    const hgn_code_info &code = info.codes[i];
    Json kernels = Json::array();
    for (uint32_t k = 0; k < code.kernel_count; ++k)
      kernels.push_back(kernelJson(code.kernels[k]));
    codes.push_back(
        {{"level", code.level},
         {"features", std::vector<std::string>(
                          code.features, code.features + code.feature_count)},
         {"offset", code.offset},
         {"bytes", code.size},
         {"runs_here", int32_t(i) == info.selected_code},
         {"kernels", std::move(kernels)}});
    if (*code.sm) {
      codes.back()["sm"] = code.sm;
      codes.back()["images"] = imagesJson(code);
    }
  }
  return codes;
}

Json weightsJson(const hgn_module_info &info) {
  Json weights = Json::array();
  for (uint32_t i = 0; i < info.weight_count; ++i) {
    const hgn_weight_info &weight = info.weights[i];
    char hash[17];
    std::snprintf(hash, sizeof hash, "%016llx",
                  static_cast<unsigned long long>(weight.hash));
    weights.push_back(
        {{"name", weight.name},
         {"dtype", hgn_dtype_name(weight.dtype)},
         {"dims", std::vector<int64_t>(weight.dims, weight.dims + weight.rank)},
         {"offset", weight.offset},
         {"bytes", weight.size},
         {"hash", hash}});
  }
  return weights;
}

Json describe(hgn_module *module, const ArenaPlan &plan,
              const InspectOptions &options) {
  const hgn_module_info &info = *hgn_module_get_info(module);
  Json json;
  json["format_version"] = info.format_version;
  json["abi_version"] = info.abi_version;
  json["file_bytes"] = info.file_size;
  json["weight_bytes"] = info.weights_size;
  json["symbols"] = Json::array();
  for (uint32_t i = 0; i < info.symbol_count; ++i)
    json["symbols"].push_back({{"name", info.symbols[i].name},
                               {"min", info.symbols[i].min},
                               {"max", info.symbols[i].max}});
  json["inputs"] = valuesJson(info.inputs, info.input_count);
  json["outputs"] = valuesJson(info.outputs, info.output_count);
  json["states"] = valuesJson(info.states, info.state_count);
  json["requirements"] = requirementsJson(info);
  json["codes"] = codesJson(info);
  json["weights"] = weightsJson(info);
  json["plan"] = toJson(plan);
  json["checks"] =
      std::vector<std::string>(info.checks, info.checks + info.check_count);
  const hgn_provenance_info &from = info.provenance;
  json["provenance"] = {
      {"compiler_version", from.compiler_version},
      {"source_name", from.source_name},
      {"source_hash", from.source_hash},
      {"options", from.options},
      {"notes",
       std::vector<std::string>(from.notes, from.notes + from.note_count)}};
  if (options.verify)
    json["verified"] = true;
  return json;
}

std::string dimsText(const Json &dims) {
  std::string out = "[";
  for (const Json &dim : dims)
    out += (out.size() > 1 ? ", " : "") + toPlainText(dim);
  return out + "]";
}

void printSignature(const Json &json) {
  constexpr int64_t unbounded = std::numeric_limits<int64_t>::max();
  for (const Json &symbol : json["symbols"]) {
    std::printf("symbol   %s: %s to ", toPlainText(symbol["name"]).c_str(),
                toPlainText(symbol["min"]).c_str());
    std::printf("%s\n", symbol["max"] == unbounded
                            ? "any"
                            : toPlainText(symbol["max"]).c_str());
  }
  for (auto [kind, list] : {std::pair("input  ", "inputs"),
                            {"output ", "outputs"},
                            {"state  ", "states"}})
    for (const Json &value : json[list])
      std::printf("%s  %s: %s %s\n", kind, toPlainText(value["name"]).c_str(),
                  toPlainText(value["dtype"]).c_str(),
                  dimsText(value["dims"]).c_str());
  for (const Json &requirement : json["requirements"])
    std::printf("requires %s = %s, %s\n",
                toPlainText(requirement["found"]).c_str(),
                toPlainText(requirement["expected"]).c_str(),
                toPlainText(requirement["what"]).c_str());
}

void printCodes(const Json &codes) {
  for (const Json &code : codes) {
    std::printf("\ncode %s%s: %s bytes at %s, needs",
                toPlainText(code["level"]).c_str(),
                code["runs_here"] == true ? " (runs here)" : "",
                toPlainText(code["bytes"]).c_str(),
                toPlainText(code["offset"]).c_str());
    for (const Json &feature : code["features"])
      std::printf(" %s", toPlainText(feature).c_str());
    std::printf("%s\n", code["features"].empty() ? " nothing special" : "");
    for (const Json &image : code.value("images", Json::array()))
      std::printf("  image %s: %s bytes at %s, %s\n",
                  toPlainText(image["name"]).c_str(),
                  toPlainText(image["bytes"]).c_str(),
                  toPlainText(image["offset"]).c_str(),
                  toPlainText(image["kind"]).c_str());
    for (const Json &kernel : code["kernels"]) {
      std::printf("  %s  %s\n", toPlainText(kernel["name"]).c_str(),
                  toPlainText(kernel["schedule"]).c_str());
      if (kernel.contains("launch"))
        std::printf("    blocks of %s threads, %s bytes of shared memory, %zu "
                    "tensor maps\n",
                    toPlainText(kernel["launch"]["threads"]).c_str(),
                    toPlainText(kernel["launch"]["shared_bytes"]).c_str(),
                    kernel["launch"]["maps"].size());
      for (const Json &node : kernel["nodes"])
        std::printf("    %s\n", toPlainText(node).c_str());
    }
  }
}

void printText(const Json &json, const ArenaPlan &plan) {
  std::printf("module   format %s, ABI %s, %s bytes, of which weights %s\n",
              toPlainText(json["format_version"]).c_str(),
              toPlainText(json["abi_version"]).c_str(),
              toPlainText(json["file_bytes"]).c_str(),
              toPlainText(json["weight_bytes"]).c_str());
  for (const auto &[key, value] : json["provenance"].items())
    if (value.is_string() && !toPlainText(value).empty())
      std::printf("%s: %s\n", key.c_str(), toPlainText(value).c_str());
  for (const Json &note : json["provenance"]["notes"])
    std::printf("note: %s\n", toPlainText(note).c_str());
  printSignature(json);
  printCodes(json["codes"]);
  printPlan(plan, /*draws=*/false);
  if (!json["weights"].empty())
    std::printf("\nweights\n");
  for (const Json &weight : json["weights"])
    std::printf(
        "  %s: %s %s, %s bytes at %s\n", toPlainText(weight["name"]).c_str(),
        toPlainText(weight["dtype"]).c_str(), dimsText(weight["dims"]).c_str(),
        toPlainText(weight["bytes"]).c_str(),
        toPlainText(weight["offset"]).c_str());
  if (json.contains("verified"))
    std::printf("\nverified: all hashes match\n");
}

} // namespace

void inspectModule(const InspectOptions &options) {
  ModulePtr module = openModule(options.module, HGN_OPEN_INSPECT);
  if (options.verify)
    check(hgn_module_verify(module.get()));
  const hgn_module_info &info = *hgn_module_get_info(module.get());
  if (!options.dump.empty())
    writeDeviceFiles(info, options.dump);
  if (!options.source.empty()) {
    std::printf("%s", findSource(info, options.source).c_str());
    return;
  }
  ArenaPlan plan = readPlan(module.get(), options.dims);
  if (!options.html.empty())
    writeText(options.html, makePage(plan));
  Json json = describe(module.get(), plan, options);
  if (options.json)
    std::printf("%s\n", toText(json).c_str());
  else if (options.drawsPlan)
    printPlan(plan, /*draws=*/true);
  else
    printText(json, plan);
}

} // namespace hagane::tool
