#include "ingest/sources/json_lines_source.h"

#include <algorithm>
#include <array>
#include <string>
#include <unordered_set>

#include "base/canonical_json.h"
#include "base/hash.h"
#include "base/utf8.h"

namespace grounds {
namespace {

constexpr std::size_t kMaxLineBytes = 128u << 20;

Error bad(std::string message) { return {ErrorCode::kBadInput, std::move(message), {}}; }

// "" if the field is absent; kBadInput if it is no string.
Result<std::string> text_field(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) return std::string();
  if (!found->is_string()) return fail(bad(std::string("\"") + name + "\" is not a text"));
  return found->get<std::string>();
}

Status check_fields(const Json& object) {
  static constexpr std::array<std::string_view, 7> kKnown = {"uri",   "text",     "html",  "path",
                                                             "title", "metadata", "groups"};
  for (const auto& [key, value] : object.items()) {
    if (std::find(kKnown.begin(), kKnown.end(), key) == kKnown.end()) {
      return fail(bad("there is no field \"" + key + "\""));
    }
  }
  const auto contents = object.count("text") + object.count("html") + object.count("path");
  if (contents != 1) return fail(bad("exactly one of \"text\", \"html\" and \"path\" is needed"));
  return {};
}

Result<std::optional<std::vector<std::string>>> groups_of(const Json& object) {
  std::optional<std::vector<std::string>> groups;
  const auto found = object.find("groups");
  if (found == object.end()) return groups;
  groups.emplace();
  if (!found->is_array()) return fail(bad("\"groups\" is not a list of names"));
  for (const Json& group : *found) {
    if (!group.is_string() || group.get_ref<const std::string&>().empty()) {
      return fail(bad("\"groups\" is not a list of names"));
    }
    groups->push_back(group.get<std::string>());
  }
  return groups;
}

class JsonLinesSource final : public Source {
 public:
  JsonLinesSource(const FileSystem& file_system, std::istream& input) : file_system_(file_system), input_(input) {}

  std::optional<tl::expected<SourceItem, SourceFailure>> next() override {
    std::string line;
    while (read_line(line)) {
      ++line_number_;
      std::string uri = std::string("line ").append(std::to_string(line_number_));
      if (line.size() > kMaxLineBytes) {
        return tl::unexpected(SourceFailure{uri, bad("the line is longer than " + std::to_string(kMaxLineBytes >> 20) + " MB")});
      }
      if (trim(line).empty()) continue;
      auto item = read_item(line, uri);
      if (item) return std::move(*item);
      return tl::unexpected(SourceFailure{uri, std::move(item).error()});
    }
    return std::nullopt;
  }

  Result<SourceContent> read(const SourceItem& item, std::uint64_t limit) const override {
    if (!item.path.empty()) {
      GROUNDS_ASSIGN_OR_RETURN(std::string bytes, file_system_.read(item.path, limit));
      return SourceContent{std::move(bytes), {}};
    }
    if (item.content.size() > limit) {
      return fail(bad("the document is larger than " + std::to_string(limit) + " bytes"));
    }
    return SourceContent{item.content, {}};
  }

 private:
  // Reads up to a line end, of a line that is too long no more than shows that it is. False at the end.
  bool read_line(std::string& line) {
    line.clear();
    std::streambuf* const buffer = input_.rdbuf();
    using Traits = std::streambuf::traits_type;
    for (auto c = buffer->sbumpc(); c != Traits::eof(); c = buffer->sbumpc()) {
      if (Traits::to_char_type(c) == '\n') return true;
      if (line.size() <= kMaxLineBytes) line += Traits::to_char_type(c);
    }
    return !line.empty();
  }

  // `uri` becomes the item's own as soon as it is known, for the failure to be reported under.
  Result<SourceItem> read_item(std::string_view line, std::string& uri) {
    GROUNDS_ASSIGN_OR_RETURN(const Json object, parse_json(line));
    if (!object.is_object()) return fail(bad("the line is not an object"));
    SourceItem item;
    GROUNDS_ASSIGN_OR_RETURN(item.uri, text_field(object, "uri"));
    if (item.uri.empty()) return fail(bad("there is no \"uri\""));
    uri = item.uri;
    GROUNDS_RETURN_IF_ERROR(check_fields(object));
    GROUNDS_ASSIGN_OR_RETURN(item.title, text_field(object, "title"));
    GROUNDS_ASSIGN_OR_RETURN(item.groups, groups_of(object));
    if (const auto metadata = object.find("metadata"); metadata != object.end()) {
      if (!metadata->is_object()) return fail(bad("\"metadata\" is not an object"));
      GROUNDS_ASSIGN_OR_RETURN(item.metadata, canonical_json(*metadata));
    }
    if (object.contains("path")) {
      GROUNDS_RETURN_IF_ERROR(use_file(object, item));
    } else {
      const bool is_html = object.contains("html");
      GROUNDS_ASSIGN_OR_RETURN(item.content, text_field(object, is_html ? "html" : "text"));
      // The field says what it is, whatever the URI looks like.
      item.name = is_html ? "document.html" : "document.txt";
      item.size = item.content.size();
    }
    if (!seen_.insert(sha256(item.uri)).second) return fail(bad("a line before has the same \"uri\""));
    return item;
  }

  Status use_file(const Json& object, SourceItem& item) const {
    GROUNDS_ASSIGN_OR_RETURN(item.path, text_field(object, "path"));
    if (item.path.empty()) return fail(bad("\"path\" is empty"));
    GROUNDS_ASSIGN_OR_RETURN(const FileStatus status, file_system_.status(item.path));
    if (!status.is_regular) return fail(bad(item.path + ": not a file"));
    item.name = item.path.substr(item.path.rfind('/') + 1);
    item.size = status.size;
    item.modified_ns = status.modified_ns;
    return {};
  }

  struct DigestHash {
    std::size_t operator()(const Sha256Digest& digest) const {
      std::size_t value = 0;
      for (std::size_t i = 0; i < sizeof value; ++i) value = value << 8 | digest[i];
      return value;
    }
  };

  const FileSystem& file_system_;
  std::istream& input_;
  std::uint64_t line_number_ = 0;
  std::unordered_set<Sha256Digest, DigestHash> seen_;  // of URIs: 32 bytes each, whatever their length
};

}  // namespace

std::unique_ptr<Source> open_json_lines(const FileSystem& file_system, std::istream& input) {
  return std::make_unique<JsonLinesSource>(file_system, input);
}

}  // namespace grounds
