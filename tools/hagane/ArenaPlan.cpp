// Where a module's buffers lie, and when.
#include "ArenaPlan.h"

#include "JsonText.h"

#include <algorithm>
#include <cstdio>

namespace hagane::tool {
namespace {

constexpr int64_t kColumns = 64;

/// The plan for these sizes; also fills in the buffers' places.
ArenaPlan::Bytes resolve(hgn_module *module, const DimValues &dims,
                         std::vector<ArenaBuffer> &buffers) {
  const hgn_module_info &info = *hgn_module_get_info(module);
  if (info.selected_code < 0)
    throw Error("the module has no code for this processor, so its memory plan "
                "cannot be computed");
  Session session(module, 1);
  std::vector<std::vector<int64_t>> inputDims = session.inputDims(dims);
  std::vector<hgn_tensor> views;
  for (const std::vector<int64_t> &shape : inputDims)
    views.push_back({nullptr, 0, info.inputs[views.size()].dtype,
                     int32_t(shape.size()), shape.data()});
  hgn_requirements needs{};
  check(hgn_session_resolve(session.get(), views.data(), uint32_t(views.size()),
                            nullptr, 0, &needs));
  auto slot = [&](int32_t index) { return index < 0 ? 0 : needs.plan[index]; };
  for (uint32_t i = 0; i < info.buffer_count; ++i) {
    buffers[i].offset = slot(info.buffers[i].offset_slot);
    buffers[i].bytes = slot(info.buffers[i].size_slot);
  }
  return {dims, needs.arena_bytes, needs.scratch_bytes, needs.state_bytes};
}

int64_t launchesOf(const ArenaPlan &plan) {
  int64_t count = 0;
  for (const ArenaBuffer &buffer : plan.buffers)
    count = std::max(count, buffer.last + 1);
  return count;
}

void printBar(const ArenaBuffer &buffer, int64_t launches) {
  int64_t width = std::min(launches, kColumns);
  int64_t first = buffer.first * width / launches,
          last = buffer.last * width / launches;
  std::string bar(size_t(width), ' ');
  std::fill(bar.begin() + first, bar.begin() + last + 1, '#');
  std::printf("|%s| ", bar.c_str());
}

void draw(const ArenaPlan &plan) {
  std::vector<ArenaBuffer> buffers = plan.buffers;
  std::sort(buffers.begin(), buffers.end(), [](auto &a, auto &b) {
    return std::tie(a.offset, a.first) < std::tie(b.offset, b.first);
  });
  int64_t launches = launchesOf(plan);
  int width = int(std::min(launches, kColumns)) + 2;
  std::printf("%12s %12s %-*s buffer\n", "offset", "bytes", width,
              ("launch 0 to " + std::to_string(launches - 1)).c_str());
  for (const ArenaBuffer &buffer : buffers) {
    if (plan.at)
      std::printf("%12lld %12lld ", static_cast<long long>(buffer.offset),
                  static_cast<long long>(buffer.bytes));
    else
      std::printf("%12s %12s ", "-", "-");
    printBar(buffer, launches);
    std::printf("%s %s\n", buffer.name.c_str(), buffer.formula.c_str());
  }
}

void list(const ArenaPlan &plan) {
  for (const ArenaBuffer &buffer : plan.buffers) {
    std::printf("  %s: launches %lld to %lld", buffer.name.c_str(),
                static_cast<long long>(buffer.first),
                static_cast<long long>(buffer.last));
    if (plan.at)
      std::printf(", %lld bytes at %lld", static_cast<long long>(buffer.bytes),
                  static_cast<long long>(buffer.offset));
    std::printf("\n");
  }
}

} // namespace

std::vector<int64_t> ArenaPlan::aliveBytes() const {
  std::vector<int64_t> alive(size_t(launchesOf(*this)));
  for (const ArenaBuffer &buffer : buffers)
    for (int64_t i = buffer.first; i <= buffer.last; ++i)
      alive[size_t(i)] += buffer.bytes;
  return alive;
}

int64_t ArenaPlan::mostAlive() const {
  std::vector<int64_t> alive = aliveBytes();
  return alive.empty() ? 0 : *std::max_element(alive.begin(), alive.end());
}

std::string ArenaPlan::peakFormula() const {
  std::string text = std::to_string(weights) + " + " + arena +
                     " + threads * (" + scratch + ")";
  return heap.empty() || heap == "0" ? text : text + " + " + heap;
}

ArenaPlan readPlan(hgn_module *module, const DimValues &dims) {
  const hgn_module_info &info = *hgn_module_get_info(module);
  ArenaPlan plan;
  plan.weights = info.weights_size;
  plan.arena = info.memory.arena;
  plan.scratch = info.memory.scratch;
  plan.heap = info.memory.heap;
  for (uint32_t i = 0; i < info.buffer_count; ++i) {
    const hgn_buffer_info &buffer = info.buffers[i];
    plan.buffers.push_back({buffer.name, buffer.bytes, buffer.first_use,
                            std::max(buffer.first_use, buffer.last_use)});
  }
  bool isFixed = info.symbol_count == 0 && info.selected_code >= 0;
  if (!dims.empty() || isFixed)
    plan.at = resolve(module, dims, plan.buffers);
  return plan;
}

Json toJson(const ArenaPlan &plan) {
  Json json;
  if (!plan.arena.empty())
    json["formulas"] = {{"weights", plan.weights},
                        {"arena", plan.arena},
                        {"scratch_per_thread", plan.scratch},
                        {"heap", plan.heap},
                        {"peak", plan.peakFormula()}};
  if (plan.at)
    json.update({{"dims", plan.at->dims},
                 {"arena_bytes", plan.at->arena},
                 {"scratch_bytes_per_thread", plan.at->scratch},
                 {"state_bytes", plan.at->states},
                 {"most_alive_bytes", plan.mostAlive()}});
  json["buffers"] = Json::array();
  for (const ArenaBuffer &buffer : plan.buffers) {
    Json entry{{"name", buffer.name},
               {"first_use", buffer.first},
               {"last_use", buffer.last}};
    if (!buffer.formula.empty())
      entry["formula"] = buffer.formula;
    if (plan.at) {
      entry["offset"] = buffer.offset;
      entry["bytes"] = buffer.bytes;
    }
    json["buffers"].push_back(std::move(entry));
  }
  return json;
}

void printPlan(const ArenaPlan &plan, bool draws) {
  if (plan.at)
    std::printf("\nmemory for %s: arena %lld, scratch per thread %lld, states "
                "%lld bytes; alive at once at most %lld\n",
                toText(plan.at->dims, -1).c_str(),
                static_cast<long long>(plan.at->arena),
                static_cast<long long>(plan.at->scratch),
                static_cast<long long>(plan.at->states),
                static_cast<long long>(plan.mostAlive()));
  else if (!plan.buffers.empty())
    std::printf("\nmemory (give each symbol with --dim to see sizes)\n");
  if (!plan.arena.empty())
    std::printf("bytes in all, without inputs and outputs, at most: %s\n",
                plan.peakFormula().c_str());
  if (draws && !plan.buffers.empty())
    draw(plan);
  else
    list(plan);
}

} // namespace hagane::tool
