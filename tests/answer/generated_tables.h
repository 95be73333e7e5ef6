// Tables made by seed, as documents in several formats, with questions and the answers worked out apart.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace grounds::testing {

struct TableCase {
  std::string name;                    // of the document: decides how it is read
  std::string bytes;
  std::string question;
  std::optional<std::string> expected; // plain decimal; nothing: the table does not answer it
  std::string note;                    // what is special about it
};

// The same seed makes the same case on every machine.
TableCase make_table_case(std::uint64_t seed);

}  // namespace grounds::testing
