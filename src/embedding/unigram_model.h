// The Unigram model: of all ways to cut a word into pieces of the vocabulary, the one with the highest sum of
// scores (Kudo 2018, "Subword Regularization"), found by the Viterbi algorithm.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "grounds/result.h"

namespace grounds {

struct Piece {
  std::int64_t id = 0;
  std::size_t begin = 0, end = 0;  // bytes of the word
};

class UnigramModel {
 public:
  // Pieces with their scores; a piece's id is its place. kBadInput if `unknown` is none of them.
  static Result<UnigramModel> make(const std::vector<std::pair<std::string, double>>& pieces, std::int64_t unknown);
  // Neighbouring characters that are in no piece become one unknown piece. The word must be valid UTF-8.
  std::vector<Piece> cut(std::string_view word) const;
  std::size_t size() const { return scores_.size(); }

 private:
  // A node of the trie over all pieces; its children stand together, by label.
  struct Node {
    std::uint32_t first_child = 0;
    std::uint16_t children = 0;
    std::uint8_t label = 0;
    std::int32_t id = -1;  // of the piece that ends here
  };
  const Node* child(const Node& node, std::uint8_t label) const;
  std::int64_t find(std::string_view piece) const;

  std::vector<Node> nodes_;
  std::vector<double> scores_;
  std::int64_t unknown_ = 0;
  double unknown_score_ = 0;
};

}  // namespace grounds
