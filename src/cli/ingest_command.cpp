#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "cli/session.h"
#include "cli/terminal.h"
#include "engine/ingest.h"
#include "ingest/sources/directory_source.h"
#include "ingest/sources/directory_watch.h"
#include "ingest/sources/json_lines_source.h"
#include "ingest/sources/url_source.h"
#include "ledger/compare/job_sources.h"

namespace grounds::cli {
namespace {

struct Options {
  std::vector<std::string> paths, include, exclude;
  std::string groups, jsonl, urls, sitemap;
  bool dry_run = false;
  bool sync = false;
  bool watch = false;
  bool atomic = false;
  bool allow_empty = false;
};

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= list.size();) {
    std::size_t comma = std::min(list.find(',', at), list.size());
    if (comma > at) parts.push_back(list.substr(at, comma - at));
    at = comma + 1;
  }
  return parts;
}

std::string progress_text(const IngestProgress& progress) {
  double rate = progress.seconds > 0 ? static_cast<double>(progress.tokens) / progress.seconds : 0;
  std::string text = std::to_string(progress.documents_done) + "/" + std::to_string(progress.documents_total) +
                     " documents, " + std::to_string(progress.chunks) + " chunks, " +
                     std::to_string(static_cast<long>(rate)) + " tokens/s";
  if (progress.documents_done > 0 && progress.documents_done < progress.documents_total) {
    double left = progress.seconds / static_cast<double>(progress.documents_done) *
                  static_cast<double>(progress.documents_total - progress.documents_done);
    text += ", about " + std::to_string(static_cast<long>(left + 0.5)) + " s left";
  }
  return text;
}

void print_report(const IngestReport& report) {
  print_line(std::string(report.dry_run ? "would change " : "collection ") + report.collection + ": generation " +
             std::to_string(report.generation) + ", " + std::to_string(report.chunks_live) + " chunks");
  std::vector<std::vector<std::string>> rows;
  for (auto [name, count] : {std::pair{"added", report.added}, {"updated", report.updated},
                             {"renamed", report.renamed}, {"deleted", report.deleted},
                             {"unchanged", report.unchanged}, {"regrouped", report.regrouped},
                             {"failed", std::uint64_t{report.failures.size()}}})
    if (count > 0) rows.push_back({std::string("  ") + name, std::to_string(count)});
  if (!rows.empty()) print_line(format_table(rows));
  if (!report.dry_run) {
    char line[240];
    std::snprintf(line, sizeof line, "  %llu chunks embedded, %llu reused, %.1f s (read %.1f, parse %.1f, cut %.1f, embed %.1f, commit %.1f)",
                  static_cast<unsigned long long>(report.embedded), static_cast<unsigned long long>(report.reused), report.seconds,
                  report.stages.read, report.stages.parse, report.stages.cut, report.stages.embed, report.stages.commit);
    print_line(dim(line));
  }
  if (report.interrupted) print_line("interrupted; what is committed stands, the same command goes on");
}

// Standard input for "-".
Result<std::istream*> open_input(const std::string& name, std::ifstream& file) {
  if (name == "-") return &std::cin;
  file.open(name);
  if (!file || std::filesystem::is_directory(name))
    return fail(ErrorCode::kNotFound, name + " cannot be read", "name a file, or - for standard input");
  return &file;
}

// One kind of source, and only one.
Status check_source(const Options& options) {
  const int kinds = int{!options.paths.empty()} + int{!options.jsonl.empty()} + int{!options.urls.empty()} + int{!options.sitemap.empty()};
  if (kinds == 0)
    return fail(ErrorCode::kUsage, "nothing to ingest", "name a file or a folder, or --urls, --sitemap or --jsonl");
  if (kinds > 1) return fail(ErrorCode::kUsage, "paths, --jsonl, --urls and --sitemap cannot be combined", "run it once for each");
  return {};
}

