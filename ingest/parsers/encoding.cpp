#include "ingest/parsers/encoding.h"

#include <uchardet/uchardet.h>
#include <unicode/ucnv.h>
#include <unicode/ucnv_cb.h>
#include <unicode/ucnv_err.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>

#include "base/utf8.h"
#include "ingest/parsers/limits.h"

namespace grounds::parsing {
namespace {

constexpr std::size_t kDetectionBytes = 1u << 20;

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return result;
}

// The name under which ICU reads what `label` stands for in practice: supersets for the encodings that
// files claim but do not keep to.
std::string converter_name(std::string_view label) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 21> kNames = {{
      {"GB2312", "GB18030"},       {"GB-2312", "GB18030"},
      {"GB_2312-80", "GB18030"},   {"GB_2312", "GB18030"},
      {"EUC-CN", "GB18030"},       {"GBK", "GB18030"},
      {"CP936", "GB18030"},        {"MS936", "GB18030"},
      {"WINDOWS-936", "GB18030"},  {"HZ-GB-2312", "HZ"},
      {"ISO-8859-1", "windows-1252"}, {"LATIN1", "windows-1252"},
      {"US-ASCII", "windows-1252"},   {"ASCII", "windows-1252"},
      {"SHIFT_JIS", "windows-31j"},   {"SHIFT-JIS", "windows-31j"},
      {"SJIS", "windows-31j"},        {"X-SJIS", "windows-31j"},
      {"EUC-KR", "windows-949"},      {"UHC", "windows-949"},
      {"KS_C_5601-1987", "windows-949"},
  }};
  const std::string name = upper(trim(label));
  // ICU would look past other characters, but names are shown to people and kept.
  const std::string_view known = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:";
  if (name.find_first_not_of(known) != std::string::npos) return {};
  for (const auto& [from, to] : kNames) {
    if (name == from) return std::string(to);
  }
  return name;
}

bool is_seven_bit(std::string_view converter) {
  return converter.starts_with("ISO-2022") || converter == "HZ";
}

struct ConverterCloser {
  void operator()(UConverter* converter) const { ucnv_close(converter); }
};
using Converter = std::unique_ptr<UConverter, ConverterCloser>;

Converter open_converter(const std::string& name) {
  UErrorCode status = U_ZERO_ERROR;
  Converter converter(ucnv_open(name.c_str(), &status));
  if (U_FAILURE(status)) converter.reset();
  return converter;
}

// Counts what cannot be converted and writes U+FFFD for it.
void substitute_and_count(const void* context, UConverterToUnicodeArgs* args, const char*, std::int32_t,
                          UConverterCallbackReason reason, UErrorCode* status) {
  if (reason > UCNV_IRREGULAR) return;
  ++*static_cast<std::uint64_t*>(const_cast<void*>(context));
  *status = U_ZERO_ERROR;
  ucnv_cbToUWriteSub(args, 0, status);
}

struct Conversion {
  std::string text;
  std::uint64_t invalid = 0;
};

// nullopt: ICU has no such converter.
std::optional<Conversion> convert(std::string_view bytes, const std::string& name) {
  Converter converter = open_converter(name);
  if (!converter) return std::nullopt;
  Conversion result;
  UErrorCode status = U_ZERO_ERROR;
  ucnv_setToUCallBack(converter.get(), substitute_and_count, &result.invalid, nullptr, nullptr, &status);
  if (U_FAILURE(status)) return std::nullopt;
  result.text.reserve(bytes.size() + bytes.size() / 2);
  std::array<UChar, 4096> units;
  const char* source = bytes.data();
  const char* const end = source + bytes.size();
  char32_t high = 0;  // the first half of a pair that the buffer's end has parted
  do {
    UChar* target = units.data();
    status = U_ZERO_ERROR;
    ucnv_toUnicode(converter.get(), &target, units.data() + units.size(), &source, end, nullptr,
                   true, &status);
    if (U_FAILURE(status) && status != U_BUFFER_OVERFLOW_ERROR) return std::nullopt;
    for (const UChar* unit = units.data(); unit != target; ++unit) {
      if (U16_IS_LEAD(*unit)) {
        if (high != 0) append_utf8(result.text, 0xFFFD);
        high = *unit;
      } else if (U16_IS_TRAIL(*unit)) {
        append_utf8(result.text, high != 0 ? U16_GET_SUPPLEMENTARY(high, *unit) : 0xFFFD);
        high = 0;
      } else {
        if (high != 0) append_utf8(result.text, 0xFFFD);
        high = 0;
        append_utf8(result.text, *unit);
      }
    }
  } while (status == U_BUFFER_OVERFLOW_ERROR);
  if (high != 0) append_utf8(result.text, 0xFFFD);
  return result;
}

