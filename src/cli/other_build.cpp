#include "cli/other_build.h"

#include "base/run_command.h"
#include "base/utf8.h"
#include "cli/terminal.h"

namespace grounds::cli {
namespace {

constexpr std::chrono::minutes kTimeout{10};

Result<Json> run_build(const std::vector<std::string>& arguments) {
  const std::string& binary = arguments.front();
  GROUNDS_ASSIGN_OR_RETURN(CommandOutput output, run_command(arguments, kTimeout));
  const std::string said = replace_invalid_utf8(trim(output.error));
  if (output.exit_code != 0)
    return fail(ErrorCode::kUnavailable, binary + " ended with " + std::to_string(output.exit_code) + (said.empty() ? "" : ": " + said),
                "name a build of grounds that reads this workspace");
  auto json = parse_json(trim(output.out));
  if (!json || !json->is_object())
    return fail(ErrorCode::kUnavailable, binary + " gives no JSON object", "name a build of grounds that reads this workspace");
  return json;
}

}  // namespace

Result<Json> replay_with(const Session& session, const std::string& binary, const std::string& id) {
  GROUNDS_ASSIGN_OR_RETURN(Json version, run_build({binary, "--json", "version"}));
  GROUNDS_ASSIGN_OR_RETURN(Json replayed, run_build({binary, "-w", session.workspace_directory(), "--json", "replay", id}));
  Json view = {{"binary", binary}, {"version", version.value("version", Json())}};
  for (const char* key : {"retrieval", "prompt", "embedding", "analysis", "causes", "details"})
    view[key] = replayed.value(key, Json());
  return view;
}

Result<Json> compare_with(const Session& session, const std::string& binary, const std::string& a, const std::string& b) {
  GROUNDS_ASSIGN_OR_RETURN(Json compared, run_build({binary, "-w", session.workspace_directory(), "--json", "compare", a, b}));
  Json view = {{"binary", binary}};
  for (const char* key : {"prompt_causes", "prompt_basis", "answer_causes", "basis", "reason", "party"})
    view[key] = compared.value(key, Json());
  return view;
}

void print_other_build(const Json& view) {
  print_line("with " + view["binary"].get<std::string>() + (view["version"].is_string() ? " (" + view["version"].get<std::string>() + ")" : "") + ":");
  for (const char* key : {"retrieval", "prompt", "embedding", "analysis"})
    if (view[key].is_string()) print_line(std::string("  ") + key + ": " + view[key].get<std::string>());
}

void print_other_comparison(const Json& view) {
  print_line("compared with " + view["binary"].get<std::string>() + ":");
  for (const char* key : {"prompt_causes", "answer_causes", "basis", "reason", "party"})
    if (!view[key].is_null())
      print_line(std::string("  ") + key + ": " + (view[key].is_string() ? view[key].get<std::string>() : view[key].dump()));
}

bool is_identical(const Json& view) { return view["retrieval"] == "identical" && view["prompt"] == "identical"; }

}  // namespace grounds::cli