Result<std::unique_ptr<Source>> open_source(const Session& session, const WebSettings& web, const Options& options,
                                            std::ifstream& file) {
  const FileSystem& files = session.environment().file_system;
  const bool is_web = !options.urls.empty() || !options.sitemap.empty();
  if (is_web && web.hosts.empty() && web.private_hosts.empty())
    return fail(ErrorCode::kRefused, "no host may be asked for documents", "list hosts in [web] of grounds.toml: hosts = [\"docs.example.com\"]");
  if (is_web && !(options.include.empty() && options.exclude.empty()))
    return fail(ErrorCode::kUsage, "--include and --exclude are for folders", "leave the URLs out of the list");
  if (!options.sitemap.empty()) return open_sitemap(options.sitemap, web);
  if (!options.urls.empty()) {
    GROUNDS_ASSIGN_OR_RETURN(std::istream * input, open_input(options.urls, file));
    return open_url_list(*input, web);
  }
  if (!options.jsonl.empty()) {
    GROUNDS_ASSIGN_OR_RETURN(std::istream * input, open_input(options.jsonl, file));
    return open_json_lines(files, *input);
  }
  for (const std::string& path : options.paths) GROUNDS_RETURN_IF_ERROR(files.status(path));
  return open_directories(files, options.paths, {options.include, options.exclude});
}

// How many documents there are, for the progress bar; a folder is listed in no time.
std::uint64_t count_documents(const Session& session, const Options& options) {
  if (options.paths.empty()) return 0;
  auto source = open_directories(session.environment().file_system, options.paths, {options.include, options.exclude});
  std::uint64_t count = 0;
  while (auto listed = source->next()) count += listed->has_value() ? 1 : 0;
  return count;
}

Result<IngestReport> run_once(Session& session, const Options& options) {
  std::ifstream file;
  GROUNDS_RETURN_IF_ERROR(check_source(options));
  GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
  GROUNDS_ASSIGN_OR_RETURN(auto source, open_source(session, engine->configuration().web, options, file));
  IngestOptions ingest_options;
  ingest_options.make_equal = options.sync;
  ingest_options.allow_empty = options.allow_empty;
  ingest_options.dry_run = options.dry_run;
  ingest_options.atomic = options.atomic;
  ingest_options.actor = session.actor();
  if (!options.groups.empty()) ingest_options.groups = split(options.groups);
  ProgressLine line(!session.quiet);
  if (!session.quiet && stderr_is_terminal()) ingest_options.expected_documents = count_documents(session, options);
  watch_interrupts();
  auto observer = [&](const IngestProgress& progress) {
    line.show(progress.documents_done, progress.documents_total, progress_text(progress));
    return !interrupted();
  };
  auto result = run_ingest(*engine, session.collection, *source, ingest_options, observer);
  line.clear();
  if (result && !result->dry_run)
    GROUNDS_RETURN_IF_ERROR(note_job_sources(engine->workspace(), result->job, options.paths));
  return result;
}

void tell(const Session& session, const IngestReport& report) {
  for (const IngestFailure& failure : report.failures)
    if (!session.quiet) print_note("failed: " + failure.uri + ": " + failure.stage + ": " + failure.reason);
  if (session.json) print_json(ingest_view(report));
  else print_report(report);
}

int exit_code_of(const IngestReport& report) {
  if (report.interrupted) return kInterrupted;
  return report.failures.empty() ? kDone : exit_code(ErrorCode::kBadInput);
}