// "\r\n" and "\r" to "\n", in place.
void normalise_line_ends(std::string& text) {
  if (text.find('\r') == std::string::npos) return;
  std::size_t to = 0;
  for (std::size_t from = 0; from < text.size(); ++from) {
    if (text[from] != '\r') {
      text[to++] = text[from];
    } else if (from + 1 == text.size() || text[from + 1] != '\n') {
      text[to++] = '\n';
    }
  }
  text.resize(to);
}

struct Mark {
  std::string_view bytes;
  const char* encoding;
};
// The four-byte marks first: UTF-32LE's starts with UTF-16LE's.
constexpr std::array<Mark, 5> kMarks = {{{{"\xFF\xFE\0\0", 4}, "UTF-32LE"},
                                         {{"\0\0\xFE\xFF", 4}, "UTF-32BE"},
                                         {{"\xEF\xBB\xBF", 3}, "UTF-8"},
                                         {{"\xFF\xFE", 2}, "UTF-16LE"},
                                         {{"\xFE\xFF", 2}, "UTF-16BE"}}};

// UTF-16 text without a mark shows as a zero byte in nearly every other place (for western text), on one
// side only. "" if it does not look like that.
std::string unmarked_utf16(std::string_view bytes) {
  const std::string_view head = bytes.substr(0, 4096);
  std::array<std::size_t, 2> zeros = {0, 0};
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (head[i] == '\0') ++zeros[i % 2];
  }
  const std::size_t pairs = head.size() / 2;
  if (pairs < 4) return {};
  if (zeros[1] * 10 > pairs * 4 && zeros[0] * 50 < pairs) return "UTF-16LE";
  if (zeros[0] * 10 > pairs * 4 && zeros[1] * 50 < pairs) return "UTF-16BE";
  return {};
}

// Share of the non-ASCII bytes that form pairs of the GB2312 plane (its punctuation and its ideographs):
// short Chinese files are too little for a statistical detector, and this rarely holds by chance.
bool looks_like_gb2312(std::string_view bytes) {
  std::size_t pairs = 0, others = 0;
  for (std::size_t i = 0; i < bytes.size();) {
    const auto first = static_cast<unsigned char>(bytes[i]);
    if (first < 0x80) {
      ++i;
      continue;
    }
    const auto second = static_cast<unsigned char>(i + 1 < bytes.size() ? bytes[i + 1] : 0);
    const bool lead = (first >= 0xA1 && first <= 0xA3) || (first >= 0xB0 && first <= 0xF7);
    if (lead && second >= 0xA1 && second != 0xFF) {
      ++pairs;
      i += 2;
    } else {
      ++others;
      ++i;
    }
  }
  return pairs >= 2 && others * 50 <= pairs;
}

std::string detect_encoding(std::string_view bytes) {
  const std::string_view head = bytes.substr(0, kDetectionBytes);
  const std::unique_ptr<std::remove_pointer_t<uchardet_t>, void (*)(uchardet_t)> detector(
      uchardet_new(), uchardet_delete);
  if (!detector || uchardet_handle_data(detector.get(), head.data(), head.size()) != 0) return {};
  uchardet_data_end(detector.get());
  const std::string found = converter_name(uchardet_get_charset(detector.get()));
  // East Asian multi-byte encodings have a structure that chance does not give; a finding of one stands.
  // Single-byte findings, and EUC ones that share GB2312's byte ranges, are weighed against GB2312.
  const bool structured = found == "GB18030" || found == "BIG5" || found == "windows-31j" ||
                          found == "EUC-JP" || found == "windows-949" || is_seven_bit(found);
  if (!structured && looks_like_gb2312(head)) return "GB18030";
  return found;
}

// Text has few control characters and few places that no encoding explains.
Status check_plausible(const DecodedText& decoded, std::uint64_t invalid) {
  const auto controls = static_cast<std::uint64_t>(
      std::count_if(decoded.text.begin(), decoded.text.end(), [](char c) {
        return (c >= 0 && c < 0x20 && (c < '\t' || c > '\r') && c != 0x1B) || c == 0x7F;
      }));
  if (controls * 50 > decoded.text.size()) {
    return fail(ErrorCode::kBadInput, "the file is binary, not text: it is full of control characters");
  }
  if (invalid * 20 > decoded.text.size()) {
    return fail(ErrorCode::kBadInput, "the file is binary, or text in an encoding that is not known");
  }
  return {};
}

Result<DecodedText> finish(std::string text, std::string encoding, std::uint64_t invalid) {
  DecodedText decoded{std::move(text), std::move(encoding), {}};
  GROUNDS_RETURN_IF_ERROR(check_plausible(decoded, invalid));
  normalise_line_ends(decoded.text);
  if (invalid > 0) {
    decoded.warnings.push_back(std::to_string(invalid) + " invalid " + decoded.encoding +
                               (invalid == 1 ? " sequence" : " sequences") + " replaced");
  }
  return decoded;
}

