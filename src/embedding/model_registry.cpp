// ModelRegistry: models.toml and folders of the user's own, read and checked.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <toml++/toml.h>

#include "base/utf8.h"
#include "embedding/model.h"
#include "embedding/models_toml.h"

namespace grounds {
namespace {

constexpr std::uint64_t kLongestFile = 1u << 20;
constexpr int kLargestDimension = 8192, kMostTokens = 32768;

// Reads one entry from a table, taking each key it knows; the first wrong or missing value is kept.
class EntryReader {
 public:
  explicit EntryReader(const toml::table& table) : table_(table) {}

  std::string text(std::string_view key, bool required) {
    seen_.push_back(key);
    const auto* node = table_.get(key);
    if (!node) {
      if (required) wrong(key, "is missing");
      return {};
    }
    if (const auto value = node->value_exact<std::string>()) return *value;
    wrong(key, "is not a text");
    return {};
  }
  std::int64_t integer(std::string_view key, std::int64_t lowest, std::int64_t highest) {
    seen_.push_back(key);
    const auto value = table_[key].value_exact<std::int64_t>();
    if (!value) wrong(key, "is missing or not a whole number");
    else if (*value < lowest || *value > highest) wrong(key, "is out of range");
    return value.value_or(0);
  }
  double scale(std::string_view key) {
    seen_.push_back(key);
    if (!table_.contains(key)) return 0;
    const auto value = table_[key].value<double>();
    if (!value || !std::isfinite(*value) || *value < 0) wrong(key, "is not a number >= 0");
    return value.value_or(0);
  }
  std::vector<std::string> texts(std::string_view key) {
    seen_.push_back(key);
    std::vector<std::string> result;
    if (!table_.contains(key)) return result;
    const auto* list = table_[key].as_array();
    if (!list) wrong(key, "is not a list");
    for (std::size_t i = 0; list && i < list->size(); ++i) {
      if (const auto value = list->get(i)->value_exact<std::string>()) result.push_back(*value);
      else wrong(key, "is not a list of texts");
    }
    return result;
  }
  // A name of a file in the model's folder.
  std::string file_name(std::string_view key) {
    std::string name = text(key, true);
    if (name.find('/') != std::string::npos || name == "." || name == "..") wrong(key, "is not a file name");
    return name;
  }
  // Empty, or 64 lower-case hexadecimal digits.
  std::string sha256(std::string_view key, bool required) {
    std::string value = text(key, required);
    if (!value.empty() &&
        (value.size() != 64 || value.find_first_not_of("0123456789abcdef") != std::string::npos))
      wrong(key, "is not a SHA-256 in lower-case hexadecimal");
    return value;
  }
  void wrong(std::string_view key, std::string_view why) {
    if (problem_.empty()) problem_.append("'").append(key).append("' ").append(why);
  }
  // Also complains about keys that nobody asked for.
  Status finish() {
    for (const auto& [key, node] : table_)
      if (std::find(seen_.begin(), seen_.end(), key.str()) == seen_.end()) wrong(key.str(), "is not known");
    if (!problem_.empty()) return fail(ErrorCode::kBadInput, problem_);
    return {};
  }

 private:
  const toml::table& table_;
  std::vector<std::string_view> seen_;
  std::string problem_;
};

Result<ModelEntry> read_entry(const toml::table& table, bool own_folder) {
  EntryReader reader(table);
  ModelEntry entry;
  entry.name = reader.text("name", true);
  if (entry.name.empty() || entry.name.find('/') != std::string::npos || entry.name.starts_with('.'))
    reader.wrong("name", "is empty, starts with a dot or has a slash");
  if (!own_folder) {
    entry.package = reader.text("package", true);
    entry.version = reader.text("version", true);
    entry.package_sha256 = reader.sha256("package_sha256", true);
  }
  entry.model_file = reader.file_name("model_file");
  entry.tokenizer_file = reader.file_name("tokenizer_file");
  entry.model_sha256 = reader.sha256("model_sha256", !own_folder);
  entry.tokenizer_sha256 = reader.sha256("tokenizer_sha256", !own_folder);
  entry.dimension = static_cast<int>(reader.integer("dimension", 1, kLargestDimension));
  entry.max_tokens = static_cast<int>(reader.integer("max_tokens", 3, kMostTokens));
  const auto pooling = parse_pooling(reader.text("pooling", true));
  if (pooling) entry.pooling = *pooling;
  else reader.wrong("pooling", "is not cls, mean or last");
  entry.query_prefix = reader.text("query_prefix", false);
  entry.passage_prefix = reader.text("passage_prefix", false);
  entry.code_scale = reader.scale("code_scale");
  entry.licence = reader.text("licence", false);
  entry.languages = reader.texts("languages");
  GROUNDS_RETURN_IF_ERROR(reader.finish());
  return entry;
}

Result<toml::table> parse_toml(std::string_view text) {
  if (!is_valid_utf8(text)) return fail(ErrorCode::kBadInput, "not valid UTF-8");
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::kBadInput, "line " + std::to_string(error.source().begin.line) + ": " +
                                          std::string(error.description()));
  }
}