// Half a second of quiet: who copies a folder is done with it. Every ten minutes in any case, since
// changes that other machines make on a network drive are not noticed.
constexpr std::chrono::milliseconds kQuiet{500}, kAtMost{600'000};

// Goes on until it is told to end, through failures too; says something when there is something to say.
Result<int> keep_equal(Session& session, const Options& options) {
  if (options.paths.empty()) return fail(ErrorCode::kUsage, "--watch needs a folder");
  if (options.dry_run) return fail(ErrorCode::kUsage, "--watch and --dry-run cannot be combined");
  // Before the first sync, so that nothing changes unseen between it and the first wait.
  GROUNDS_ASSIGN_OR_RETURN(DirectoryWatch watch, DirectoryWatch::open(options.paths));
  std::string last_failure;
  for (bool is_first = true;; is_first = false) {
    auto report = run_once(session, options);
    if (!report && is_first) return fail(std::move(report).error());
    std::string failure;
    if (!report) {
      failure = report.error().message;
      if (failure != last_failure) print_error(report.error(), false);
    } else {
      for (const IngestFailure& each : report->failures) failure += each.uri + ": " + each.reason + "\n";
      const bool changed = report->added + report->updated + report->renamed + report->deleted + report->regrouped > 0;
      if (changed || is_first || failure != last_failure) tell(session, *report);
      if (report->interrupted) return kDone;
    }
    last_failure = failure;
    std::fflush(stdout);
    if (is_first && !session.quiet) print_note("watching " + options.paths.front() + "; Ctrl-C ends");
    GROUNDS_ASSIGN_OR_RETURN(bool go_on, watch.wait(kQuiet, kAtMost, interrupted));
    if (!go_on) return kDone;
  }
}

Result<int> run(Session& session, const Options& options) {
  if (options.watch) return keep_equal(session, options);
  GROUNDS_ASSIGN_OR_RETURN(IngestReport report, run_once(session, options));
  tell(session, report);
  return exit_code_of(report);
}

void add_options(CLI::App& command, Session& session, const std::shared_ptr<Options>& options) {
  session.add_collection_option(command);
  command.add_option("--include", options->include, "Only documents whose URI matches this glob (may be repeated)")
      ->allow_extra_args(false);
  command.add_option("--exclude", options->exclude, "Not those that match this glob (may be repeated)")
      ->allow_extra_args(false);
  command.add_option("--groups", options->groups, "Groups that may read these documents, parted by commas");
  command.add_flag("--atomic", options->atomic, "Publish all changes at once, as one generation, or none of them");
  command.add_option("--urls", options->urls, "Documents of the web: a URL a line in this file, or - for stdin");
  command.add_option("--sitemap", options->sitemap, "Documents of the web: those of the sitemap at this URL");
  command.add_flag("--dry-run", options->dry_run, "Say what would be done, and do nothing");
}

}  // namespace

void add_ingest(CLI::App& app, Session& session) {
  auto options = std::make_shared<Options>();
  CLI::App* ingest = app.add_subcommand("ingest", "Add or update documents from files and folders");
  add_options(*ingest, session, options);
  ingest->add_option("PATHS", options->paths, "Files and folders");
  ingest->add_option("--jsonl", options->jsonl, "Documents as JSON Lines from this file, or - for stdin");
  ingest->footer(
      "JSON Lines: {\"uri\",\"text\" or \"html\" or \"path\",\"title\"?,\"metadata\"?,\"groups\"?} a line.\n"
      "URLs: of hosts that [web] in grounds.toml lists; a page that cannot be fetched keeps its last version.\n"
      "Exits with 5 if a document failed; the others are ingested all the same.\n"
      "Example: grounds ingest handbook reports/2025.pdf");
  ingest->callback([&session, options] {
    session.command = [&session, options] { return run(session, *options); };
  });

  CLI::App* sync = app.add_subcommand("sync", "Make a collection equal to a folder or list: add, update, delete what is gone");
  add_options(*sync, session, options);
  sync->add_option("PATH", options->paths, "File or folder")->expected(0, 1);
  sync->add_flag("--watch", options->watch, "Go on, and sync again whenever something changes, until Ctrl-C");
  sync->add_flag("--allow-empty", options->allow_empty,
                 "Delete all documents if the source has none; else more than 10 are not deleted so");
  sync->footer(
      "What the source has no more is deleted; a renamed document keeps its place and is not embedded anew.\n"
      "With --watch, --json prints a line each time that something changed.\n"
      "Exits with 5 if a document failed; the others are in step all the same.\n"
      "Example: grounds sync handbook --watch");
  sync->callback([&session, options] {
    options->sync = true;
    session.command = [&session, options] { return run(session, *options); };
  });
}

}  // namespace grounds::cli
