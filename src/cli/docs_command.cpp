#include "cli/session.h"
#include "cli/terminal.h"
#include "index/generation/commit.h"

namespace grounds::cli {
namespace {

struct Options {
  std::string uri;
  std::int64_t limit = 1000000;
  bool map = false;
};

void print_documents(const Session& session, const std::vector<DocumentVersion>& documents, const char* key) {
  if (session.json) {
    Json views = Json::array();
    for (const DocumentVersion& each : documents) views.push_back(document_view(each));
    return print_json({{"collection", session.collection}, {key, std::move(views)}});
  }
  std::vector<std::vector<std::string>> rows{{"URI", "TITLE", "CHUNKS", "GROUPS", "SINCE", "UNTIL", "INGESTED"}};
  for (const DocumentVersion& each : documents) {
    std::string groups;
    for (const std::string& group : each.groups) groups += (groups.empty() ? "" : ",") + group;
    rows.push_back({each.uri, shorten(each.title, 40), std::to_string(each.chunks), groups,
                    std::to_string(each.created), each.retired ? std::to_string(*each.retired) : "",
                    format_time(each.ingested)});
  }
  print_line(documents.empty() ? "no documents" : format_table(rows));
}

Result<int> delete_document(Session& session, const std::string& uri) {
  GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
  GROUNDS_ASSIGN_OR_RETURN(Principal principal, session.principal());
  GROUNDS_ASSIGN_OR_RETURN(Collection collection, engine->catalog().find_collection(session.collection));
  GROUNDS_RETURN_IF_ERROR(engine->catalog().find_document(collection, uri, principal));
  if (!principal.admin)
    return fail(ErrorCode::kRefused, "only an administrator may delete documents", "run it without --as");
  CommitBatch batch;
  batch.deleted.push_back(uri);
  batch.actor = session.actor();
  batch.analyzer = engine->analyzer().identity();
  GROUNDS_ASSIGN_OR_RETURN(CommitResult result, commit(engine->workspace(), collection, std::move(batch)));
  if (session.json)
    print_json({{"deleted", uri}, {"collection", collection.name}, {"generation", result.generation}});
  else
    print_line("deleted " + uri + " (generation " + std::to_string(result.generation) + ")");
  return kDone;
}

Result<int> print_extract(Session& session, const Options& options) {
  GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
  GROUNDS_ASSIGN_OR_RETURN(Principal principal, session.principal());
  GROUNDS_ASSIGN_OR_RETURN(Collection collection, engine->catalog().find_collection(session.collection));
  GROUNDS_ASSIGN_OR_RETURN(DocumentVersion document,
                           engine->catalog().find_document(collection, options.uri, principal));
  GROUNDS_ASSIGN_OR_RETURN(std::string text, engine->extracts().read(document.extract_sha256));
  if (!session.json && !options.map) {
    // The extract to the byte: citations index into it.
    std::fwrite(text.data(), 1, text.size(), stdout);
    return kDone;
  }
  GROUNDS_ASSIGN_OR_RETURN(std::string map, engine->extracts().read(document.map_sha256));
  GROUNDS_ASSIGN_OR_RETURN(Json json, parse_json(map));
  if (session.json) print_json({{"uri", document.uri}, {"sha256", document.extract_sha256}, {"text", text}, {"map", json}});
  else print_line(json.dump(2));
  return kDone;
}

}  // namespace

void add_docs(CLI::App& app, Session& session) {
  CLI::App* group = app.add_subcommand("docs", "List, show, extract and delete documents");
  group->require_subcommand(1);
  auto options = std::make_shared<Options>();

  CLI::App* list = group->add_subcommand("list", "List the documents of a collection");
  session.add_collection_option(*list);
  session.add_as_option(*list);
  list->add_option("--limit", options->limit, "Most documents to list")->check(CLI::PositiveNumber);
  list->callback([&session, options] {
    session.command = [&session, options]() -> Result<int> {
      GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
      GROUNDS_ASSIGN_OR_RETURN(Principal principal, session.principal());
      GROUNDS_ASSIGN_OR_RETURN(Collection collection, engine->catalog().find_collection(session.collection));
      GROUNDS_ASSIGN_OR_RETURN(auto documents,
                               engine->catalog().list_documents(collection, principal, options->limit));
      print_documents(session, documents, "documents");
      return kDone;
    };
  });

  auto add = [&](const char* name, const char* help) {
    CLI::App* command = group->add_subcommand(name, help);
    session.add_collection_option(*command);
    session.add_as_option(*command);
    command->add_option("URI", options->uri)->required();
    return command;
  };

  add("show", "Show one document")->callback([&session, options] {
    session.command = [&session, options]() -> Result<int> {
      GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
      GROUNDS_ASSIGN_OR_RETURN(Principal principal, session.principal());
      GROUNDS_ASSIGN_OR_RETURN(Collection collection, engine->catalog().find_collection(session.collection));
      GROUNDS_ASSIGN_OR_RETURN(DocumentVersion document,
                               engine->catalog().find_document(collection, options->uri, principal));
      const Json view = document_view(document);
      if (session.json) print_json(view);
      else print_fields(view);
      return kDone;
    };
  });
  add("history", "List all versions of a document, newest first")->callback([&session, options] {
    session.command = [&session, options]() -> Result<int> {
      GROUNDS_ASSIGN_OR_RETURN(Engine * engine, session.engine());
      GROUNDS_ASSIGN_OR_RETURN(Principal principal, session.principal());
      GROUNDS_ASSIGN_OR_RETURN(Collection collection, engine->catalog().find_collection(session.collection));
      GROUNDS_ASSIGN_OR_RETURN(auto versions, engine->catalog().history(collection, options->uri, principal));
      print_documents(session, versions, "versions");
      return kDone;
    };
  });
  add("delete", "Delete a document: it is found no more, at once")->callback([&session, options] {
    session.command = [&session, options] { return delete_document(session, options->uri); };
  });
  CLI::App* extract = add("extract", "Print the text that citations index into");
  extract->add_flag("--map", options->map, "Print its map of blocks and tables instead");
  extract->callback([&session, options] {
    session.command = [&session, options] { return print_extract(session, *options); };
  });
}

}  // namespace grounds::cli
