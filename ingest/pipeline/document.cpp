#include "ingest/pipeline/document.h"

#include <algorithm>
#include <chrono>

#include "base/canonical_json.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "index/analysis/chunk_terms.h"
#include "ingest/parsers/parse.h"

namespace grounds {
namespace {

// Tokens as a model would count them, for collections without one: a word or a CJK letter each.
std::size_t count_words(std::string_view text) {
  std::size_t count = 0;
  bool in_word = false;
  for (std::size_t at = 0; at < text.size();) {
    char32_t c = next_code_point(text, at);
    bool cjk = is_cjk_letter(c);
    bool word = !cjk && c > 0x20 && c != 0x3000;
    if (cjk || (word && !in_word)) ++count;
    in_word = word;
  }
  return count;
}

// The space whose rule takes the text: Chinese documents go to "zh", where there is one.
const Space& assign_space(const Collection& collection, std::string_view text) {
  const bool chinese = is_chinese(text);
  const Space* chosen = &collection.spaces.front();
  for (const Space& space : collection.spaces) {
    if (space.language == "*") chosen = &space;
    if (chinese && space.language == "zh") return space;
  }
  return *chosen;
}

std::string stem(std::string_view name) {
  std::size_t dot = name.rfind('.');
  return std::string(dot == 0 || dot == std::string_view::npos ? name : name.substr(0, dot));
}

std::string join(const std::vector<std::string>& parts, std::string_view between) {
  std::string out;
  for (const std::string& part : parts) {
    if (!out.empty()) out += between;
    out += part;
  }
  return out;
}

TextHash hash_text(std::string_view text) {
  Sha256Digest digest = sha256(text);
  TextHash hash;
  std::copy_n(digest.begin(), hash.size(), hash.begin());
  return hash;
}


}  // namespace

ChunkingSettings chunking_settings(const Settings& settings) {
  ChunkingSettings chunking;
  chunking.max_tokens = static_cast<std::uint32_t>(settings.integer("chunking.max_tokens"));
  chunking.target_tokens =
      std::min(chunking.max_tokens, static_cast<std::uint32_t>(settings.integer("chunking.target_tokens")));
  return chunking;
}

std::string document_rules(const Settings& settings) {
  return parser_identity() + " " + chunking_settings(settings).identity();
}

tl::expected<PreparedDocument, DocumentFailure> prepare_document(const DocumentSource& source, std::string bytes,
                                                                 const std::string& source_sha256,
                                                                 const Collection& collection, ParserPool& parsers,
                                                                 const EncoderPool& encoders,
                                                                 const Analyzer& analyzer) {
  auto failed = [](std::string stage, Error error) {
    return tl::unexpected(DocumentFailure{std::move(stage), std::move(error)});
  };
  PreparedDocument document;
  CommitVersion& version = document.version;
  version.uri = source.uri;
  version.source_sha256 = source_sha256;
  version.source_bytes = bytes.size();
  version.source_modified = source.modified;
  version.metadata = source.metadata;
  version.groups = source.groups;

  const auto started = std::chrono::steady_clock::now();
  Result<Extract> extract = parsers.parse(source.name, bytes);
  const auto parsed = std::chrono::steady_clock::now();
  if (!extract) return failed("parse", std::move(extract).error());
  bytes = {};
  version.parser = extract->parser;
  version.date = extract->date;
  version.title = !source.title.empty() ? source.title : !extract->title.empty() ? extract->title : stem(source.name);
  version.warnings = *canonical_json(Json(extract->warnings));

  const Space& space = assign_space(collection, extract->text);
  version.space = space.id;
  ChunkingSettings chunking = chunking_settings(collection.settings);
  TokenCounter count = count_words;
  std::shared_ptr<const Encoder> encoder;
  if (space.dimension > 0) {
    auto loaded = encoders.get(space.identity);
    if (!loaded) return failed("embed", std::move(loaded).error());
    encoder = *loaded;
    count = [&encoder](std::string_view text) { return encoder->tokenizer().count(text); };
    chunking.max_tokens =
        std::min(chunking.max_tokens, static_cast<std::uint32_t>(encoder->max_tokens(TextRole::kPassage)));
    chunking.target_tokens = std::min(chunking.target_tokens, chunking.max_tokens);
  }
  version.chunking = document_rules(collection.settings);
  std::vector<ChunkSpan> spans = chunk_extract(*extract, chunking, count);
  if (spans.empty()) return failed("chunk", {ErrorCode::kBadInput, "the document has no text", ""});

  const ChunkTerms terms(analyzer, version.title, source.uri);
  for (const ChunkSpan& span : spans) {
    CommitChunk chunk;
    chunk.id = make_chunk_id(source.uri, source_sha256, version.chunking, span.begin, span.end);
    chunk.begin = span.begin;
    chunk.end = span.end;
    chunk.heading = join(span.heading_path, " > ");
    chunk.table_header = span.table_header;
    chunk.page_from = span.page_from;
    chunk.page_to = span.page_to;
    chunk.terms = terms.of_chunk(chunk.heading, span.table_header,
                                 std::string_view(extract->text).substr(span.begin, span.end - span.begin));
    std::string text = embedding_text(*extract, span);
    chunk.text_hash = hash_text(text);
    if (encoder) document.embedding_texts.push_back(std::move(text));
    version.chunks.push_back(std::move(chunk));
  }
  document.map = extract->map_to_json();
  document.text = std::move(extract->text);
  document.parse_seconds = std::chrono::duration<double>(parsed - started).count();
  document.cut_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - parsed).count();
  return document;
}

}  // namespace grounds
