// Mail messages, mailboxes, and web pages saved as MIME: headers, text, then attachments, each parsed as it
// would be alone, below a heading with its name.
#include <algorithm>
#include <array>

#include "base/utf8.h"
#include "ingest/parsers/encoding.h"
#include "ingest/parsers/extract_builder.h"
#include "ingest/parsers/format_table.h"
#include "ingest/parsers/mime.h"
#include "ingest/parsers/stated_date.h"

namespace grounds::parsing {
namespace {

constexpr int kMaxMultipartDepth = 30;
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kShownHeaders = {
    {{"from", "From"}, {"to", "To"}, {"cc", "Cc"}, {"date", "Date"}, {"subject", "Subject"}}};

class MailReader {
 public:
  MailReader(ExtractBuilder& builder, ParseContext& context) : builder_(builder), context_(context) {}

  // `level`: of headings below the message.
  void add_message(const MimeEntity& message, int level) {
    builder_.open(BlockKind::kMailHeader);
    bool first = true;
    for (const auto& [name, shown] : kShownHeaders) {
      const std::string value = message.header(name);
      if (trim(value).empty()) continue;
      if (!first) builder_.line_break();
      first = false;
      builder_.append(std::string(shown) + ": " + value);
    }
    builder_.close();
    add_entity(message, level, 0);
  }

  std::vector<std::string> warnings;
  bool has_content = false;  // something besides headers
  bool is_encrypted = false;

 private:
  void add_entity(const MimeEntity& entity, int level, int depth) {
    if (builder_.over_limit()) return;
    const MimeValue type = entity.content_type();
    if (type.value.starts_with("multipart/") && depth < kMaxMultipartDepth) {
      add_multipart(entity, type, level, depth);
    } else if (type.value == "application/pkcs7-mime" || type.value == "application/x-pkcs7-mime") {
      is_encrypted = true;
      warnings.push_back("a part is encrypted or signed as a whole (S/MIME) and was left out");
    } else if (type.value == "message/rfc822") {
      add_nested(entity, level);
    } else {
      const std::string file_name = entity.file_name();
      const bool attached = entity.disposition().value == "attachment" || (!file_name.empty() && type.value != "text/plain" && type.value != "text/html");
      if (!attached && (type.value.starts_with("text/") || type.value == "message/delivery-status")) add_text(entity, type);
      else add_attachment(entity, type, file_name, level);
    }
  }

  void add_multipart(const MimeEntity& entity, const MimeValue& type, int level, int depth) {
    if (type.value == "multipart/encrypted") {
      is_encrypted = true;
      warnings.push_back("the message is encrypted (PGP) and was left out");
      return;
    }
    std::vector<MimeEntity> parts;
    for (const std::string_view part : split_parts(entity.body, type.parameter("boundary"))) parts.push_back(read_entity(part));
    if (parts.empty() && !trim(entity.body).empty()) {  // a boundary that does not occur: what is there is text
      MimeEntity whole;
      whole.body = entity.body;
      add_text(whole, whole.content_type());
      return;
    }
    if (type.value != "multipart/alternative") {
      for (const MimeEntity& part : parts) add_entity(part, level, depth + 1);
      return;
    }
    // Alternatives say the same: the plain text, unless it is empty or only points to the other.
    const MimeEntity* plain = nullptr;
    const MimeEntity* rich = nullptr;
    for (const MimeEntity& part : parts) {
      const std::string kind = part.content_type().value;
      if (kind == "text/plain" && plain == nullptr) plain = &part;
      else if (kind == "text/html" || kind.starts_with("multipart/")) rich = &part;
    }
    const bool plain_says_little = plain != nullptr && trim(plain->content()).size() < 30;
    if (plain != nullptr && (!plain_says_little || rich == nullptr)) add_entity(*plain, level, depth + 1);
    else if (rich != nullptr) add_entity(*rich, level, depth + 1);
    else if (!parts.empty()) add_entity(parts.back(), level, depth + 1);
    for (const MimeEntity& part : parts) {
      const std::string kind = part.content_type().value;
      const bool is_body = kind == "text/plain" || kind == "text/html" || kind.starts_with("multipart/");
      if (!is_body && kind.starts_with("application/") && !part.file_name().empty()) add_entity(part, level, depth + 1);
    }
  }

