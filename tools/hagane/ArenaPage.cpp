// A memory plan as a page: bytes of the arena over launches.
#include "ArenaPlan.h"
#include "Page.h"

#include <algorithm>

namespace hagane::tool {
namespace {

constexpr double kWidth = 1100, kHeight = 560, kLeft = 84, kRight = 10,
                 kTop = 10, kBottom = 40;
/// A label needs at least this much room.
constexpr double kLetter = 6.6, kLine = 13;
constexpr int kColours = 6, kTicks = 5;

class Drawing {
public:
  explicit Drawing(const ArenaPlan &plan)
      : plan(plan), alive(plan.aliveBytes()),
        bytes(std::max<double>(double(plan.at->arena), 1)),
        launches(std::max<double>(double(alive.size()), 1)) {}

  PageData draw() const;

private:
  double x(double launch) const {
    return kLeft + (kWidth - kLeft - kRight) * launch / launches;
  }
  double y(double offset) const {
    return kHeight - kBottom - (kHeight - kTop - kBottom) * offset / bytes;
  }
  PageData drawBuffer(const ArenaBuffer &buffer, size_t index) const;
  PageData ticks(bool ofLaunches) const;

  const ArenaPlan &plan;
  std::vector<int64_t> alive;
  double bytes, launches;
};

PageData Drawing::drawBuffer(const ArenaBuffer &buffer, size_t index) const {
  double left = x(double(buffer.first)), right = x(double(buffer.last + 1));
  double top = y(double(buffer.offset + buffer.bytes)),
         bottom = y(double(buffer.offset));
  bool isLabelled = right - left > kLetter * double(buffer.name.size()) + 6 &&
                    bottom - top > kLine;
  return {{"x", pixel(left)},
          {"y", pixel(top)},
          {"width", pixel(right - left)},
          {"height", pixel(bottom - top)},
          {"colour", index % kColours},
          {"title", buffer.name + "\nbytes " + std::to_string(buffer.offset) +
                        " to " + std::to_string(buffer.offset + buffer.bytes) +
                        "\nlaunches " + std::to_string(buffer.first) + " to " +
                        std::to_string(buffer.last) + "\n" + buffer.formula},
          {"label", isLabelled ? PageData(buffer.name) : PageData(false)},
          {"labelX", pixel(left + 4)},
          {"labelY", pixel((top + bottom) / 2 + 4)}};
}

PageData Drawing::ticks(bool ofLaunches) const {
  PageData list = PageData::array();
  double most = ofLaunches ? launches : bytes;
  for (int i = 0; i <= kTicks; ++i) {
    double value = double(int64_t(most * i / kTicks));
    list.push_back({{"at", pixel(ofLaunches ? x(value) : y(value))},
                    {"text", formatted("%.0f", value)}});
  }
  return list;
}

PageData Drawing::draw() const {
  PageData buffers = PageData::array();
  for (size_t i = 0; i < plan.buffers.size(); ++i)
    if (plan.buffers[i].bytes > 0)
      buffers.push_back(drawBuffer(plan.buffers[i], i));
  std::string line;
  for (size_t i = 0; i < alive.size(); ++i)
    line += pixel(x(double(i))) + "," + pixel(y(double(alive[i]))) + " " +
            pixel(x(double(i + 1))) + "," + pixel(y(double(alive[i]))) + " ";
  return {{"width", pixel(kWidth)},
          {"height", pixel(kHeight)},
          {"left", pixel(kLeft)},
          {"right", pixel(kWidth - kRight)},
          {"top", pixel(kTop)},
          {"bottom", pixel(kHeight - kBottom)},
          {"textX", pixel(kLeft - 7)},
          {"textY", pixel(kHeight - kBottom + 17)},
          {"titleX", pixel((kWidth + kLeft) / 2)},
          {"titleY", pixel(kHeight - 6)},
          {"xTicks", ticks(/*ofLaunches=*/true)},
          {"yTicks", ticks(/*ofLaunches=*/false)},
          {"buffers", std::move(buffers)},
          {"alive", line}};
}

} // namespace

std::string makePage(const ArenaPlan &plan) {
  if (!plan.at)
    throw Error("a page of the plan needs sizes: give each symbol with --dim");
  double most = double(plan.mostAlive());
  PageData data{
      {"dims", sizesOf(plan.at->dims)},
      {"arena", plan.at->arena},
      {"scratch", plan.at->scratch},
      {"weights", plan.weights},
      {"alive", plan.mostAlive()},
      {"share",
       formatted("%.1f", 100 * most / std::max(double(plan.at->arena), 1.0))},
      {"formula", plan.peakFormula()},
      {"bufferCount", plan.buffers.size()},
      {"drawing", Drawing(plan).draw()}};
  return renderPlan(data);
}

} // namespace hagane::tool
