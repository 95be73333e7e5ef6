#include "ingest/parsers/office_package.h"

#include "base/utf8.h"

namespace grounds::parsing {
namespace {

class RelationshipReader final : public XmlHandler {
 public:
  explicit RelationshipReader(std::string_view part) : part_(part) {}
  void start_element(std::string_view name, const XmlAttributes& attributes) override {
    if (name != "Relationship") return;
    const std::string_view type = attributes.get("Type");
    Relationship relationship{std::string(attributes.get("Id")), std::string(type.substr(type.rfind('/') + 1)), {}};
    if (attributes.get("TargetMode") != "External") relationship.target = resolve_part(part_, attributes.get("Target"));
    found.push_back(std::move(relationship));
  }
  void end_element(std::string_view) override {}
  void characters(std::string_view) override {}
  std::vector<Relationship> found;

 private:
  std::string_view part_;
};

class TitleReader final : public XmlHandler {
 public:
  void start_element(std::string_view name, const XmlAttributes&) override { inside_ = name == "title"; }
  void end_element(std::string_view) override { inside_ = false; }
  void characters(std::string_view text) override {
    if (inside_) title += text;
  }
  std::string title;

 private:
  bool inside_ = false;
};

}  // namespace

std::string resolve_part(std::string_view part, std::string_view target) {
  std::vector<std::string_view> folders;
  const auto add = [&](std::string_view path) {
    while (!path.empty()) {
      const std::size_t end = std::min(path.find('/'), path.size());
      const std::string_view step = path.substr(0, end);
      path.remove_prefix(std::min(end + 1, path.size()));
      if (step == ".." && !folders.empty()) folders.pop_back();
      else if (!step.empty() && step != "." && step != "..") folders.push_back(step);
    }
  };
  if (!target.starts_with('/') && part.rfind('/') != std::string_view::npos) add(part.substr(0, part.rfind('/')));
  add(target.substr(0, target.find('#')));
  std::string path;
  for (const std::string_view folder : folders) path.append(path.empty() ? "" : "/").append(folder);
  return path;
}

std::string target_of_id(const std::vector<Relationship>& relationships, std::string_view id) {
  for (const Relationship& relationship : relationships) {
    if (relationship.id == id) return relationship.target;
  }
  return {};
}

std::string target_of_type(const std::vector<Relationship>& relationships, std::string_view type) {
  for (const Relationship& relationship : relationships) {
    if (relationship.type == type) return relationship.target;
  }
  return {};
}

std::vector<Relationship> OfficePackage::relationships_of(std::string_view part) {
  const std::size_t slash = part.rfind('/');
  const std::size_t name = slash == std::string_view::npos ? 0 : slash + 1;
  std::string path(part.substr(0, name));
  path.append("_rels/").append(part.substr(name)).append(".rels");
  RelationshipReader reader(part);
  std::vector<std::string> ignored;
  read_part(path, reader, ignored);
  return std::move(reader.found);
}

std::string OfficePackage::main_part(std::string_view usual) {
  std::string target = target_of_type(relationships_of(""), "officeDocument");
  return archive_.find(target) != nullptr ? target : std::string(usual);
}

bool OfficePackage::read_part(std::string_view part, XmlHandler& handler, std::vector<std::string>& warnings) {
  if (part.empty() || archive_.find(part) == nullptr) return false;
  const Status status = read_main(part, handler, warnings);
  if (!status) warnings.push_back(std::string(part).append(" was left out: ").append(status.error().message));
  return status.has_value();
}

Status OfficePackage::read_main(std::string_view part, XmlHandler& handler, std::vector<std::string>& warnings) {
  const auto bytes = archive_.read(part, context_);
  if (!bytes) {
    if (bytes.error().code == ErrorCode::kNotFound) {
      return fail(ErrorCode::kBadInput, "it is not a complete Office document: " + std::string(part) + " is missing");
    }
    return fail(ErrorCode::kBadInput, std::string(part) + ": " + bytes.error().message, bytes.error().hint);
  }
  auto outcome = read_xml_events(*bytes, handler);
  if (!outcome) return fail(ErrorCode::kBadInput, std::string(part) + ": " + outcome.error().message);
  if (!outcome->broken.empty()) {
    warnings.push_back(std::string(part).append(" is damaged and was read in part: ").append(outcome->broken));
  }
  return {};
}

std::string OfficePackage::title_in(std::string_view part, std::vector<std::string>& warnings) {
  TitleReader reader;
  read_part(part, reader, warnings);
  return std::string(trim(reader.title));
}

std::string OfficePackage::core_title() {
  std::vector<std::string> ignored;
  const std::string part = target_of_type(relationships_of(""), "core-properties");
  return title_in(part.empty() ? "docProps/core.xml" : part, ignored);
}

}  // namespace grounds::parsing
