// One document on its way from source bytes to a version that can be committed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "embedding/encoder_pool.h"
#include "grounds/result.h"
#include "index/analysis/analyzer.h"
#include "index/generation/commit.h"
#include "ingest/chunking/chunker.h"
#include "ingest/worker/parser_pool.h"

namespace grounds {

// What the source says of a document, besides its bytes.
struct DocumentSource {
  std::string uri;
  std::string name;                    // decides the format: the last part of the URI, or as the source says
  std::string title;                   // goes before the document's own; may be empty
  std::string metadata = "{}";         // JSON
  std::int64_t modified = 0;           // nanoseconds
  std::vector<std::string> groups;
};

// A version with its chunks cut and analysed, not yet embedded.
struct PreparedDocument {
  CommitVersion version;
  std::string text, map;               // the extract and its block map, for the pack
  std::vector<std::string> embedding_texts;  // by chunk; empty in a space without a model
  double parse_seconds = 0, cut_seconds = 0;  // what it took
  std::optional<std::string> replaces;       // URI of a document that goes as this one comes: a rename
};

struct DocumentFailure {
  std::string stage;                   // "parse", "chunk"
  Error error;
};

// Parses (in a worker process), assigns the space, cuts and analyses. Thread-safe if its parts are.
tl::expected<PreparedDocument, DocumentFailure> prepare_document(const DocumentSource& source, std::string bytes,
                                                                 const std::string& source_sha256,
                                                                 const Collection& collection, ParserPool& parsers,
                                                                 const EncoderPool& encoders, const Analyzer& analyzer);

// The chunking settings of a collection.
ChunkingSettings chunking_settings(const Settings& settings);

// The parser's and the chunking rules' identity: part of every chunk id, and of what decides whether a
// document would come out the same today.
std::string document_rules(const Settings& settings);

}  // namespace grounds
