#include "server/http_hints.h"

#include <array>

namespace grounds {
namespace {

struct Phrase {
  std::string_view command, route;
};

// Longer ones before those they begin with.
constexpr std::array<Phrase, 14> kPhrases{{
    {"grounds ingest FOLDER", "PUT /v1/collections/default/documents?uri=..."},
    {"grounds collections create ", "POST /v1/collections, with the name "},
    {"grounds jobs list", "GET /v1/jobs/{id} has its state"},
    {"'grounds answers list'", "the server's ledger"},
    {"grounds answers show ID", "GET /v1/answers/{id}"},
    {"grounds replay ID", "POST /v1/answers/{id}/replay"},
    {"grounds ask \"...\"", "{\"question\": \"...\"}"},
    {"grounds docs list -c ", "they are in collection "},
    {"leave --as-of out", "leave 'as_of' out"},
    {"--as-of", "'as_of'"},
    {"--filter department=sales", "{\"filter\": {\"department\": \"sales\"}}"},
    {"ask with --template", "ask with 'template'"},
    {"run it without --as", "ask without 'as'"},
    {" --model ", ", with the model "},
}};

}  // namespace

std::string http_hint(std::string_view hint) {
  std::string words(hint);
  for (const Phrase& phrase : kPhrases)
    for (std::size_t at = words.find(phrase.command); at != std::string::npos; at = words.find(phrase.command, at + phrase.route.size()))
      words.replace(at, phrase.command.size(), phrase.route);
  const bool of_the_machine = words.find("grounds ") != std::string::npos || words.find(" --") != std::string::npos;
  return of_the_machine ? "on the server's machine: " + words : words;
}

}  // namespace grounds