std::uint64_t count_replacements(std::string_view text) {
  std::uint64_t count = 0;
  for (std::size_t at = text.find("\xEF\xBF\xBD"); at != std::string_view::npos;
       at = text.find("\xEF\xBF\xBD", at + 3)) {
    ++count;
  }
  return count;
}

}  // namespace

Result<DecodedText> decode_text(std::string_view bytes, std::string_view declared) {
  if (bytes.size() > kMaxTextSourceBytes) {
    return fail(ErrorCode::kBadInput,
                "the file is too large: " + std::to_string(bytes.size() >> 20) + " MB of text, at most " +
                    std::to_string(kMaxTextSourceBytes >> 20) + " MB are read",
                "split it into smaller documents");
  }
  for (const Mark& mark : kMarks) {
    if (!bytes.starts_with(mark.bytes)) continue;
    const std::string_view rest = bytes.substr(mark.bytes.size());
    if (auto converted = convert(rest, mark.encoding)) {
      return finish(std::move(converted->text), mark.encoding, converted->invalid);
    }
  }
  const std::string declared_name = declared.empty() ? "" : converter_name(declared);
  if (is_seven_bit(declared_name)) {
    if (auto converted = convert(bytes, declared_name)) {
      return finish(std::move(converted->text), declared_name, converted->invalid);
    }
  }
  const bool has_zeros = bytes.find('\0') != std::string_view::npos;
  if (!has_zeros && is_valid_utf8(bytes)) return finish(std::string(bytes), "UTF-8", 0);
  if (!has_zeros && !declared_name.empty() && declared_name != "UTF-8") {
    auto converted = convert(bytes, declared_name);
    if (converted && converted->invalid == 0) return finish(std::move(converted->text), declared_name, 0);
  }
  if (has_zeros) {
    const std::string utf16 = unmarked_utf16(bytes);
    auto converted = utf16.empty() ? std::nullopt : convert(bytes, utf16);
    if (converted && converted->text.find('\0') == std::string::npos) {
      return finish(std::move(converted->text), utf16, converted->invalid);
    }
    return fail(ErrorCode::kBadInput, "the file is binary, not text: it has zero bytes");
  }
  // Mostly valid UTF-8 with a few broken places is UTF-8.
  std::string repaired = replace_invalid_utf8(bytes);
  const std::uint64_t broken = count_replacements(repaired) - count_replacements(bytes);
  const auto high_bytes = static_cast<std::uint64_t>(
      std::count_if(bytes.begin(), bytes.end(), [](char c) { return (c & 0x80) != 0; }));
  if (broken * 20 < high_bytes) return finish(std::move(repaired), "UTF-8", broken);

  const std::string detected = detect_encoding(bytes);
  for (const std::string& name : {detected, declared_name, std::string("windows-1252")}) {
    if (name.empty() || name == "UTF-8") continue;
    if (auto converted = convert(bytes, name)) {
      return finish(std::move(converted->text), name, converted->invalid);
    }
  }
  return fail(ErrorCode::kBadInput, "the file's encoding is not known");
}

std::string convert_to_utf8(std::string_view bytes, std::string_view encoding) {
  for (const std::string& name : {converter_name(encoding), std::string("windows-1252")}) {
    if (name == "UTF-8") return replace_invalid_utf8(bytes);
    auto converted = name.empty() ? std::nullopt : convert(bytes, name);
    if (converted) return std::move(converted->text);
  }
  return replace_invalid_utf8(bytes);
}

std::string declared_html_encoding(std::string_view bytes) {
  const std::string head = upper(bytes.substr(0, 4096));
  for (const std::string_view key : {"CHARSET", "ENCODING"}) {
    for (std::size_t at = head.find(key); at != std::string::npos; at = head.find(key, at + 1)) {
      // A declaration stands inside a <meta ...> or <?xml ...> tag.
      const std::size_t tag = head.rfind('<', at);
      if (tag == std::string::npos || head.find('>', tag) < at) continue;
      const std::string_view opening = std::string_view(head).substr(tag, 5);
      if (opening != "<META" && opening != "<?XML") continue;
      std::size_t begin = head.find_first_not_of(" \t\r\n", at + key.size());
      if (begin == std::string::npos || head[begin] != '=') continue;
      begin = head.find_first_not_of(" \t\r\n\"'", begin + 1);
      if (begin == std::string::npos) continue;
      const std::size_t end = head.find_first_of(" \t\r\n\"';>?/", begin);
      if (end != std::string::npos && end - begin <= 40) return head.substr(begin, end - begin);
    }
  }
  return {};
}

}  // namespace grounds::parsing
