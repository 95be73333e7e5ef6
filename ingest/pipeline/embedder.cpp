#include "ingest/pipeline/embedder.h"

#include "base/utf8.h"
#include "index/generation/stored_text.h"

namespace grounds {
namespace {

const Principal kEverything{"ingest", {}, true, true};

// The chunker keeps texts within the model's length; should one exceed it nevertheless (a word that
// tokenises differently in its context), its beginning stands for it.
std::string fit(const Encoder& encoder, std::string text) {
  const std::size_t most = encoder.max_tokens(TextRole::kPassage);
  std::vector<TokenSpan> tokens = encoder.tokenizer().tokenize(text);
  if (tokens.size() > most) text.resize(floor_boundary(text, tokens[most - 1].end));
  return text;
}

// The codes that a segment of the snapshot holds for the chunk, if one does.
Result<std::optional<std::vector<std::int8_t>>> codes_in(const Snapshot& snapshot, std::int64_t space,
                                                         const ChunkId& chunk) {
  for (const Snapshot::SpaceViews& views : snapshot.spaces) {
    if (views.space.id != space) continue;
    for (const SegmentView& view : snapshot.views_of(views)) {
      // Any chunk with this id holds the same text, whichever generation created it.
      GROUNDS_ASSIGN_OR_RETURN(auto ordinals, view.segment->find(chunk));
      if (ordinals.empty()) continue;
      GROUNDS_ASSIGN_OR_RETURN(auto codes, view.segment->codes_of(ordinals.front()));
      return std::vector(codes.begin(), codes.end());
    }
  }
  return std::nullopt;
}

}  // namespace

void Embedder::refresh(std::shared_ptr<const Snapshot> snapshot) {
  snapshot_ = std::move(snapshot);
  uncommitted_.clear();
}

Result<std::optional<Embedder::Codes>> Embedder::stored_codes(const Space& space, const TextHash& hash) {
  if (auto found = uncommitted_.find({space.id, hash}); found != uncommitted_.end()) return found->second;
  GROUNDS_ASSIGN_OR_RETURN(const auto place, Catalog(workspace_).chunk_with_text(space.id, hash));
  if (place) {
    GROUNDS_ASSIGN_OR_RETURN(auto codes, codes_in(*snapshot_, space.id, place->first));
    if (codes) return codes;
  }
  GROUNDS_ASSIGN_OR_RETURN(const std::vector<StoredText> texts, find_text_elsewhere(workspace_, space, hash));
  for (const StoredText& text : texts) {
    // Another collection that cannot be read is its own trouble: the text is embedded then.
    const auto other = snapshots_.get(text.collection, kEverything);
    if (!other) continue;
    if (auto codes = codes_in(**other, text.space, text.chunk); codes && *codes) return std::move(*codes);
  }
  return std::nullopt;
}

Status Embedder::embed_space(const Space& space, std::vector<Wanted> wanted,
                             const std::function<bool(std::size_t)>& progress) {
  GROUNDS_ASSIGN_OR_RETURN(auto encoder, encoders_.get(space.identity));
  // Equal texts are embedded once.
  std::map<TextHash, std::vector<CommitChunk*>> chunks_by_text;
  std::vector<TextHash> order;
  std::vector<std::string> texts;
  for (Wanted& each : wanted) {
    std::vector<CommitChunk*>& chunks = chunks_by_text[each.chunk->text_hash];
    if (chunks.empty()) {
      GROUNDS_ASSIGN_OR_RETURN(std::optional<Codes> codes, stored_codes(space, each.chunk->text_hash));
      if (codes) {
        each.chunk->codes = std::move(*codes);
        ++reused_;
        chunks_by_text.erase(each.chunk->text_hash);
        continue;
      }
      order.push_back(each.chunk->text_hash);
      texts.push_back(fit(*encoder, std::move(each.text)));
    } else {
      ++reused_;
    }
    chunks.push_back(each.chunk);
  }
  if (texts.empty()) return {};
  GROUNDS_ASSIGN_OR_RETURN(auto vectors, encoder->embed_all(texts, TextRole::kPassage, progress));
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    Codes codes = quantize(vectors[i], encoder->identity().code_scale, &saturated_);
    tokens_ += encoder->tokenizer().count(texts[i]);
    ++embedded_;
    for (CommitChunk* chunk : chunks_by_text[order[i]]) chunk->codes = codes;
    uncommitted_.emplace(std::pair{space.id, order[i]}, std::move(codes));
  }
  return {};
}

Status Embedder::embed(std::vector<PreparedDocument>& documents, const std::function<bool(std::size_t)>& progress) {
  std::map<std::int64_t, std::vector<Wanted>> wanted;  // by space
  for (PreparedDocument& document : documents)
    for (std::size_t i = 0; i < document.embedding_texts.size(); ++i)
      wanted[document.version.space].push_back(
          {&document.version.chunks[i], document.embedding_texts[i]});
  for (const Snapshot::SpaceViews& views : snapshot_->spaces)
    if (auto found = wanted.find(views.space.id); found != wanted.end())
      GROUNDS_RETURN_IF_ERROR(embed_space(views.space, std::move(found->second), progress));
  return {};
}

}  // namespace grounds
