#include "answer/asker/template_store.h"

#include <algorithm>
#include <optional>
#include <tuple>

#include "base/utf8.h"

namespace grounds {
namespace {

constexpr std::uint64_t kMaxTemplateBytes = 1 << 16;
constexpr std::string_view kSuffix = ".txt";

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && name.front() >= 'a' && name.front() <= 'z' &&
         std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; });
}

std::string ids_of(const std::vector<PromptTemplate>& templates) {
  std::string ids;
  for (const PromptTemplate& each : templates) ids += (ids.empty() ? "" : ", ") + each.id();
  return ids;
}

Result<PromptTemplate> sound(const PromptTemplate& stored) {
  if (auto checked = TemplateStore::check(stored); !checked)
    return fail(ErrorCode::kDamaged, "template " + stored.id() + ": " + checked.error().message, "restore its file from a backup");
  return stored;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

}  // namespace

Result<std::vector<PromptTemplate>> TemplateStore::list() const {
  std::vector<PromptTemplate> all(built_in_templates().begin(), built_in_templates().end());
  if (file_system_.exists(directory_)) {
    GROUNDS_ASSIGN_OR_RETURN(auto entries, file_system_.list(directory_));
    for (const DirectoryEntry& entry : entries) {
      std::string_view file = entry.name;
      if (!entry.status.is_regular || !file.ends_with(kSuffix)) continue;
      file.remove_suffix(kSuffix.size());
      GROUNDS_ASSIGN_OR_RETURN(std::string text, file_system_.read(directory_ + "/" + entry.name, kMaxTemplateBytes));
      auto parsed = parse_template_id(file, std::move(text));
      if (!parsed) continue;  // somebody else's file
      all.push_back(std::move(*parsed));
    }
  }
  std::ranges::sort(all, {}, [](const PromptTemplate& t) { return std::tuple(t.name, t.language, t.version); });
  return all;
}

Result<PromptTemplate> TemplateStore::find(std::string_view name, std::string_view language) const {
  GROUNDS_ASSIGN_OR_RETURN(std::vector<PromptTemplate> all, list());
  const std::string base(name.empty() ? std::string_view("default") : name);
  const PromptTemplate* best = nullptr;
  for (const PromptTemplate& each : all) {
    if (each.id() == base) return sound(each);
    if (each.language != language) continue;
    const std::string versioned = each.name + "@" + std::to_string(each.version);
    if ((each.name == base || versioned == base) && (best == nullptr || each.version > best->version)) best = &each;
  }
  if (best != nullptr) return sound(*best);
  if (const std::size_t at = base.find('@'); at != std::string::npos &&
                                             (at + 1 == base.size() || base.find_first_not_of("0123456789", at + 1) != std::string::npos))
    return fail(ErrorCode::kUsage, "template '" + base + "': the version is not a number", "write it like default@1");
  return fail(ErrorCode::kNotFound, "no template '" + base + "' for language '" + std::string(language) + "'",
              "there are " + ids_of(all));
}

Status TemplateStore::check(const PromptTemplate& prompt_template) {
  const std::string& text = prompt_template.text;
  if (!is_valid_utf8(text) || text.size() > kMaxTemplateBytes)
    return fail(ErrorCode::kBadInput, "a template is UTF-8 of at most 64 KiB");
  GROUNDS_RETURN_IF_ERROR(check_template(prompt_template));
  for (const char* needed : {"{{question}}", "{{evidence}}"})
    if (text.find(needed) == std::string::npos)
      return fail(ErrorCode::kBadInput, "the template lacks " + std::string(needed), "a prompt needs the question and the evidence");
  return {};
}

Result<PromptTemplate> TemplateStore::add(const std::string& name, const std::string& language, const std::string& text) const {
  if (!is_name(name))
    return fail(ErrorCode::kUsage, "'" + name + "' is no name for a template", "use a-z, 0-9, - and _, a letter first");
  // A later version of the program may have a later version of it.
  for (const PromptTemplate& each : built_in_templates())
    if (each.name == name) return fail(ErrorCode::kUsage, "'" + name + "' is built in", "choose another name, and ask with --template");
  if (language != "en" && language != "zh")
    return fail(ErrorCode::kUsage, "'" + language + "' is no language of a template", "en or zh");
  GROUNDS_RETURN_IF_ERROR(check({name, 1, language, text}));
  GROUNDS_RETURN_IF_ERROR(file_system_.make_directories(directory_));
  GROUNDS_ASSIGN_OR_RETURN(FileLock lock, file_system_.lock(directory_ + "/.lock"));
  GROUNDS_ASSIGN_OR_RETURN(std::vector<PromptTemplate> all, list());
  PromptTemplate added{name, 1, language, text};
  for (const PromptTemplate& each : all) {
    if (each.name != name || each.language != language) continue;
    added.version = each.version + 1;
    if (each.text == text) return fail(ErrorCode::kBadInput, "this text is " + each.id() + " already");
  }
  GROUNDS_RETURN_IF_ERROR(file_system_.write_durably(directory_ + "/" + added.id() + std::string(kSuffix), text));
  return added;
}

std::vector<std::string> diff_lines(std::string_view before, std::string_view after) {
  const std::vector<std::string> a = lines_of(before), b = lines_of(after);
  // common[i][j]: length of the longest common subsequence of a[i..] and b[j..].
  std::vector<std::vector<std::size_t>> common(a.size() + 1, std::vector<std::size_t>(b.size() + 1, 0));
  for (std::size_t i = a.size(); i-- > 0;)
    for (std::size_t j = b.size(); j-- > 0;)
      common[i][j] = a[i] == b[j] ? common[i + 1][j + 1] + 1 : std::max(common[i + 1][j], common[i][j + 1]);
  std::vector<std::string> out;
  std::size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    if (i < a.size() && j < b.size() && a[i] == b[j]) out.push_back("  " + a[i]), ++i, ++j;
    else if (i < a.size() && (j == b.size() || common[i + 1][j] >= common[i][j + 1])) out.push_back("- " + a[i++]);
    else out.push_back("+ " + b[j++]);
  }
  return out;
}

}  // namespace grounds
