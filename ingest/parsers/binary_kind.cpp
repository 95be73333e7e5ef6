#include "ingest/parsers/binary_kind.h"

#include <array>

namespace grounds::parsing {
namespace {

struct Signature {
  std::size_t offset;
  std::string_view bytes;
  std::string_view kind;
};

using namespace std::string_view_literals;
constexpr std::array kSignatures = {
    Signature{0, "%PDF-"sv, "a PDF document"},
    Signature{0, "\x89PNG\r\n"sv, "a PNG image"},
    Signature{0, "\xFF\xD8\xFF"sv, "a JPEG image"},
    Signature{0, "GIF87a"sv, "a GIF image"},
    Signature{0, "GIF89a"sv, "a GIF image"},
    Signature{0, "II*\0"sv, "a TIFF image"},
    Signature{0, "MM\0*"sv, "a TIFF image"},
    Signature{8, "WEBP"sv, "a WebP image"},
    Signature{0, "\0\0\1\0"sv, "an icon"},
    Signature{0, "\x7F" "ELF"sv, "an ELF program"},
    Signature{0, "MZ\x90\0"sv, "a Windows program"},
    Signature{0, "\xCF\xFA\xED\xFE"sv, "a macOS program"},
    Signature{0, "\xCA\xFE\xBA\xBE"sv, "a Java class or macOS program"},
    Signature{0, "\0asm"sv, "a WebAssembly module"},
    Signature{0, "PK\3\4"sv, "a ZIP archive or an Office document"},
    Signature{0, "PK\5\6"sv, "an empty ZIP archive"},
    Signature{0, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv, "an old Office document or mail message (OLE)"},
    Signature{0, "{\\rtf"sv, "an RTF document"},
    Signature{0, "\x1F\x8B"sv, "a gzip archive"},
    Signature{0, "BZh"sv, "a bzip2 archive"},
    Signature{0, "\xFD" "7zXZ\0"sv, "an xz archive"},
    Signature{0, "7z\xBC\xAF\x27\x1C"sv, "a 7-Zip archive"},
    Signature{0, "\x28\xB5\x2F\xFD"sv, "a zstd archive"},
    Signature{0, "Rar!\x1A\x07"sv, "a RAR archive"},
    Signature{0, "MSCF\0\0\0\0"sv, "a CAB archive"},
    Signature{257, "ustar"sv, "a tar archive"},
    Signature{0, "SQLite format 3\0"sv, "an SQLite database"},
    Signature{0, "ID3"sv, "an MP3 recording"},
    Signature{0, "OggS"sv, "an Ogg recording"},
    Signature{0, "fLaC"sv, "a FLAC recording"},
    Signature{8, "WAVE"sv, "a WAV recording"},
    Signature{8, "AVI "sv, "an AVI video"},
    Signature{4, "ftyp"sv, "an MP4 video or HEIC image"},
    Signature{0, "\x1A\x45\xDF\xA3"sv, "a Matroska video"},
    Signature{0, "wOFF"sv, "a font"},
    Signature{0, "wOF2"sv, "a font"},
    Signature{0, "\0\1\0\0\0"sv, "a font"},
    Signature{0, "x\x9F\x3E\x22"sv, "a TNEF mail attachment"},
    Signature{0, "\xE4\x52\x5C\x7B\x8C\xD8\xA7\x4D"sv, "a OneNote notebook"},
    Signature{0, "!<arch>\n"sv, "a library archive"},
};

}  // namespace

std::string_view binary_kind(std::string_view bytes) {
  for (const Signature& signature : kSignatures) {
    if (bytes.size() >= signature.offset && bytes.substr(signature.offset).starts_with(signature.bytes)) {
      return signature.kind;
    }
  }
  return {};
}

}  // namespace grounds::parsing