  void add_nested(const MimeEntity& entity, int level) {
    if (context_.depth >= kMaxPartDepth || context_.parts_left == 0) {
      warnings.push_back("messages are attached more deeply in each other than is read");
      return;
    }
    const std::string content = entity.content();
    const MimeEntity message = read_entity(content);
    open_heading(message.header("subject").empty() ? "message" : message.header("subject"), level);
    ++context_.depth;
    --context_.parts_left;
    add_message(message, level + 1);
    --context_.depth;
  }

  void add_text(const MimeEntity& entity, const MimeValue& type) {
    const std::string content = entity.content();
    if (trim(content).empty()) return;
    const auto decoded = decode_text(content, type.parameter("charset"));
    if (!decoded) {
      warnings.push_back("a text was left out: " + decoded.error().message);
      return;
    }
    auto text = type.value == "text/html" ? parse_html(decoded->text) : parse_plain_body(decoded->text);
    if (!text) return;  // white space, or pictures only
    has_content = true;
    builder_.add_extract(std::move(*text), 1);
  }

  void add_attachment(const MimeEntity& entity, const MimeValue& type, std::string name, int level) {
    if (name.empty()) {
      const std::string_view subtype = std::string_view(type.value).substr(type.value.find('/') + 1);
      name = "attachment." + std::string(subtype);
    }
    name = replace_invalid_utf8(name);  // it may come from anywhere in a header
    const std::string content = entity.content();
    if (content.empty()) return;
    auto part = parse_part(name, content, context_);
    if (!part) {
      warnings.push_back("the attachment " + name + " was left out: " + part.error().message);
      return;
    }
    has_content = true;
    open_heading(name, level);
    builder_.add_extract(std::move(*part), level);
  }

  void open_heading(std::string_view text, int level) {
    builder_.open(BlockKind::kHeading, level);
    builder_.append(replace_invalid_utf8(text));
    builder_.close();
  }

  ExtractBuilder& builder_;
  ParseContext& context_;
};

// "From a@b.c Mon Jun 01 10:00:00 2009": has a time of day and a year.
bool is_envelope(std::string_view line) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  bool has_time = false;
  for (std::size_t i = 1; i + 1 < line.size(); ++i) has_time = has_time || (line[i] == ':' && is_digit(line[i - 1]) && is_digit(line[i + 1]));
  return line.starts_with("From ") && has_time;
}

// Where the message behind the one at `begin` starts: an envelope line that an empty line precedes, or a line
// "From ..." that a header follows.
std::size_t next_message(std::string_view bytes, std::size_t begin) {
  for (std::size_t at = bytes.find("\nFrom ", begin); at != std::string_view::npos; at = bytes.find("\nFrom ", at + 1)) {
    const std::size_t line = bytes.find('\n', at + 1);
    if (line == std::string_view::npos) break;
    const std::string_view before = bytes.substr(0, at);
    const bool after_blank = before.ends_with('\n') || before.ends_with("\n\r");
    if (after_blank && is_envelope(bytes.substr(at + 1, line - at - 1))) return at + 1;
    const std::string_view next = bytes.substr(line + 1, 200);
    const std::size_t stop = next.find_first_of(": \t\r\n");
    if (stop != std::string_view::npos && stop > 0 && next[stop] == ':') return at + 1;
  }
  return bytes.size();
}

// Mailboxes write ">From " for lines that start with "From ".
std::string without_escapes(std::string_view message) {
  constexpr std::string_view kEscaped = "\n>From ";
  std::string text;
  for (std::size_t begin = 0;;) {
    const std::size_t at = message.find(kEscaped, begin);
    text.append(message.substr(begin, at == std::string_view::npos ? at : at - begin + 1));
    if (at == std::string_view::npos) return text;
    begin = at + 2;
  }
}

// Whole mails in UTF-16 exist: files that an editor has saved anew.
Result<std::string> single_byte_form(std::string_view bytes) {
  const bool wide = bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF");
  if (!wide) return std::string(bytes);
  GROUNDS_ASSIGN_OR_RETURN(DecodedText decoded, decode_text(bytes));
  return std::move(decoded.text);
}

}  // namespace

