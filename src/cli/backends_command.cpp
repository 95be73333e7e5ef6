#include "cli/backends_command.h"

#include "base/clock.h"
#include "cli/terminal.h"

namespace grounds::cli {
namespace {

Json money_of(std::int64_t billionths) { return static_cast<double>(billionths) / 1e9; }

Json time_or_null(UnixMillis time) { return time == 0 ? Json(nullptr) : Json(format_time(time)); }

Json budget_view(const BackendSettings& settings, const Gateway::State& state) {
  if (state.period.empty()) return nullptr;
  Json view = {{"period", state.period}, {"spent", {{"tokens", state.spent.tokens}}}, {"limit", nullptr}};
  if (settings.price) {
    view["currency"] = settings.price->currency;
    view["spent"]["money"] = money_of(state.spent.money);
  }
  if (settings.budget) {
    view["limit"] = Json::object();
    if (settings.budget->tokens) view["limit"]["tokens"] = *settings.budget->tokens;
    if (settings.budget->money) view["limit"]["money"] = money_of(*settings.budget->money);
  }
  return view;
}

Result<Json> backend_view(Engine& engine, const std::string& name, const BackendSettings& settings) {
  Gateway& gateway = engine.asker().gateway();
  GROUNDS_ASSIGN_OR_RETURN(const Gateway::State state, gateway.state(name, settings));
  GROUNDS_ASSIGN_OR_RETURN(const auto watch, gateway.store().watch(settings.base_url, settings.model));
  const ModelWatch known = watch.value_or(ModelWatch{});
  return Json{{"name", name},
              {"kind", settings.kind},
              {"endpoint", settings.base_url},
              {"model", settings.model},
              {"fallback", settings.fallback},
              {"epoch", known.epoch},
              {"epoch_since", time_or_null(known.since)},
              {"canaries_checked", time_or_null(known.checked)},
              {"budget", budget_view(settings, state)}};
}

Result<int> list_backends(Session& session) {
  GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
  Json views = Json::array();
  for (const auto& [name, settings] : engine->configuration().backends) {
    GROUNDS_ASSIGN_OR_RETURN(Json view, backend_view(*engine, name, settings));
    views.push_back(std::move(view));
  }
  if (session.json) {
    print_json({{"backends", std::move(views)}});
    return kDone;
  }
  std::vector<std::vector<std::string>> rows{{"NAME", "MODEL", "EPOCH", "SPENT", "OF", "PERIOD"}};
  for (const Json& view : views) {
    const Json& budget = view["budget"];
    std::vector<std::string> row{view["name"], view["model"], view["epoch"].dump(), "", "", ""};
    if (!budget.is_null()) {
      row[3] = budget["spent"]["tokens"].dump() + " tokens";
      if (budget.contains("currency")) row[3] += ", " + budget["spent"]["money"].dump() + " " + budget["currency"].get<std::string>();
      if (budget["limit"].contains("tokens")) row[4] = budget["limit"]["tokens"].dump() + " tokens";
      if (budget["limit"].contains("money")) row[4] += (row[4].empty() ? "" : ", ") + budget["limit"]["money"].dump() + " " + budget["currency"].get<std::string>();
      row[5] = budget["period"];
    }
    rows.push_back(std::move(row));
  }
  print_line(views.empty() ? "no language model is configured: [backends.NAME] of grounds.toml adds one" : format_table(rows));
  return kDone;
}

Result<int> check_backend(Session& session, const std::string& name) {
  GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
  const auto& backends = engine->configuration().backends;
  auto found = backends.find(name);
  if (found == backends.end())
    return fail(ErrorCode::kNotFound, "no language model is configured as backend '" + shorten(name, 100) + "'", "see: grounds backends list");
  GROUNDS_ASSIGN_OR_RETURN(const CanaryReport report, engine->asker().canaries().look(name, found->second, true));
  if (!report.asked) return fail(ErrorCode::kUnavailable, "the canaries could not be asked: " + report.reason, "the epoch stays as it was");
  if (session.json)
    print_json({{"name", name}, {"drifted", report.drifted}, {"epoch", report.epoch}, {"epoch_since", time_or_null(report.since)},
                {"reason", report.reason.empty() ? Json(nullptr) : Json(report.reason)}});
  else if (report.drifted)
    print_line("another model answers than before: " + report.reason + "; epoch " + std::to_string(report.epoch) + " begins");
  else
    print_line("the canaries are answered as before (epoch " + std::to_string(report.epoch) + ")");
  return report.drifted ? kAnswerIsNo : kDone;
}

}  // namespace

void add_backends(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand("backends", "The language models: what they have used up of their budgets, and whether they are the same still");
  command->require_subcommand(1);
  CLI::App* list = command->add_subcommand("list", "List them, with budget and epoch");
  list->footer("Example: grounds backends list --json");
  list->callback([&session] { session.command = [&session] { return list_backends(session); }; });
  CLI::App* check = command->add_subcommand("check", "Ask the canary prompts now; exit code 1 if another model answers than before");
  auto name = std::make_shared<std::string>();
  check->add_option("NAME", *name, "As in [backends.NAME] of grounds.toml")->required();
  check->footer("Example: grounds backends check local");
  check->callback([&session, name] { session.command = [&session, name] { return check_backend(session, *name); }; });
}

}  // namespace grounds::cli
