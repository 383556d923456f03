// A roofline plot.
#include "Roofline.h"

#include <algorithm>
#include <cmath>

namespace hagane::tool {
namespace {

constexpr double kLeft = 58, kRight = 14, kTop = 14, kBottom = 46;
constexpr double kLetter = 6.4, kLine = 14, kMark = 6; ///< of labels

/// A logarithmic scale, widened by a margin on both sides.
struct Axis {
  double low, high; ///< of the values
  double from, to;  ///< of the pixels
  double at(double value) const {
    return from + (to - from) * std::log(value / low) / std::log(high / low);
  }
  /// 1, 2 and 5 of each decade where that is not too dense.
  std::vector<double> ticks() const {
    bool isDense = std::log10(high / low) * 3 * 36 > std::abs(to - from);
    std::vector<double> values;
    for (int decade = int(std::floor(std::log10(low)));
         std::pow(10, decade) <= high; ++decade)
      for (double step : {1, 2, 5})
        if (double value = std::pow(10, decade) * step;
            value >= low && value <= high && (step == 1 || !isDense))
          values.push_back(value);
    return values;
  }
};

struct Box {
  double left, top, right, bottom;
  bool overlaps(const Box &other) const {
    return left < other.right && other.left < right && top < other.bottom &&
           other.top < bottom;
  }
};

struct Point {
  double x = 0, y = 0;
};

/// What all threads compute at best, with factors of one type.
struct Roof {
  double flops;
  const char *factors;
};

class Plot {
public:
  Plot(const ComparisonResult &result, double width, double height)
      : result(result), width(width), height(height),
        bandwidth(result.rates.memoryBytes) {
    addRoofs();
  }
  PageData draw();

private:
  static bool isDrawn(const ComparedSide &side) {
    return side.flops > 0 && side.bytes > 0 && side.seconds.median > 0;
  }
  static double intensity(const ComparedSide &side) {
    return side.flops / side.bytes;
  }
  static double rate(const ComparedSide &side) {
    return side.flops / side.seconds.median;
  }
  Point place(const ComparedSide &side) const {
    return {x.at(intensity(side)), y.at(rate(side))};
  }
  void addRoofs();
  void scale();
  PageData drawRoofs() const;
  PageData labelRoofs() const;
  PageData grid(const Axis &axis, double unit) const;
  PageData drawKernel(const ComparedKernel &kernel);
  PageData label(const std::string &text, Point point);

