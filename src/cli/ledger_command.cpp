#include <algorithm>
#include <charconv>

#include "cli/ledger_commands.h"
#include "cli/terminal.h"

namespace grounds::cli {
namespace {

struct Options {
  std::string older_than, before, reason = "retention";
  std::vector<std::string> names;
  bool dry_run = false;
};

// "90d", "12h", "30m", "0s" in milliseconds.
Result<UnixMillis> parse_age(std::string_view text) {
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const UnixMillis scale = unit == "d" ? 86'400'000 : unit == "h" ? 3'600'000 : unit == "m" ? 60'000 : unit == "s" ? 1000 : 0;
  if (error != std::errc{} || scale == 0 || number < 0 || number > 100'000'000)
    return fail(ErrorCode::kUsage, "'" + std::string(text) + "' is no age", "write a number and d, h, m or s: --older-than 90d");
  return number * scale;
}

Result<UnixMillis> limit_of(const Session& session, const Options& options) {
  if (options.older_than.empty() == options.before.empty())
    return fail(ErrorCode::kUsage, "say how old: --older-than AGE or --before TIME", "grounds ledger prune --older-than 90d");
  if (!options.before.empty()) return parse_time(options.before);
  GROUNDS_ASSIGN_OR_RETURN(UnixMillis age, parse_age(options.older_than));
  return session.environment().clock.now() - age + 1;  // what is exactly so old goes as well
}

Result<int> prune(Session& session, const Options& options) {
  GROUNDS_ASSIGN_OR_RETURN(UnixMillis before, limit_of(session, options));
  GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
  ErasureReceipt receipt;
  if (options.dry_run) {
    GROUNDS_ASSIGN_OR_RETURN(auto answers, engine->ledger().list(INT64_MAX));
    receipt.answers = std::ranges::count_if(answers, [&](const auto& each) { return each.time < before; });
  } else {
    GROUNDS_ASSIGN_OR_RETURN(receipt, engine->ledger().prune_texts(before, options.names, options.reason));
  }
  if (session.json) {
    print_json({{"before", format_time(before)}, {"dry_run", options.dry_run}, {"answers", receipt.answers},
                {"texts", receipt.texts}, {"names", options.names}, {"reason", options.reason},
                {"log_truncated", receipt.log_truncated}});
    return kDone;
  }
  print_line(options.dry_run ? std::to_string(receipt.answers) + " answers are older"
                             : "destroyed " + std::to_string(receipt.texts) + " texts of " + std::to_string(receipt.answers) +
                                   " answers; the chain stands (grounds verify)");
  if (!receipt.log_truncated)
    print_note("a reader held the write-ahead log: its old pages may hold the texts until the next checkpoint");
  return kDone;
}

}  // namespace

void add_ledger(CLI::App& app, Session& session) {
  CLI::App* group = app.add_subcommand("ledger", "Look after the ledger");
  group->require_subcommand(1);
  auto options = std::make_shared<Options>();
  CLI::App* command = group->add_subcommand("prune", "Destroy the texts of old answers; the chain stays verifiable");
  command->add_option("--older-than", options->older_than, "Answers older than this: 90d, 12h, 30m");
  command->add_option("--before", options->before, "Answers from before this date or time");
  command->add_option("--text", options->names, "Only texts of this name: question, prompt, response, ... (may be repeated)")->allow_extra_args(false);
  command->add_option("--reason", options->reason, "Goes on record with the erasure")->capture_default_str();
  command->add_flag("--dry-run", options->dry_run, "Count, and destroy nothing");
  command->footer(
      "What was destroyed cannot be replayed or compared; grounds replay then says erased. That it was, when and\n"
      "why is a record of the chain.\n"
      "Example: grounds ledger prune --older-than 365d --reason \"retention of one year\"");
  command->callback([&session, options] {
    session.command = [&session, options] { return prune(session, *options); };
  });
}

}  // namespace grounds::cli
