#include "ingest/parsers/mime.h"

#include <algorithm>

#include "base/utf8.h"
#include "ingest/parsers/encoding.h"

namespace grounds::parsing {
namespace {

constexpr std::size_t kMaxHeaders = 2'000, kMaxParts = 1'000;
constexpr std::size_t kMaxHeaderBytes = 1u << 20;

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Takes a line without its end off the front of `text`.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
  const std::string_view line = text.substr(0, end);
  const bool pair = text.substr(end).starts_with("\r\n");
  text.remove_prefix(std::min(end + (pair ? 2 : 1), text.size()));
  return line;
}

// Raw bytes in a header, which should be ASCII.
std::string decode_raw(std::string_view raw) {
  if (is_valid_utf8(raw)) return std::string(raw);
  return convert_to_utf8(raw, "gb18030");
}

// "=?charset?B?...?=" at the start of `text`: its charset and bytes, and its length; 0 if it is none.
std::size_t encoded_word(std::string_view text, std::string& charset, std::string& bytes) {
  const std::size_t first = text.find('?', 2);
  if (!text.starts_with("=?") || first == std::string_view::npos || first > 80) return 0;
  const std::size_t second = text.find('?', first + 1);
  if (second == std::string_view::npos || second != first + 2) return 0;
  const std::size_t end = text.find("?=", second + 1);
  if (end == std::string_view::npos) return 0;
  charset = text.substr(2, first - 2);
  charset.resize(std::min(charset.find('*'), charset.size()));  // RFC 2231: a language may follow
  std::string content(text.substr(second + 1, end - second - 1));
  const char kind = text[first + 1];
  if (kind == 'B' || kind == 'b') {
    bytes = decode_base64(content);
  } else if (kind == 'Q' || kind == 'q') {
    std::replace(content.begin(), content.end(), '_', ' ');
    bytes = decode_quoted_printable(content);
  } else {
    return 0;
  }
  return end + 2;
}

std::string percent_decoded(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    bytes += low >= 0 ? static_cast<char>(high * 16 + low) : text[i];
    if (low >= 0) i += 2;
  }
  return bytes;
}

// RFC 2231: "name*0*=charset'language'part; name*1=part".
void join_continuations(MimeValue& value) {
  std::vector<std::pair<std::string, std::string>> joined;
  std::string charset;
  for (auto& [name, text] : value.parameters) {
    const std::size_t star = name.find('*');
    if (star == std::string::npos) {
      joined.emplace_back(name, decode_header(text));
      continue;
    }
    const std::string base = name.substr(0, star);
    const bool encoded = name.ends_with('*');
    std::string_view part = text;
    const bool first = joined.empty() || joined.back().first != base;
    if (encoded && first) {
      const std::size_t quote = part.find('\'');
      const std::size_t second = quote == std::string_view::npos ? quote : part.find('\'', quote + 1);
      if (second != std::string_view::npos) {
        charset = part.substr(0, quote);
        part.remove_prefix(second + 1);
      }
    }
    const std::string piece = encoded ? convert_to_utf8(percent_decoded(part), charset.empty() ? "UTF-8" : charset) : decode_raw(part);
    if (first) joined.emplace_back(base, piece);
    else joined.back().second += piece;
  }
  value.parameters = std::move(joined);
}

MimeValue read_value(std::string_view raw) {
  MimeValue result;
  const std::size_t end = std::min(raw.find(';'), raw.size());
  result.value = lower(trim(raw.substr(0, end)));
  raw.remove_prefix(end);
  while (!raw.empty() && result.parameters.size() < 100) {
    raw.remove_prefix(1);
    const std::size_t equals = raw.find_first_of("=;");
    if (equals == std::string_view::npos) break;
    if (raw[equals] == ';') {
      raw.remove_prefix(equals);
      continue;
    }
    std::string name = lower(trim(raw.substr(0, equals)));
    raw = raw.substr(equals + 1);
    raw.remove_prefix(std::min(raw.find_first_not_of(" \t"), raw.size()));
    std::string text;
    if (raw.starts_with('"')) {
      std::size_t i = 1;
      for (; i < raw.size() && raw[i] != '"'; ++i) {
        if (raw[i] == '\\' && i + 1 < raw.size()) ++i;
        text += raw[i];
      }
      raw.remove_prefix(std::min(i + 1, raw.size()));
      raw.remove_prefix(std::min(raw.find(';'), raw.size()));
    } else {
      const std::size_t stop = std::min(raw.find(';'), raw.size());
      text = trim(raw.substr(0, stop));
      raw.remove_prefix(stop);
    }
    result.parameters.emplace_back(std::move(name), std::move(text));
  }
  join_continuations(result);
  return result;
}

}  // namespace

std::string_view MimeValue::parameter(std::string_view name) const {
  for (const auto& [known, text] : parameters) {
    if (known == name) return text;
  }
  return {};
}

std::string decode_base64(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  int digits = 0;
  for (const char c : text) {
    int digit = -1;
    if (c >= 'A' && c <= 'Z') digit = c - 'A';
    else if (c >= 'a' && c <= 'z') digit = c - 'a' + 26;
    else if (c >= '0' && c <= '9') digit = c - '0' + 52;
    else if (c == '+' || c == '-') digit = 62;
    else if (c == '/' || c == '_') digit = 63;
    else if (c == '=') {  // the end of one of several pieces
      if (digits == 2) bytes += static_cast<char>(group >> 4);
      if (digits == 3) {
        bytes += static_cast<char>(group >> 10);
        bytes += static_cast<char>(group >> 2 & 0xFF);
      }
      digits = 0;
      group = 0;
    }
    if (digit < 0) continue;
    group = group << 6 | static_cast<std::uint32_t>(digit);
    if (++digits < 4) continue;
    bytes += static_cast<char>(group >> 16 & 0xFF);
    bytes += static_cast<char>(group >> 8 & 0xFF);
    bytes += static_cast<char>(group & 0xFF);
    digits = 0;
    group = 0;
  }
  if (digits == 2) bytes += static_cast<char>(group >> 4);
  if (digits == 3) {
    bytes += static_cast<char>(group >> 10);
    bytes += static_cast<char>(group >> 2 & 0xFF);
  }
  return bytes;
}