  const ComparisonResult &result;
  double width, height, bandwidth;
  std::vector<Roof> roofs; ///< the highest last
  Axis x{}, y{};
  std::vector<Box> taken; ///< by marks and labels
};

} // namespace

/// Those of other types where a kernel multiplies them.
void Plot::addRoofs() {
  roofs.push_back({result.rates.flops * result.threads, "f32"});
  constexpr std::pair<Factors, const char *> kOthers[] = {
      {Factors::Bf16, "bf16"}, {Factors::Int8, "int8"}};
  for (auto [factors, name] : kOthers) {
    auto multiplies = [&](const std::optional<ComparedSide> &side) {
      return side && side->factors == factors;
    };
    double flops = result.rates.peak(factors) * result.threads;
    if (flops > roofs.back().flops &&
        std::any_of(result.kernels.begin(), result.kernels.end(),
                    [&](const ComparedKernel &kernel) {
                      return multiplies(kernel.a) || multiplies(kernel.b);
                    }))
      roofs.push_back({flops, name});
  }
}

void Plot::scale() {
  double peak = roofs.back().flops, ridge = peak / bandwidth;
  x = {ridge, ridge, kLeft, width - kRight};
  y = {peak, peak, height - kBottom, kTop};
  for (const ComparedKernel &kernel : result.kernels)
    for (const auto *side : {&kernel.a, &kernel.b})
      if (*side && isDrawn(**side)) {
        x.low = std::min(x.low, intensity(**side));
        x.high = std::max(x.high, intensity(**side));
        y.low = std::min(y.low, rate(**side));
        y.high = std::max(y.high, rate(**side));
      }
  constexpr double kMargin = 1.8;
  for (Axis *axis : {&x, &y}) {
    axis->low /= kMargin;
    axis->high *= kMargin;
  }
}

/// The slope up to each roof, and the roof.
PageData Plot::drawRoofs() const {
  PageData lines = PageData::array();
  double start = std::max(x.low, y.low / bandwidth);
  for (const Roof &roof : roofs) {
    double ridge = std::min(roof.flops / bandwidth, x.high);
    lines.push_back(
        {{"points", pixel(x.at(start)) + "," + pixel(y.at(start * bandwidth)) +
                        " " + pixel(x.at(ridge)) + "," +
                        pixel(y.at(roof.flops)) + " " + pixel(width - kRight) +
                        "," + pixel(y.at(roof.flops))}});
  }
  return lines;
}

PageData Plot::labelRoofs() const {
  PageData labels = PageData::array();
  double ridge = std::min(roofs.front().flops / bandwidth, x.high);
  double slope = std::sqrt(ridge * std::max(x.low, y.low / bandwidth));
  labels.push_back({{"x", pixel(x.at(slope) - 6)},
                    {"y", pixel(y.at(slope * bandwidth) - 6)},
                    {"text", formatted("%.1f GB/s", bandwidth / 1e9)}});
  for (const Roof &roof : roofs)
    labels.push_back({{"x", pixel(width - kRight - 4)},
                      {"y", pixel(y.at(roof.flops) - 6)},
                      {"text", formatted("%.0f GFLOP/s, ", roof.flops / 1e9) +
                                   roof.factors}});
  return labels;
}

PageData Plot::grid(const Axis &axis, double unit) const {
  PageData lines = PageData::array();
  Axis shown{axis.low / unit, axis.high / unit, axis.from, axis.to};
  for (double value : shown.ticks())
    lines.push_back(
        {{"at", pixel(shown.at(value))}, {"text", formatted("%g", value)}});
  return lines;
}

/// Beside the point where there is room; nothing where there is none.
PageData Plot::label(const std::string &text, Point point) {
  double length = kLetter * double(text.size());
  struct Place {
    const char *anchor;
    double dx, dy, left;
  };
  const Place places[] = {
      {"start", kMark + 3, 4, 0},
      {"end", -kMark - 3, 4, -length},
      {"middle", 0, -kMark - 4, -length / 2},
      {"middle", 0, kMark + kLine - 2, -length / 2},
  };
  for (const Place &place : places) {
    double left = point.x + place.dx + place.left,
           bottom = point.y + place.dy + 3;
    Box box{left, bottom - kLine, left + length, bottom};
    if (box.left < kLeft || box.right > width - kRight || box.top < kTop ||
        box.bottom > height - kBottom ||
        std::any_of(taken.begin(), taken.end(),
                    [&](const Box &other) { return other.overlaps(box); }))
      continue;
    taken.push_back(box);
    return {{"x", pixel(point.x + place.dx)},
            {"y", pixel(point.y + place.dy)},
            {"anchor", place.anchor},
            {"text", text}};
  }
  return false;
}

PageData Plot::drawKernel(const ComparedKernel &kernel) {
  PageData drawn{{"name", kernel.any().name}};
  std::string title = kernel.any().name;
  for (auto [key, side] : {std::pair("a", &kernel.a), {"b", &kernel.b}}) {
    drawn[key] = false;
    if (!*side || !isDrawn(**side))
      continue;
    Point point = place(**side);
    drawn[key] = {{"x", pixel(point.x)}, {"y", pixel(point.y)}};
    title += std::string("\n") + (key[0] == 'a' ? "A: " : "B: ") +
             formatted("%.4f ms, ", (*side)->seconds.median * 1e3) +
             formatted("%.1f GFLOP/s, ", rate(**side) / 1e9) +
             formatted("%.1f GB/s, ",
                       (*side)->bytes / (*side)->seconds.median / 1e9) +
             formatted("%.0f %% of the limit", 100 * (*side)->share());
  }
  drawn["isPair"] = drawn["a"].is_object() && drawn["b"].is_object();
  drawn["title"] = title;
  return drawn;
}

PageData Plot::draw() {
  scale();
  PageData kernels = PageData::array();
  std::vector<std::pair<std::string, Point>> names;
  for (const ComparedKernel &kernel : result.kernels) {
    const ComparedSide &side = kernel.any();
    if (!isDrawn(side))
      continue;
    kernels.push_back(drawKernel(kernel));
    for (const auto *each : {&kernel.a, &kernel.b})
      if (*each && isDrawn(**each)) {
        Point point = place(**each);
        taken.push_back({point.x - kMark, point.y - kMark, point.x + kMark,
                         point.y + kMark});
      }
    names.emplace_back(side.name, place(side));
  }
  PageData labels = PageData::array();
  for (const auto &[name, point] : names)
    if (PageData text = label(name, point); text.is_object())
      labels.push_back(std::move(text));
  return {{"width", pixel(width)},
          {"height", pixel(height)},
          {"left", pixel(kLeft)},
          {"right", pixel(width - kRight)},
          {"top", pixel(kTop)},
          {"bottom", pixel(height - kBottom)},
          {"middleX", pixel((kLeft + width - kRight) / 2)},
          {"middleY", pixel((kTop + height - kBottom) / 2)},
          {"xTextY", pixel(height - kBottom + 18)},
          {"xTitleY", pixel(height - 8)},
          {"yTextX", pixel(kLeft - 7)},
          {"xTicks", grid(x, 1)},
          {"yTicks", grid(y, 1e9)},
          {"roofs", drawRoofs()},
          {"roofLabels", labelRoofs()},
          {"kernels", std::move(kernels)},
          {"labels", std::move(labels)}};
}

PageData makeRoofline(const ComparisonResult &result, double width,
                      double height) {
  return Plot(result, width, height).draw();
}

} // namespace hagane::tool
