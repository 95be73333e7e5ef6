// What a chat completion says: of one JSON document, or gathered from the chunks of a stream.
#pragma once

#include <string>
#include <string_view>

#include "base/canonical_json.h"
#include "grounds/result.h"

namespace grounds {

struct ChatReply {
  std::string content;                 // as it came, <think> included
  std::string reasoning;               // reasoning_content (or reasoning), where the server keeps it apart
  std::string finish_reason, model, fingerprint, id;
  Json usage;                          // {"prompt_tokens","completion_tokens","total_tokens"} as far as sane, or null
};

// kBadInput says what is wrong with it, in words of this program, quoting nothing.
Result<ChatReply> parse_chat_completion(std::string_view body);

// Takes in one chunk of a stream; gives the content it adds. kBadInput as above, also for an error that
// the server reports in the middle.
Result<std::string> add_chat_chunk(ChatReply& reply, std::string_view data);

// At most `limit` bytes, valid UTF-8: for names that go on record.
std::string short_text(std::string_view text, std::size_t limit = 200);

}  // namespace grounds
