// Outlook messages ([MS-OXMSG]): properties are streams of a compound file, attachments storages in it.
#include "base/utf8.h"
#include "ingest/parsers/compound_file.h"
#include "ingest/parsers/encoding.h"
#include "ingest/parsers/extract_builder.h"
#include "ingest/parsers/format_table.h"
#include "ingest/parsers/mime.h"
#include "ingest/parsers/stated_date.h"

namespace grounds::parsing {
namespace {

// A text property ("0037": the subject) of a storage, stored as UTF-16 or in the writer's code page.
std::string property(const CompoundFile& file, std::int64_t storage, const std::string& id) {
  const std::int64_t wide = file.find("__substg1.0_" + id + "001F", storage);
  if (wide >= 0) {
    const auto bytes = file.read(file.entries()[static_cast<std::size_t>(wide)]);
    if (bytes) return convert_to_utf8(*bytes, "UTF-16LE");
  }
  const std::int64_t narrow = file.find("__substg1.0_" + id + "001E", storage);
  if (narrow < 0) return {};
  const auto bytes = file.read(file.entries()[static_cast<std::size_t>(narrow)]);
  if (!bytes) return {};
  const auto decoded = decode_text(*bytes);
  return decoded ? decoded->text : std::string();
}

std::string binary_property(const CompoundFile& file, std::int64_t storage, const std::string& id) {
  const std::int64_t at = file.find("__substg1.0_" + id + "0102", storage);
  if (at < 0) return {};
  auto bytes = file.read(file.entries()[static_cast<std::size_t>(at)]);
  return bytes ? std::move(*bytes) : std::string();
}

bool add_body(const CompoundFile& file, ExtractBuilder& builder) {
  const std::string plain = property(file, 0, "1000");
  if (!trim(plain).empty()) {
    auto text = parse_plain_body(plain);
    if (text) {
      builder.add_extract(std::move(*text), 1);
      return true;
    }
  }
  std::string page = binary_property(file, 0, "1013");
  if (page.empty()) page = property(file, 0, "1013");
  const auto decoded = decode_text(page, declared_html_encoding(page));
  auto text = decoded && !page.empty() ? parse_html(decoded->text) : Result<Extract>(fail(ErrorCode::kBadInput, ""));
  if (!text) return false;
  builder.add_extract(std::move(*text), 1);
  return true;
}

}  // namespace

Result<Extract> parse_outlook_message(std::string_view bytes, ParseContext& context) {
  GROUNDS_ASSIGN_OR_RETURN(const CompoundFile file, CompoundFile::open(bytes));
  ExtractBuilder builder("msg/1");
  const std::string transport = property(file, 0, "007D");
  const MimeEntity headers = read_entity(transport);
  std::string subject = property(file, 0, "0037");
  const std::string date = headers.header("date");
  std::string sender = property(file, 0, "0C1A");
  const std::string address = property(file, 0, "0C1F");
  if (address.find('@') != std::string::npos && sender.find('@') == std::string::npos) sender += " <" + address + ">";
  builder.set_title(subject);
  builder.set_date(leading_date(date));
  builder.open(BlockKind::kMailHeader);
  bool first = true;
  for (const auto& [name, value] : {std::pair<const char*, std::string>{"From", sender}, {"To", property(file, 0, "0E04")},
                                    {"Cc", property(file, 0, "0E03")}, {"Date", date}, {"Subject", subject}}) {
    std::string line = value;
    std::erase(line, '\0');
    if (trim(line).empty()) continue;
    if (!first) builder.line_break();
    first = false;
    builder.append(std::string(name) + ": " + line);
  }
  builder.close();
  const bool has_body = add_body(file, builder);
  std::size_t read = 0;
  for (std::size_t i = 0; i < file.entries().size() && !builder.over_limit(); ++i) {
    const CompoundFile::Entry& entry = file.entries()[i];
    if (entry.parent != 0 || !entry.name.starts_with("__attach_version1.0_")) continue;
    const auto storage = static_cast<std::int64_t>(i);
    std::string name = property(file, storage, "3707");
    if (name.empty()) name = property(file, storage, "3704");
    std::erase(name, '\0');
    const std::string content = binary_property(file, storage, "3701");
    if (content.empty()) continue;  // a message in the message, or a reference
    auto part = parse_part(name, content, context);
    if (!part) {
      builder.warn("the attachment " + name + " was left out: " + part.error().message);
      continue;
    }
    ++read;
    builder.open(BlockKind::kHeading, 1);
    builder.append(name.empty() ? "attachment" : name);
    builder.close();
    builder.add_extract(std::move(*part), 1);
  }
  if (!has_body && read == 0 && !builder.has_blocks()) return fail(ErrorCode::kBadInput, "the message has no text");
  return builder.finish();
}

}  // namespace grounds::parsing