Result<Extract> parse_mail(std::string_view bytes, ParseContext& context) {
  GROUNDS_ASSIGN_OR_RETURN(const std::string text, single_byte_form(bytes));
  const MimeEntity message = read_entity(text);
  ExtractBuilder builder("mail/1");
  builder.set_title(message.header("subject"));
  builder.set_date(leading_date(message.header("date")));
  MailReader reader(builder, context);
  reader.add_message(message, 1);
  if (reader.is_encrypted && !reader.has_content) {
    return fail(ErrorCode::kBadInput, "the message is encrypted", "decrypt it in the mail program and save it again");
  }
  for (std::string& warning : reader.warnings) builder.warn(std::move(warning));
  return builder.finish();
}

Result<Extract> parse_mailbox(std::string_view bytes, ParseContext& context) {
  ExtractBuilder builder("mbox/1");
  MailReader reader(builder, context);
  std::size_t begin = 0, messages = 0;
  while (begin < bytes.size() && !builder.over_limit()) {
    const std::size_t end = next_message(bytes, begin);
    std::string_view one = bytes.substr(begin, end - begin);
    begin = end;
    if (one.starts_with("From ")) one.remove_prefix(std::min(one.find('\n'), one.size() - 1) + 1);
    const std::string restored = without_escapes(one);
    const MimeEntity message = read_entity(restored);
    if (message.headers.empty() && trim(message.body).empty()) continue;
    ++messages;
    if (context.parts_left == 0) {
      reader.warnings.push_back("the mailbox holds more messages than are read; the rest was left out");
      break;
    }
    --context.parts_left;
    const std::string subject = message.header("subject");
    builder.open(BlockKind::kHeading, 1);
    builder.append(trim(subject).empty() ? "message " + std::to_string(messages) : subject);
    builder.close();
    reader.add_message(message, 2);
  }
  if (messages == 0) return fail(ErrorCode::kBadInput, "the mailbox has no messages");
  for (std::string& warning : reader.warnings) builder.warn(std::move(warning));
  return builder.finish();
}

Result<Extract> parse_web_archive(std::string_view bytes, ParseContext& context) {
  const MimeEntity archive = read_entity(bytes);
  ExtractBuilder builder("mhtml/1");
  const MimeValue type = archive.content_type();
  std::vector<MimeEntity> parts;
  for (const std::string_view part : split_parts(archive.body, type.parameter("boundary"))) parts.push_back(read_entity(part));
  if (parts.empty()) parts.push_back(archive);
  // The first page is the one that was saved; others are its frames.
  for (const MimeEntity& part : parts) {
    if (!part.content_type().value.starts_with("text/html") && !part.content_type().value.starts_with("application/xhtml")) continue;
    const std::string content = part.content();
    const std::string declared(part.content_type().parameter("charset"));
    const auto decoded = decode_text(content, declared.empty() ? declared_html_encoding(content) : declared);
    auto page = decoded ? parse_html(decoded->text) : Result<Extract>(fail(decoded.error()));
    if (!page) continue;
    builder.set_title(page->title);
    builder.set_date(page->date);
    builder.add_extract(std::move(*page));
    if (context.parts_left == 0 || builder.over_limit()) break;
    --context.parts_left;
  }
  builder.set_title(archive.header("subject"));
  return builder.finish();
}

}  // namespace grounds::parsing
