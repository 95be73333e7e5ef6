// What the pool and its parser processes say to each other: frames over one socket pair, little-endian.
//
//   worker -> pool, once:      "GPRS" version(u32)                      ready, and in its sandbox
//   pool -> worker:            "GPRQ" name_size(u32) bytes_size(u64) name bytes
//   worker -> pool:            "GPRA" code(u8) first_size(u64) second_size(u64) first second
//     code 0:    first is the extract's map (JSON), second its text
//     code 1 + ErrorCode: first is the error's message, second its hint
//     code 255:  no answer yet: first is a document, second a ToolRequest: tool(u8) page(u32)
//   pool -> worker, after code 255:
//                              "GPRO" code(u8) first_size(u64) second_size(u64) first second
//     code 0:    first is the exit code in digits, second the output; else as in GPRA
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "ingest/external_tool.h"

namespace grounds::worker {

inline constexpr std::uint32_t kProtocolVersion = 4;
inline constexpr std::size_t kReadySize = 8;
inline constexpr std::size_t kRequestHeaderSize = 16;
inline constexpr std::size_t kReplyHeaderSize = 21;
inline constexpr std::uint64_t kMaxReplyBytes = 1ull << 30;  // map and text together
inline constexpr std::size_t kMaxNameBytes = 4096;
inline constexpr std::uint8_t kToolRequest = 255;            // as code of a reply
inline constexpr std::uint64_t kMaxToolOutput = 200ull << 20;
inline constexpr int kMaxToolRuns = 400;                     // for one document and what is in it

// Exit codes of the worker program.
inline constexpr int kExitDone = 0;        // the pool closed its end
inline constexpr int kExitNoSandbox = 81;  // the limits could not be set up
inline constexpr int kExitProtocol = 82;   // the pool sent something else
inline constexpr int kExitMemory = 83;     // out of memory outside of a parser's own handling

struct RequestHeader {
  std::uint32_t name_size = 0;
  std::uint64_t bytes_size = 0;
};
struct ToolRequest {
  ExternalTool tool = ExternalTool::kPdfText;
  std::uint32_t page = 0;
};
struct ReplyHeader {
  std::uint8_t code = 0;
  std::uint64_t first_size = 0;
  std::uint64_t second_size = 0;
};

std::string ready_frame();
bool is_ready_frame(std::string_view bytes);
std::string encode(const RequestHeader& header);
std::string encode(const ToolRequest& request);
std::string encode(const ReplyHeader& header);
std::string encode_tool_output(const ReplyHeader& header);
// False: not such a header, or sizes beyond the bounds above.
bool decode(std::string_view bytes, RequestHeader& header);
bool decode(std::string_view bytes, ToolRequest& request);
bool decode(std::string_view bytes, ReplyHeader& header);
bool decode_tool_output(std::string_view bytes, ReplyHeader& header);

}  // namespace grounds::worker
