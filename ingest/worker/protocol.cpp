#include "ingest/worker/protocol.h"

namespace grounds::worker {
namespace {

constexpr std::string_view kReady = "GPRS";
constexpr std::string_view kRequest = "GPRQ";
constexpr std::string_view kReply = "GPRA";
constexpr std::string_view kToolOutput = "GPRO";

void append_number(std::string& into, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) into += static_cast<char>((value >> (8 * i)) & 0xFF);
}

std::uint64_t number_at(std::string_view bytes, std::size_t position, int size) {
  std::uint64_t value = 0;
  for (int i = size; i-- > 0;) {
    value = (value << 8) | static_cast<unsigned char>(bytes[position + static_cast<std::size_t>(i)]);
  }
  return value;
}

std::string encode_reply(std::string_view magic, const ReplyHeader& header) {
  std::string frame(magic);
  append_number(frame, header.code, 1);
  append_number(frame, header.first_size, 8);
  append_number(frame, header.second_size, 8);
  return frame;
}

bool decode_reply(std::string_view magic, std::string_view bytes, ReplyHeader& header) {
  if (bytes.size() != kReplyHeaderSize || !bytes.starts_with(magic)) return false;
  header.code = static_cast<std::uint8_t>(number_at(bytes, 4, 1));
  header.first_size = number_at(bytes, 5, 8);
  header.second_size = number_at(bytes, 13, 8);
  return header.first_size <= kMaxReplyBytes && header.second_size <= kMaxReplyBytes - header.first_size;
}

}  // namespace

std::string ready_frame() {
  std::string frame(kReady);
  append_number(frame, kProtocolVersion, 4);
  return frame;
}

bool is_ready_frame(std::string_view bytes) { return bytes == ready_frame(); }

std::string encode(const RequestHeader& header) {
  std::string frame(kRequest);
  append_number(frame, header.name_size, 4);
  append_number(frame, header.bytes_size, 8);
  return frame;
}

std::string encode(const ToolRequest& request) {
  std::string frame;
  append_number(frame, static_cast<std::uint64_t>(request.tool), 1);
  append_number(frame, request.page, 4);
  return frame;
}

std::string encode(const ReplyHeader& header) { return encode_reply(kReply, header); }
std::string encode_tool_output(const ReplyHeader& header) { return encode_reply(kToolOutput, header); }

bool decode(std::string_view bytes, RequestHeader& header) {
  if (bytes.size() != kRequestHeaderSize || !bytes.starts_with(kRequest)) return false;
  header.name_size = static_cast<std::uint32_t>(number_at(bytes, 4, 4));
  header.bytes_size = number_at(bytes, 8, 8);
  return header.name_size <= kMaxNameBytes;
}

bool decode(std::string_view bytes, ToolRequest& request) {
  if (bytes.size() != 5 || number_at(bytes, 0, 1) >= kExternalToolCount) return false;
  request.tool = static_cast<ExternalTool>(number_at(bytes, 0, 1));
  request.page = static_cast<std::uint32_t>(number_at(bytes, 1, 4));
  return true;
}

bool decode(std::string_view bytes, ReplyHeader& header) { return decode_reply(kReply, bytes, header); }
bool decode_tool_output(std::string_view bytes, ReplyHeader& header) { return decode_reply(kToolOutput, bytes, header); }

}  // namespace grounds::worker
