// A workspace in a folder of its own, and small documents to commit to it.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/hash.h"
#include "index/generation/commit.h"
#include "index/generation/extract_store.h"
#include "index/generation/snapshot.h"
#include "tests/base/faulty_file_system.h"
#include "tests/base/temp_directory.h"

namespace grounds::test {

template <class T>
T must(Result<T> result) {
  if (!result) FAIL(result.error().message);
  return std::move(*result);
}
inline void must(Status status) {
  if (!status) FAIL(status.error().message);
}

inline constexpr std::uint32_t kDimension = 8;

inline Token token(const std::string& term, std::uint32_t position) { return {term, position, 0, 0}; }

// A version of `uri` with `chunks` chunks whose text, codes and terms follow from `content`.
inline CommitVersion make_version(CommitBatch& batch, std::int64_t space, const std::string& uri,
                                  const std::string& content, int chunks, std::vector<std::string> groups) {
  CommitVersion version;
  version.uri = uri;
  version.title = uri;
  version.parser = "test/1";
  version.chunking = "test";
  version.source_sha256 = sha256_hex(content);
  version.source_bytes = content.size();
  version.space = space;
  version.groups = std::move(groups);
  std::string text;
  for (int i = 0; i < chunks; ++i) {
    std::string piece = content + " piece " + std::to_string(i);
    CommitChunk chunk;
    chunk.begin = text.size();
    text += piece + "\n";
    chunk.end = chunk.begin + piece.size();
    chunk.id = make_chunk_id(uri, version.source_sha256, "test", chunk.begin, chunk.end);
    Sha256Digest digest = sha256(piece);
    std::copy_n(digest.begin(), chunk.text_hash.size(), chunk.text_hash.begin());
    for (std::uint32_t d = 0; d < kDimension; ++d)
      chunk.codes.push_back(static_cast<std::int8_t>(static_cast<int>(digest[d]) - 128 == -128 ? 0 : digest[d] - 128));
    chunk.terms[static_cast<std::size_t>(Field::kBody)] = {token(content, 0), token("piece", 1)};
    version.chunks.push_back(std::move(chunk));
  }
  version.extract_sha256 = batch.extracts.add(text);
  version.map_sha256 = batch.extracts.add("{}");
  return version;
}

struct Fixture {
  TempDirectory directory{TempDirectory::Where::kMemory};
  FixedClock clock{1'700'000'000'000};
  SeededRandom random{7};
  FileSystem files;

  std::shared_ptr<Workspace> init() {
    return must(Workspace::init({files, clock, random}, directory.path() + "/w"));
  }
  static Collection create(Workspace& workspace, const std::string& name = "default") {
    return must(Catalog(workspace).create_collection(name, {{0, "*", "test-space", "{}", kDimension}}, Settings(),
                                                     "test"));
  }
};

inline Collection change_setting(Workspace& workspace, const std::string& key, const std::string& value) {
  return must(Catalog(workspace).change_settings(
      "default", [&](Settings& settings) { return settings.set(key, value); }, "test"));
}

// "uri: text" of every chunk that a generation shows the administrator, the newest without one. Read through segments, catalog
// and packs, which checks all three.
inline Result<std::set<std::string>> content(Workspace& workspace, std::optional<Generation> generation = {}) {
  std::set<std::string> found;
  Snapshots snapshots(workspace);
  ExtractStore extracts(workspace);
  Catalog catalog(workspace);
  GROUNDS_ASSIGN_OR_RETURN(auto snapshot, snapshots.get("default", Principal{"local", {}, true, true}, generation));
  for (std::size_t v = 0; v < snapshot->views.size(); ++v) {
    const SegmentView& view = snapshot->views[v];
    GROUNDS_RETURN_IF_ERROR(view.segment->verify());
    GROUNDS_ASSIGN_OR_RETURN(auto ids, view.segment->ids());
    for (std::uint32_t i = 0; i < ids.size(); ++i) {
      if (!view.eligible->test(i)) continue;
      GROUNDS_ASSIGN_OR_RETURN(ChunkRow row, catalog.chunk(snapshot->view_space[v], ids[i], snapshot->generation));
      GROUNDS_ASSIGN_OR_RETURN(std::string text, extracts.read(row.extract_sha256, row.begin, row.end));
      found.insert(row.uri + ": " + text);
    }
  }
  return found;
}

}  // namespace grounds::test
