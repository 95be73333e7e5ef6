// synthetic_workspace FOLDER CHUNKS [MODEL]: a workspace in FOLDER (made anew) whose default collection has CHUNKS
// chunks of 80 words in the space of MODEL (bge-small-en-v1.5), through the index's own commits; codes are random
// vectors within a few dimensions, not embeddings, so that it is made in a minute. Everything else is as an
// ingest leaves it: one_shot.py searches it with the program.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "base/hash.h"
#include "engine/engine.h"
#include "index/analysis/chunk_terms.h"
#include "index/generation/commit.h"

namespace {

using namespace grounds;

template <class T>
T must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "%s\n", result.error().message.c_str());
    std::exit(1);
  }
  return std::move(*result);
}

// Zipf-like: the n-th word is drawn with a probability of about 1 / n; 22,000 words.
std::string word(std::mt19937_64& random) {
  const double u = static_cast<double>(random() >> 11) / 9007199254740992.0;
  return "word" + std::to_string(static_cast<int>(std::exp(u * 10.0)));
}

// Unit vectors of 24 latent dimensions, as codes.
class CodeSource {
 public:
  CodeSource(std::size_t dimension, double scale, std::mt19937_64& random) : scale_(scale), random_(random), rows_(dimension) {
    for (auto& row : rows_)
      for (float& value : row) value = normal_(random_);
  }
  std::vector<std::int8_t> next() {
    std::array<float, kLatent> point;
    for (float& value : point) value = normal_(random_);
    std::vector<float> vector;
    double squares = 0;
    for (const auto& row : rows_) {
      float sum = 0;
      for (std::size_t i = 0; i < kLatent; ++i) sum += row[i] * point[i];
      vector.push_back(sum);
      squares += static_cast<double>(sum) * static_cast<double>(sum);
    }
    for (float& value : vector) value /= static_cast<float>(std::sqrt(squares));
    return quantize(vector, scale_);
  }

 private:
  static constexpr std::size_t kLatent = 24;
  double scale_;
  std::mt19937_64& random_;
  std::normal_distribution<float> normal_;
  std::vector<std::array<float, kLatent>> rows_;
};

CommitVersion document(CommitBatch& batch, const Analyzer& analyzer, std::int64_t space, int number, int chunks,
                       CodeSource& codes, std::mt19937_64& random) {
  CommitVersion version;
  version.uri = "folder/document" + std::to_string(number) + ".md";
  version.title = "Document " + std::to_string(number);
  version.parser = version.chunking = "bench";
  version.source_sha256 = sha256_hex(version.uri);
  version.space = space;
  version.groups = {"everyone"};
  version.map_sha256 = batch.extracts.add("{}");
  const ChunkTerms terms(analyzer, version.title, version.uri);
  std::string text;
  for (int i = 0; i < chunks; ++i) {
    CommitChunk chunk;
    chunk.begin = text.size();
    for (int n = 0; n < 80; ++n) text += word(random) + (n == 79 ? ".\n" : " ");
    chunk.end = text.size();
    const std::string_view body = std::string_view(text).substr(chunk.begin);
    chunk.id = make_chunk_id(version.uri, version.source_sha256, version.chunking, chunk.begin, chunk.end);
    const Sha256Digest digest = sha256(body);
    std::copy_n(digest.begin(), chunk.text_hash.size(), chunk.text_hash.begin());
    chunk.codes = codes.next();
    chunk.terms = terms.of_chunk("", "", body);
    version.chunks.push_back(std::move(chunk));
  }
  version.extract_sha256 = batch.extracts.add(text);
  return version;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) {
    std::fprintf(stderr, "usage: synthetic_workspace FOLDER CHUNKS [MODEL]\n");
    return 2;
  }
  const std::string folder = arguments[1], model = count > 3 ? arguments[3] : kDefaultEnglishModel;
  const int chunks = std::atoi(arguments[2]);
  FileSystem files;
  SystemClock clock;
  SystemRandom system_random;
  const Environment environment{files, clock, system_random};
  must(Workspace::init(environment, folder));
  const auto engine = must(Engine::open(environment, folder, [](const std::string&) { return std::nullopt; }));
  const Collection collection = must(engine->create_collection("default", model, Settings(), "bench"));
  const Space& space = collection.spaces.front();
  std::mt19937_64 random(1);
  CodeSource codes(space.dimension, must(ModelIdentity::from_json(space.identity)).code_scale, random);
  int number = 0;
  for (int done = 0; done < chunks;) {
    CommitBatch batch;
    batch.analyzer = engine->analyzer().identity();
    for (int i = 0; i < 200 && done < chunks; ++i) {
      const int some = std::min(20, chunks - done);  // chunks a document
      batch.versions.push_back(document(batch, engine->analyzer(), space.id, number++, some, codes, random));
      done += some;
    }
    must(commit(engine->workspace(), collection, std::move(batch)));
  }
  return 0;
}
