#include "cli/session.h"
#include "cli/terminal.h"
#include "index/generation/graphs.h"

namespace grounds::cli {
namespace {

std::string models_of(const Collection& collection) {
  Json view = collection_view(collection);
  std::string names;
  for (const Json& model : view["models"]) names += (names.empty() ? "" : ", ") + model["model"].get<std::string>();
  return names;
}

void print_collection(const Session& session, const Collection& collection) {
  if (session.json) return print_json(collection_view(collection));
  print_line(bold(collection.name));
  std::vector<std::vector<std::string>> rows{
      {"  generation", std::to_string(collection.generation)},
      {"  documents", std::to_string(collection.documents)},
      {"  chunks", std::to_string(collection.chunks)},
      {"  models", models_of(collection)}};
  for (const auto& [key, value] : collection.settings.values()) rows.push_back({"  " + key, value});
  print_line(format_table(rows));
}

Status apply_assignments(const std::vector<std::string>& assignments, Settings& settings) {
  for (const std::string& assignment : assignments) {
    std::size_t equals = assignment.find('=');
    if (equals == std::string::npos)
      return fail(ErrorCode::kUsage, "'" + assignment + "' is not of the form key=value");
    GROUNDS_RETURN_IF_ERROR(settings.set(assignment.substr(0, equals), assignment.substr(equals + 1)));
  }
  return {};
}

struct Options {
  std::string name, model;
  std::vector<std::string> assignments;
};

std::string settings_help() {
  std::string help = "Settings (--set key=value):\n";
  for (const SettingRule& rule : setting_rules())
    help += "  " + std::string(rule.key) + " [" + std::string(rule.default_value) + "]: " + std::string(rule.meaning) + "\n";
  return help;
}

}  // namespace

void add_collections(CLI::App& app, Session& session) {
  CLI::App* group = app.add_subcommand("collections", "Create, list, show, change and delete collections");
  group->require_subcommand(1);
  auto options = std::make_shared<Options>();

  CLI::App* create = group->add_subcommand("create", "Create a collection");
  create->add_option("NAME", options->name)->required();
  create->add_option("--model", options->model,
                     "Embedding model for all documents, or none (lexical only); without it English and Chinese "
                     "documents each get a model of their own");
  create->add_option("--set", options->assignments, "A setting, key=value (may be repeated)")->allow_extra_args(false);
  create->footer(settings_help());
  create->callback([&session, options] {
    session.command = [&session, options]() -> Result<int> {
      GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
      Settings settings;
      GROUNDS_RETURN_IF_ERROR(apply_assignments(options->assignments, settings));
      GROUNDS_ASSIGN_OR_RETURN(Collection collection,
                               engine->create_collection(options->name, options->model, settings, session.actor()));
      print_collection(session, collection);
      return kDone;
    };
  });

  CLI::App* list = group->add_subcommand("list", "List all collections");
  list->callback([&session] {
    session.command = [&session]() -> Result<int> {
      GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
      GROUNDS_ASSIGN_OR_RETURN(std::vector<Collection> all, engine->catalog().list_collections());
      if (session.json) {
        Json views = Json::array();
        for (const Collection& each : all) views.push_back(collection_view(each));
        print_json({{"collections", std::move(views)}});
        return kDone;
      }
      std::vector<std::vector<std::string>> rows{{"NAME", "GENERATION", "DOCUMENTS", "CHUNKS", "MODELS"}};
      for (const Collection& each : all)
        rows.push_back({each.name, std::to_string(each.generation), std::to_string(each.documents),
                        std::to_string(each.chunks), models_of(each)});
      print_line(all.empty() ? "no collections yet; grounds ingest FOLDER makes the first" : format_table(rows));
      return kDone;
    };
  });

  CLI::App* show = group->add_subcommand("show", "Show a collection and its settings");
  show->add_option("NAME", options->name)->required();
  show->callback([&session, options] {
    session.command = [&session, options]() -> Result<int> {
      GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
      GROUNDS_ASSIGN_OR_RETURN(Collection collection, engine->catalog().find_collection(options->name));
      print_collection(session, collection);
      return kDone;
    };
  });

  CLI::App* change = group->add_subcommand("set", "Change settings of a collection");
  change->add_option("NAME", options->name)->required();
  change->add_option("ASSIGNMENTS", options->assignments, "key=value ...")->required();
  change->footer(settings_help());
  change->callback([&session, options] {
    session.command = [&session, options]() -> Result<int> {
      GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
      const auto assign = [&](Settings& settings) { return apply_assignments(options->assignments, settings); };
      GROUNDS_ASSIGN_OR_RETURN(Collection collection,
                               engine->catalog().change_settings(options->name, assign, session.actor()));
      if (is_approximate(collection.settings) && !session.quiet)
        print_note("segments without a graph are scanned; graphs are made by the next ingest, or now by: grounds index merge");
      print_collection(session, collection);
      return kDone;
    };
  });

  CLI::App* remove = group->add_subcommand("delete", "Delete a collection: nothing of it is found any more");
  remove->add_option("NAME", options->name)->required();
  remove->callback([&session, options] {
    session.command = [&session, options]() -> Result<int> {
      GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
      GROUNDS_RETURN_IF_ERROR(engine->catalog().delete_collection(options->name, session.actor()));
      if (session.json) print_json({{"deleted", options->name}});
      else print_line("deleted collection " + options->name);
      return kDone;
    };
  });
}

}  // namespace grounds::cli
