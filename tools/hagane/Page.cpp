// Pages for a browser.
#include "Page.h"

#include "JsonText.h"
#include "tools/hagane/Pages.h"

#include <cstdio>
#include <kainjow/mustache.hpp>

namespace hagane::tool {
namespace {

using Mustache = kainjow::mustache::mustache;
using Data = kainjow::mustache::data;

Data convert(const PageData &value) {
  if (value.is_object()) {
    Data object;
    for (const auto &[key, entry] : value.items())
      object.set(key, convert(entry));
    return object;
  }
  if (value.is_array()) {
    Data list(Data::type::list);
    for (const PageData &entry : value)
      list.push_back(convert(entry));
    return list;
  }
  if (value.is_boolean())
    return value.get<bool>();
  return toPlainText(value);
}

std::string render(const char *page, const PageData &data) {
  Data all = convert(data);
  all.set("style", pages::kStyle);
  all.set("roofline",
          kainjow::mustache::partial([] { return pages::kRoofline; }));
  return Mustache(page).render(all);
}

} // namespace

std::string formatted(const char *pattern, double value) {
  char text[64];
  std::snprintf(text, sizeof text, pattern, value);
  return text;
}

std::string pixel(double value) { return formatted("%.1f", value); }

PageData sizesOf(const DimValues &dims) {
  std::string text;
  for (const auto &[name, value] : dims)
    text += (text.empty() ? "" : ", ") + name + " = " + std::to_string(value);
  return dims.empty() ? PageData(false) : PageData(text);
}

std::string renderComparison(const PageData &data) {
  return render(pages::kComparison, data);
}

std::string renderQuantization(const PageData &data) {
  return render(pages::kQuantization, data);
}

std::string renderPlan(const PageData &data) {
  return render(pages::kPlan, data);
}

} // namespace hagane::tool
