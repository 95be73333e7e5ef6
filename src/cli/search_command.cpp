#include "cli/session.h"
#include "cli/terminal.h"

namespace grounds::cli {
namespace {

struct Options {
  std::string query, mode = "hybrid", as_of;
  std::vector<std::string> filters;
  std::uint32_t k = 10;
  bool require = false;
};

std::string place(const SearchHit& hit) {
  std::string text = hit.chunk.uri;
  if (hit.chunk.page_from > 0) text += ", page " + std::to_string(hit.chunk.page_from);
  if (!hit.chunk.heading.empty()) text += "  " + hit.chunk.heading;
  return text;
}

void print_hits(const SearchResponse& response, std::int64_t took_ms) {
  std::size_t rank = 0;
  for (const SearchHit& hit : response.hits) {
    print_line(std::to_string(++rank) + ". " + bold(hit.chunk.title) + "  " + dim(place(hit)));
    print_line("   " + shorten(hit.text, 160));
  }
  print_line(dim(std::to_string(response.hits.size()) + " results, generation " +
                 std::to_string(response.snapshot->generation) + ", " + std::to_string(took_ms) + " ms"));
}

}  // namespace

void add_search(CLI::App& app, Session& session) {
  CLI::App* command = app.add_subcommand("search", "Find the pieces of documents nearest to a query");
  auto options = std::make_shared<Options>();
  session.add_collection_option(*command);
  session.add_as_option(*command);
  command->add_option("QUERY", options->query)->required();
  command->add_option("-k", options->k, "How many results")->capture_default_str();
  command->add_option("--mode", options->mode, "hybrid, vector or lexical")->capture_default_str();
  command->add_option("--as-of", options->as_of, "A generation, a date or a time: search what was there then");
  command->add_option("--filter", options->filters,
                      "Only documents with key=value, key=start* or key=low..high: uri, title, date or a key of their "
                      "metadata (may be repeated; all must hold)")->allow_extra_args(false);
  command->add_flag("--require", options->require, "Exit with 1 if nothing is found (by its vector something is always nearest: use --mode lexical)");
  command->callback([&session, options] {
    session.command = [&session, options]() -> Result<int> {
      SearchRequest request;
      request.collection = session.collection;
      request.query = options->query;
      request.k = options->k;
      GROUNDS_RETURN_IF_ERROR(check_question(request.query));
      GROUNDS_ASSIGN_OR_RETURN(request.mode, parse_search_mode(options->mode));
      GROUNDS_ASSIGN_OR_RETURN(request.as_of, parse_as_of(options->as_of));
      GROUNDS_ASSIGN_OR_RETURN(request.filter, MetadataFilter::parse(options->filters));
      GROUNDS_ASSIGN_OR_RETURN(request.principal, session.principal());
      GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
      UnixMillis started = session.environment().clock.now();
      GROUNDS_ASSIGN_OR_RETURN(SearchResponse response, engine->searcher().search(request));
      std::int64_t took = session.environment().clock.now() - started;
      if (session.json)
        print_json(search_view(response, took, sees_scores(request.principal, response.snapshot->collection)));
      else
        print_hits(response, took);
      return options->require && response.hits.empty() ? kAnswerIsNo : kDone;
    };
  });
}

}  // namespace grounds::cli