std::string decode_quoted_printable(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      bytes += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low >= 0) {
      bytes += static_cast<char>(high * 16 + low);
      i += 2;
      continue;
    }
    // A soft line break, after which white space may have been added.
    std::size_t end = i + 1;
    while (end < text.size() && (text[end] == ' ' || text[end] == '\t')) ++end;
    if (end < text.size() && text[end] == '\r') ++end;
    if (end < text.size() && text[end] == '\n') i = end;
    else if (end >= text.size()) i = end;
    else bytes += '=';
  }
  return bytes;
}

std::string decode_header(std::string_view raw) {
  std::string result, pending_charset, pending;
  // Words next to each other in one charset are decoded together: mailers cut characters in two.
  const auto flush = [&] {
    if (!pending.empty()) result += convert_to_utf8(pending, pending_charset);
    pending.clear();
  };
  std::size_t i = 0;
  while (i < raw.size()) {
    std::string charset, bytes;
    const std::size_t size = encoded_word(raw.substr(i), charset, bytes);
    if (size > 0) {
      if (lower(charset) != lower(pending_charset)) flush();
      pending_charset = charset;
      pending += bytes;
      i += size;
      // White space between two encoded words is none.
      const std::size_t next = raw.find_first_not_of(" \t", i);
      if (next != std::string_view::npos && raw.substr(next).starts_with("=?")) i = next;
      continue;
    }
    flush();
    std::size_t end = raw.find("=?", i + 1);
    if (end == std::string_view::npos) end = raw.size();
    result += decode_raw(raw.substr(i, end - i));
    i = end;
  }
  flush();
  return result;
}

MimeEntity read_entity(std::string_view bytes) {
  MimeEntity entity;
  std::string_view rest = bytes;
  if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
  while (!rest.empty() && entity.headers.size() < kMaxHeaders) {
    std::string_view after = rest;
    const std::string_view line = take_line(after);
    if (line.empty()) {
      rest = after;
      break;
    }
    if ((line[0] == ' ' || line[0] == '\t') && !entity.headers.empty()) {
      std::string& value = entity.headers.back().second;
      if (value.size() < kMaxHeaderBytes) value.append(" ").append(trim(line));
      rest = after;
      continue;
    }
    const std::size_t colon = line.find(':');
    const bool is_header = colon != std::string_view::npos && colon > 0 &&
                           trim(line.substr(0, colon)).find_first_of(" \t") == std::string_view::npos;
    if (!is_header) {
      if (entity.headers.empty() && line.starts_with("From ")) {  // the envelope line of a mailbox
        rest = after;
        continue;
      }
      break;
    }
    entity.headers.emplace_back(lower(trim(line.substr(0, colon))), std::string(trim(line.substr(colon + 1, kMaxHeaderBytes))));
    rest = after;
  }
  entity.body = rest;
  return entity;
}

std::string_view MimeEntity::raw_header(std::string_view name) const {
  for (const auto& [known, value] : headers) {
    if (known == name) return value;
  }
  return {};
}

std::string MimeEntity::header(std::string_view name) const { return decode_header(raw_header(name)); }

MimeValue MimeEntity::content_type() const {
  MimeValue type = read_value(raw_header("content-type"));
  if (type.value.find('/') == std::string::npos) type.value = "text/plain";
  return type;
}

MimeValue MimeEntity::disposition() const { return read_value(raw_header("content-disposition")); }

std::string MimeEntity::file_name() const {
  std::string name(disposition().parameter("filename"));
  if (name.empty()) name = content_type().parameter("name");
  name.erase(0, name.find_last_of("/\\") + 1);
  return name;
}

std::string MimeEntity::content() const {
  const std::string encoding = lower(trim(raw_header("content-transfer-encoding")));
  if (encoding.starts_with("base64")) return decode_base64(body);
  if (encoding.starts_with("quoted-printable")) return decode_quoted_printable(body);
  return std::string(body);
}

std::vector<std::string_view> split_parts(std::string_view body, std::string_view boundary) {
  std::vector<std::string_view> parts;
  if (boundary.empty()) return parts;
  const std::string marker = "--" + std::string(boundary);
  std::size_t begin = std::string_view::npos;
  for (std::size_t at = body.find(marker); at != std::string_view::npos && parts.size() < kMaxParts;
       at = body.find(marker, at + marker.size())) {
    if (at > 0 && body[at - 1] != '\n' && body[at - 1] != '\r') continue;
    const std::string_view behind = body.substr(at + marker.size(), 2);
    const bool is_last = behind.starts_with("--");
    if (!is_last && !behind.empty() && behind[0] != '\r' && behind[0] != '\n' && behind[0] != ' ' && behind[0] != '\t') continue;
    if (begin != std::string_view::npos && begin <= at) {
      std::string_view part = body.substr(begin, at - begin);
      if (part.ends_with('\n')) part.remove_suffix(1);
      if (part.ends_with('\r')) part.remove_suffix(1);
      parts.push_back(part);
    }
    begin = std::min(body.find('\n', at), body.size() - 1) + 1;
    if (is_last) return parts;
  }
  if (begin != std::string_view::npos && begin < body.size() && parts.size() < kMaxParts) parts.push_back(body.substr(begin));
  return parts;
}

}  // namespace grounds::parsing
