// A text encoder small enough to be made in a test: a table, a product with a weight matrix, a row per
// token; its ONNX file, its tokenizer.json and its model.toml.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "temporary_folder.h"

namespace grounds::testing {

struct TinyModel {
  int vocabulary = 40;      // rows of the table
  int dimension = 64;
  int declared_dimension = 64;
  int max_tokens = 64;
  float planted = 0;        // put in place of one weight if it is not 0
  std::string pooling = "mean";
  std::string query_prefix, passage_prefix;
  std::uint64_t seed = 1;

  std::string onnx() const;
  std::string tokenizer_json() const;  // always of 40 pieces
  std::string entry_toml() const;      // the keys that models.toml and model.toml share
  // Puts NAME.onnx, NAME-tokenizer.json and model.toml there.
  void write_folder(const TemporaryFolder& folder, const std::string& name) const;
};

}  // namespace grounds::testing