Result<std::vector<ModelEntry>> read_entries(std::string_view text) {
  GROUNDS_ASSIGN_OR_RETURN(const toml::table document, parse_toml(text));
  std::vector<ModelEntry> entries;
  const auto* list = document["model"].as_array();
  for (std::size_t i = 0; list && i < list->size(); ++i) {
    const auto* table = list->get(i)->as_table();
    if (!table) return fail(ErrorCode::kBadInput, "[[model]] is not a table");
    GROUNDS_ASSIGN_OR_RETURN(ModelEntry entry, read_entry(*table, false));
    entries.push_back(std::move(entry));
  }
  return entries;
}

Result<std::string> default_folder() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value ? value : "");
  };
  if (auto models = variable("GROUNDS_MODELS"); !models.empty()) return models;
  if (auto cache = variable("XDG_CACHE_HOME"); !cache.empty()) return cache + "/grounds/models";
  if (auto home = variable("HOME"); !home.empty()) return home + "/.cache/grounds/models";
  return fail(ErrorCode::kUsage, "no folder for models: none of GROUNDS_MODELS, XDG_CACHE_HOME and HOME is set");
}

}  // namespace

Result<ModelRegistry> ModelRegistry::load(const FileSystem& file_system, std::string folder) {
  auto registry = from_toml(file_system, std::move(folder), kModelsToml);
  if (!registry) return fail(std::move(registry).error().in("models.toml"));
  return registry;
}

Result<ModelRegistry> ModelRegistry::from_toml(const FileSystem& file_system, std::string folder,
                                               std::string_view toml) {
  ModelRegistry registry;
  registry.file_system_ = &file_system;
  if (folder.empty()) {
    GROUNDS_ASSIGN_OR_RETURN(folder, default_folder());
  }
  registry.folder_ = std::move(folder);
  GROUNDS_ASSIGN_OR_RETURN(registry.entries_, read_entries(toml));
  return registry;
}

Result<ModelEntry> ModelRegistry::find(const std::string& name_or_folder) const {
  for (const ModelEntry& entry : entries_)
    if (entry.name == name_or_folder) return entry;
  // The name of a folder that was linked into the folder of models, or else a path.
  std::vector<std::string> folders{name_or_folder};
  if (name_or_folder.find('/') == std::string::npos) folders.insert(folders.begin(), folder_ + "/" + name_or_folder);
  for (const std::string& folder : folders) {
    const std::string description = folder + "/model.toml";
    if (name_or_folder.empty() || !file_system_->exists(description)) continue;
    const auto read = [&]() -> Result<ModelEntry> {
      GROUNDS_ASSIGN_OR_RETURN(const std::string text, file_system_->read(description, kLongestFile));
      GROUNDS_ASSIGN_OR_RETURN(const toml::table table, parse_toml(text));
      return read_entry(table, true);
    };
    auto entry = read();
    if (!entry) return fail(std::move(entry).error().in(description));
    entry->own_folder = folder;
    return entry;
  }
  std::string known;
  for (const ModelEntry& entry : entries_) known += (known.empty() ? "" : ", ") + entry.name;
  return fail(ErrorCode::kNotFound, "no such model: '" + name_or_folder + "'",
              "known are " + known + "; or a folder with a model.toml");
}

std::string ModelRegistry::folder_of(const ModelEntry& entry) const {
  return entry.own_folder.empty() ? folder_ + "/" + entry.name : entry.own_folder;
}

bool ModelRegistry::installed(const ModelEntry& entry) const {
  const std::string folder = folder_of(entry);
  return file_system_->exists(folder + "/" + entry.model_file) &&
         file_system_->exists(folder + "/" + entry.tokenizer_file);
}

}  // namespace grounds
