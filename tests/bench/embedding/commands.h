// What embedding_bench does for the scripts beside it (peers.py, quality.py, tokenizer_reference.py).
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "embedding/encoder.h"
#include "grounds/result.h"

namespace grounds::bench {

// Runs one of these, with texts a line each from stdin, and gives the exit code; none if it is no command:
//   tokenize TOKENIZER_JSON                    ids and byte offsets of each text, a line each
//   speed MODEL PRECISION STREAMS REPEATS      tokens/s of embed_all, as a line of JSON
//   start MODEL                                time to be ready, time of a query, memory, as a line of JSON
//   pull MODEL                                 what `grounds model pull` does
//   vectors MODEL PRECISION ROLE               a vector of floats each, as bytes
std::optional<int> run_command(const std::vector<std::string>& arguments);

Result<std::shared_ptr<const Encoder>> load(const FileSystem& files, const std::string& model,
                                            const std::string& precision, int streams);

// The most tokens that a progress callback was told of, from any thread: all, once it is over.
class MostTokens {
 public:
  bool note(std::size_t done) {
    std::size_t seen = most_;
    while (seen < done && !most_.compare_exchange_weak(seen, done)) {
    }
    return true;
  }
  std::size_t value() const { return most_; }

 private:
  std::atomic<std::size_t> most_ = 0;
};

// Processor time of all threads of this process: what counts when the machine does other work too.
double cpu_seconds();

}  // namespace grounds::bench
