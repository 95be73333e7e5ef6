// `erase URI`: a document and all that quotes it, destroyed everywhere in the workspace.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine.h"
#include "grounds/result.h"

namespace grounds {

struct EraseReceipt {
  std::string uri, collection, erasure;          // `erasure`: its id, in the ledger's entries and the catalog
  std::uint64_t versions = 0, chunks = 0, segments_rewritten = 0, packs_rewritten = 0, texts = 0;  // destroyed
  std::vector<std::string> answers_that_quoted;  // ids; these replay as `erased`
  std::vector<std::string> answers_open;         // of these, being given still: what they put on record comes after
  std::vector<std::string> backups_to_check;     // paths, as `backup` was called with them
  std::vector<std::string> earlier_names;        // under which it was before it was renamed, erased with it
  std::vector<std::pair<std::string, std::string>> same_content;  // collection, URI: these hold content of it still
  bool logs_emptied = true;                      // false: a reader held a write-ahead log, whose old pages remain
};

// Deletes the document if it is live (a generation), then destroys all its versions: rows, chunks, codes, terms,
// extracts that no other document has, and the texts of the ledger that quote it, salts included. Every chain and
// checksum holds afterwards; searches and answers go on meanwhile. What is destroyed in the ledger: of an answer
// with the document in its evidence all texts but the question, the conversation before and the effective query, and
// those as well where they quote it or hold a word that nothing but the document held; and all texts of any other
// answer whose question or conversation quotes it, or holds an identifier (a term with a digit) that only it held.
// Names that it had before a rename, and
// others all whose versions have its content, go with it if no live document bears them; who else has content of it is
// named. Where no version is left (deleted, then pruned) the ledger goes by the URI in the evidence, and packs lose what
// nothing refers to. Killed at any moment, it leaves a sound workspace, and the same call again finishes it: nothing is destroyed before
// the erasure is on record, and that is only marked as finished at the end. kNotFound: nothing was found anywhere.
Result<EraseReceipt> erase_document(Engine& engine, const std::string& collection, const std::string& uri,
                                    const std::string& actor);

}  // namespace grounds
