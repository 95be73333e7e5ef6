#include "ingest/worker/serve.h"

#include <malloc.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <new>

#include "ingest/worker/protocol.h"

namespace grounds::worker {
namespace {

// False at the end of the input or on an error.
bool read_all(int descriptor, char* into, std::size_t size) {
  while (size > 0) {
    const ssize_t count = read(descriptor, into, size);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    into += count;
    size -= static_cast<std::size_t>(count);
  }
  return true;
}

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool send_reply(int output, std::uint8_t code, std::string_view first, std::string_view second) {
  return write_all(output, encode(ReplyHeader{code, first.size(), second.size()})) &&
         write_all(output, first) && write_all(output, second);
}

// The other end is gone, or does not speak the protocol: there is nobody to answer.
[[noreturn]] void give_up() { _exit(kExitProtocol); }

Result<ToolOutput> ask_for_tool(int input, int output, ExternalTool tool, std::string_view bytes, std::uint32_t page) {
  if (!send_reply(output, kToolRequest, bytes, encode(ToolRequest{tool, page}))) give_up();
  std::string header_bytes(kReplyHeaderSize, '\0');
  ReplyHeader header;
  if (!read_all(input, header_bytes.data(), header_bytes.size()) || !decode_tool_output(header_bytes, header)) give_up();
  std::string first(header.first_size, '\0'), second(header.second_size, '\0');
  if (!read_all(input, first.data(), first.size()) || !read_all(input, second.data(), second.size())) give_up();
  if (header.code != 0) {
    const bool is_missing = header.code == 1 + static_cast<int>(ErrorCode::kUnavailable);
    return fail(is_missing ? ErrorCode::kUnavailable : ErrorCode::kBadInput, std::move(first), std::move(second));
  }
  return ToolOutput{std::atoi(first.c_str()), std::move(second)};
}

bool answer(int input, int output, const Parse& parse, std::string_view name, std::string bytes) {
  auto extract = parse(name, bytes, [&](ExternalTool tool, std::string_view document, std::uint32_t page) {
    return ask_for_tool(input, output, tool, document, page);
  });
  std::string().swap(bytes);  // the reply needs room
  if (!extract) {
    const auto code = static_cast<std::uint8_t>(1 + static_cast<int>(extract.error().code));
    return send_reply(output, code, extract.error().message, extract.error().hint);
  }
  std::string map;
  try {
    map = extract->map_to_json();
  } catch (const std::bad_alloc&) {
    const auto code = static_cast<std::uint8_t>(1 + static_cast<int>(ErrorCode::kBadInput));
    return send_reply(output, code, "the document's structure needs more memory than a parser may use",
                      "split it into smaller documents");
  }
  return send_reply(output, 0, map, extract->text);
}

}  // namespace

int serve(int input, int output, const Parse& parse) {
  if (!write_all(output, ready_frame())) return kExitProtocol;
  std::string header_bytes(kRequestHeaderSize, '\0');
  while (read_all(input, header_bytes.data(), header_bytes.size())) {
    RequestHeader header;
    if (!decode(header_bytes, header)) return kExitProtocol;
    std::string name, bytes;
    try {
      name.resize(header.name_size);
      bytes.resize(header.bytes_size);
    } catch (const std::exception&) {
      return kExitMemory;
    }
    if (!read_all(input, name.data(), name.size()) || !read_all(input, bytes.data(), bytes.size())) {
      return kExitProtocol;
    }
    try {
      if (!answer(input, output, parse, name, std::move(bytes))) return kExitProtocol;
    } catch (const std::bad_alloc&) {
      return kExitMemory;
    }
    // Give memory back, so that one large document does not make the next one fail.
    malloc_trim(0);
  }
  return kExitDone;
}

}  // namespace grounds::worker
