#include "base/utf8.h"
#include "cli/session.h"
#include "cli/terminal.h"

namespace grounds::cli {
namespace {

struct Options {
  std::string name, other, language, file;
};

Json template_view(const PromptTemplate& each, bool with_text) {
  Json view = {{"id", each.id()}, {"name", each.name}, {"version", each.version}, {"language", each.language}};
  if (with_text) view["text"] = each.text;
  return view;
}

Result<int> list_templates(Session& session) {
  GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
  GROUNDS_ASSIGN_OR_RETURN(auto all, engine->asker().templates().list());
  if (session.json) {
    Json views = Json::array();
    for (const PromptTemplate& each : all) views.push_back(template_view(each, false));
    print_json({{"templates", std::move(views)}});
    return kDone;
  }
  for (const PromptTemplate& each : all) print_line(each.id());
  return kDone;
}

Result<PromptTemplate> find(Session& session, const std::string& name, const std::string& language) {
  GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
  return engine->asker().templates().find(name, language.empty() ? "en" : language);
}

Result<int> show_template(Session& session, const Options& options) {
  GROUNDS_ASSIGN_OR_RETURN(PromptTemplate found, find(session, options.name, options.language));
  if (session.json) print_json(template_view(found, true));
  else print_line(found.text);
  return kDone;
}

Result<int> add_template(Session& session, const Options& options) {
  GROUNDS_ASSIGN_OR_RETURN(std::string text, session.environment().file_system.read(options.file, 1 << 16));
  GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
  const std::string language = options.language.empty() ? (is_chinese(text) ? "zh" : "en") : options.language;
  GROUNDS_ASSIGN_OR_RETURN(PromptTemplate added, engine->asker().templates().add(options.name, language, text));
  if (session.json) print_json(template_view(added, false));
  else print_line("added " + added.id());
  return kDone;
}

Result<int> diff_templates(Session& session, const Options& options) {
  GROUNDS_ASSIGN_OR_RETURN(PromptTemplate before, find(session, options.name, options.language));
  GROUNDS_ASSIGN_OR_RETURN(PromptTemplate after, find(session, options.other, options.language));
  const std::vector<std::string> lines = diff_lines(before.text, after.text);
  bool same = true;
  for (const std::string& line : lines) same &= line.starts_with(' ');
  if (session.json) {
    print_json({{"from", before.id()}, {"to", after.id()}, {"identical", same}, {"lines", lines}});
    return kDone;
  }
  print_line("--- " + before.id());
  print_line("+++ " + after.id());
  for (const std::string& line : lines) print_line(line);
  return kDone;
}

}  // namespace

void add_templates(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand("templates", "Prompt templates: immutable versions, English and Chinese");
  command->require_subcommand(1);
  auto options = std::make_shared<Options>();
  const auto set = [&session, options](CLI::App* sub, Result<int> (*run)(Session&, const Options&)) {
    sub->callback([&session, options, run] {
      session.command = [&session, options, run] { return run(session, *options); };
    });
  };
  CLI::App* list = command->add_subcommand("list", "List all, built in and added");
  list->callback([&session] { session.command = [&session] { return list_templates(session); }; });

  CLI::App* show = command->add_subcommand("show", "Print the text of one");
  show->add_option("NAME", options->name, "Like default.en@1; or default, with --language")->required();
  show->add_option("--language", options->language, "en or zh, where the name does not say");
  show->footer("Example: grounds templates show default.zh@1");
  set(show, show_template);

  CLI::App* add = command->add_subcommand("add", "Store the next version of a template; no version is ever changed");
  add->add_option("NAME", options->name, "a-z, 0-9, - and _")->required();
  add->add_option("FILE", options->file, "Its text, with {{question}}, {{evidence}} and, if wanted, {{today}}, {{zone}}, {{history}}")
      ->required();
  add->add_option("--language", options->language, "en or zh (else by the text)");
  add->footer("Example: grounds templates add short prompt.txt --language en; grounds ask ... --template short");
  set(add, add_template);

  CLI::App* diff = command->add_subcommand("diff", "Compare two, line by line");
  diff->add_option("FROM", options->name)->required();
  diff->add_option("TO", options->other)->required();
  diff->add_option("--language", options->language, "en or zh, where the names do not say");
  diff->footer("Example: grounds templates diff default.en@1 default.en@2");
  set(diff, diff_templates);
}

}  // namespace grounds::cli
