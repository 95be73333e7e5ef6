// A text in Unicode normal form KC, that remembers where in the source each part came from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace grounds {

// Full-width letters, compatibility forms and decomposed letters become their usual selves. A text
// that is normal already is not copied: it must outlive this. Throws std::bad_alloc only.
class NormalText {
 public:
  explicit NormalText(std::string_view source);
  NormalText(const NormalText&) = delete;
  NormalText& operator=(const NormalText&) = delete;

  std::string_view text() const { return text_; }
  // The source bytes that became [begin, end) of the text. Fast when called with ascending places.
  std::uint32_t source_begin(std::uint32_t begin) const;
  std::uint32_t source_end(std::uint32_t end) const;

 private:
  struct Change {
    std::uint32_t begin, end;                // in text()
    std::uint32_t source_begin, source_end;
  };
  const Change* change_before(std::uint32_t place) const;

  std::string normalized_;
  std::string_view text_;
  std::vector<Change> changes_;
};

}  // namespace grounds
