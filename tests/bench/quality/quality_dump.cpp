// Writes out the chunks and queries of a collection as ranking sees them: terms with their frequencies by
// field, lengths, codes.
//
//   quality_dump WORKSPACE COLLECTION QUERIES OUT
//
// QUERIES: JSON Lines with "_id" and "text". Into the folder OUT, which is made:
//   chunks.jsonl   {"uri", "title", "heading", "page_from", "page_to", "space"}; its lines number the chunks
//   lengths.u32    four numbers a chunk: title, headings, body, file name
//   terms.txt      a term a line
//   postings.u32   six numbers each: term, chunk, frequency in the four fields
//   codes-S.i8     codes of the chunks of space S, in the order of the chunks
//   queries.jsonl  {"id", "text", "terms": [...], "codes": {S: hexadecimal}}
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>

#include "base/canonical_json.h"
#include "base/hash.h"
#include "engine/engine.h"
#include "evaluation/json_line.h"
#include "evaluation/line_reader.h"
#include "index/segment/postings.h"

namespace grounds {
namespace {

template <class T>
void put(std::ofstream& out, const T* values, std::size_t count) {
  out.write(reinterpret_cast<const char*>(values), static_cast<std::streamsize>(count * sizeof(T)));
}

Status dump_chunks(Engine& engine, const Snapshot& snapshot, const std::string& folder) {
  std::ofstream chunks(folder + "/chunks.jsonl"), lengths(folder + "/lengths.u32"), terms(folder + "/terms.txt"),
      postings(folder + "/postings.u32");
  std::map<std::string, std::uint32_t> numbers;  // of the terms
  std::uint32_t next_chunk = 0;
  Catalog catalog = engine.catalog();
  for (std::size_t s = 0; s < snapshot.spaces.size(); ++s) {
    std::ofstream codes(folder + "/codes-" + std::to_string(s) + ".i8");
    const Snapshot::SpaceViews& space = snapshot.spaces[s];
    for (const SegmentView& view : snapshot.views_of(space)) {
      const Segment& segment = *view.segment;
      GROUNDS_ASSIGN_OR_RETURN(std::span<const ChunkId> ids, segment.ids());
      GROUNDS_ASSIGN_OR_RETURN(FieldLengths field_lengths, segment.lengths());
      std::vector<std::uint32_t> chunk_of(segment.size(), UINT32_MAX);
      for (std::uint32_t ordinal = 0; ordinal < segment.size(); ++ordinal) {
        if (view.eligible && !view.eligible->test(ordinal)) continue;
        chunk_of[ordinal] = next_chunk++;
        GROUNDS_ASSIGN_OR_RETURN(ChunkRow row, catalog.chunk(space.space.id, ids[ordinal], snapshot.generation));
        chunks << Json{{"uri", row.uri}, {"title", row.title}, {"heading", row.heading}, {"page_from", row.page_from},
                       {"page_to", row.page_to}, {"space", s}}.dump() << '\n';
        for (std::size_t f = 0; f < kFieldCount; ++f) {
          const std::uint32_t length = field_lengths.at(ordinal, f);
          put(lengths, &length, 1);
        }
        GROUNDS_ASSIGN_OR_RETURN(std::span<const std::int8_t> row_codes, segment.codes_of(ordinal));
        put(codes, row_codes.data(), row_codes.size());
      }
      auto cursor = segment.term_cursor();
      for (;;) {
        GROUNDS_ASSIGN_OR_RETURN(bool more, cursor->next());
        if (!more) break;
        const std::string term(cursor->term());
        auto [place, fresh] = numbers.try_emplace(term, static_cast<std::uint32_t>(numbers.size()));
        if (fresh) terms << term << '\n';
        GROUNDS_ASSIGN_OR_RETURN(std::vector<Posting> list, segment.postings(term));
        for (const Posting& each : list) {
          if (chunk_of[each.ordinal] == UINT32_MAX) continue;
          const std::uint32_t row[] = {place->second, chunk_of[each.ordinal], each.frequency[0], each.frequency[1],
                                       each.frequency[2], each.frequency[3]};
          put(postings, row, 6);
        }
      }
    }
  }
  return {};
}

Status dump_queries(Engine& engine, const Snapshot& snapshot, const std::string& path, const std::string& folder) {
  std::ofstream out(folder + "/queries.jsonl");
  Findings findings;
  GROUNDS_ASSIGN_OR_RETURN(LineReader lines, LineReader::open(engine.workspace().file_system(), path, findings));
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(auto line, lines.next());
    if (!line) return {};
    GROUNDS_ASSIGN_OR_RETURN(Json object, parse_json_line(*line, lines.place()));
    GROUNDS_ASSIGN_OR_RETURN(std::string id, id_field(object, lines.place()));
    GROUNDS_ASSIGN_OR_RETURN(std::string text, text_field(object, "text", lines.place()));
    GROUNDS_ASSIGN_OR_RETURN(Query query, engine.searcher().prepare(snapshot, text, SearchMode::kHybrid));
    Json row{{"id", id}, {"text", query.text}, {"terms", query.lexical.terms}, {"codes", Json::object()}};
    for (std::size_t s = 0; s < snapshot.spaces.size(); ++s) {
      auto codes = query.codes.find(snapshot.spaces[s].space.fingerprint);
      if (codes == query.codes.end()) continue;
      row["codes"][std::to_string(s)] =
          to_hex({reinterpret_cast<const std::uint8_t*>(codes->second.data()), codes->second.size()});
    }
    out << row.dump() << '\n';
  }
}

Status dump(const std::string& workspace, const std::string& collection, const std::string& queries,
            const std::string& folder) {
  FileSystem files;
  SystemClock clock;
  SystemRandom random;
  GROUNDS_ASSIGN_OR_RETURN(auto engine, Engine::open(Environment{files, clock, random}, workspace,
                                                     [](const std::string&) { return std::nullopt; }));
  std::filesystem::create_directories(folder);
  GROUNDS_ASSIGN_OR_RETURN(auto snapshot,
                           engine->searcher().snapshot(collection, Principal{"local", {}, true, true}, AsOf{}));
  GROUNDS_RETURN_IF_ERROR(dump_chunks(*engine, *snapshot, folder));
  return dump_queries(*engine, *snapshot, queries, folder);
}

}  // namespace
}  // namespace grounds

int main(int count, char** arguments) {
  if (count != 5) {
    std::cerr << "usage: quality_dump WORKSPACE COLLECTION QUERIES OUT\n";
    return 2;
  }
  auto status = grounds::dump(arguments[1], arguments[2], arguments[3], arguments[4]);
  if (!status) std::cerr << "quality_dump: " << status.error().message << '\n';
  return status ? 0 : 1;
}
