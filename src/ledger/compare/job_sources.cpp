#include "ledger/compare/job_sources.h"

#include <filesystem>
#include <set>

#include "base/canonical_json.h"
#include "base/utf8.h"

namespace grounds {

Status note_job_sources(Workspace& workspace, const std::string& job, const std::vector<std::string>& paths) {
  Json list = Json::array();
  for (const std::string& path : paths) {
    std::error_code error;
    const std::string absolute = std::filesystem::absolute(path, error).lexically_normal().string();
    if (!error && is_valid_utf8(absolute)) list.push_back(absolute);
  }
  if (job.empty() || list.empty()) return {};
  GROUNDS_ASSIGN_OR_RETURN(std::string arguments, canonical_json(Json{{"paths", std::move(list)}}));
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace.catalog());
  return catalog->run("UPDATE jobs SET arguments = ? WHERE id = ?", arguments, job);
}

Result<std::vector<std::string>> job_sources(Workspace& workspace, std::int64_t collection) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace.catalog());
  GROUNDS_ASSIGN_OR_RETURN(Statement statement,
                           catalog->prepare("SELECT arguments FROM jobs WHERE collection = ? ORDER BY id DESC LIMIT 50"));
  statement.bind(collection);
  std::set<std::string> paths;
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) return std::vector<std::string>(paths.begin(), paths.end());
    auto arguments = parse_json(statement.text(0));
    if (!arguments || !arguments->is_object() || !arguments->contains("paths")) continue;
    for (const Json& path : arguments->at("paths"))
      if (path.is_string()) paths.insert(path.get<std::string>());
  }
}

}  // namespace grounds
