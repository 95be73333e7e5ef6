#include "ingest/parsers/docx_styles.h"

namespace grounds::parsing {
namespace {

constexpr int kMaxInheritance = 20;

// "heading 2", "Heading2", "标题 2": the level; else 0.
int level_of_name(std::string_view name) {
  for (const std::string_view prefix : {"heading", "Heading", "标题"}) {
    if (!name.starts_with(prefix)) continue;
    std::string_view rest = name.substr(prefix.size());
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    if (rest.size() == 1 && rest[0] >= '1' && rest[0] <= '9') return rest[0] - '0';
  }
  return 0;
}

}  // namespace

void DocxStyles::start_element(std::string_view name, const XmlAttributes& attributes) {
  if (name == "style") {
    current_ = attributes.get("type") == "paragraph" ? &styles_[std::string(attributes.get("styleId"))] : nullptr;
    return;
  }
  if (current_ == nullptr) return;
  const std::string_view value = attributes.get("val");
  if (name == "name") {
    if (const int level = level_of_name(value); level > 0) current_->outline = level;
    current_->is_title = value == "Title" || value == "title" || value == "标题";
  } else if (name == "basedOn") {
    current_->parent = value;
  } else if (name == "outlineLvl") {
    const int level = attributes.number("val", 9);
    current_->outline = level >= 0 && level < 9 ? level + 1 : 0;
  } else if (name == "numId") {
    current_->list = attributes.number("val", -1);
  } else if (name == "ilvl") {
    current_->list_level = attributes.number("val", 0);
  }
}

void DocxStyles::end_element(std::string_view name) {
  if (name == "style") current_ = nullptr;
}

DocxStyle DocxStyles::resolve(const std::string& id) const {
  DocxStyle style;
  int outline = -1, list = -1, level = -1;
  auto found = styles_.find(id);
  for (int i = 0; i < kMaxInheritance && found != styles_.end(); ++i) {
    const Definition& definition = found->second;
    if (outline < 0) outline = definition.outline;
    if (list < 0) list = definition.list;
    if (level < 0) level = definition.list_level;
    style.is_title = style.is_title || (i == 0 && definition.is_title);
    if (definition.parent.empty()) break;
    found = styles_.find(definition.parent);
  }
  style.outline = outline < 0 ? 0 : outline;
  style.list = list;
  style.list_level = level < 0 ? 0 : level;
  return style;
}

}  // namespace grounds::parsing
