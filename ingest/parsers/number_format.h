// Numbers as a spreadsheet shows them.
#pragma once

#include <string>
#include <string_view>

namespace grounds::parsing {

// A number format of Excel ("#,##0.00", "yyyy\年m\月d\日", "0.0%;-0.0%"), as far as text needs it: kind,
// decimals, grouping, percent, scale, text around it. Dates become 2025-03-01, 2025-03-01 14:30 or 14:30,
// negative numbers get a minus sign whatever the format does instead. Colours and conditions are passed over.
class NumberFormat {
 public:
  NumberFormat() = default;  // General
  explicit NumberFormat(std::string_view code);
  // One of Excel's built-in formats, by its number; General if there is none.
  static NumberFormat built_in(int id);

  bool is_date() const { return kind_ == Kind::kDate; }
  // `from_1904`: dates count from 1904, as in workbooks of old Macs.
  std::string format(double value, bool from_1904) const;

 private:
  enum class Kind { kGeneral, kNumber, kDate, kElapsed, kScientific, kText };
  void read_section(std::string_view section);
  void read_zero(std::string_view section);

  Kind kind_ = Kind::kGeneral;
  int decimals_ = 0;
  bool grouped_ = false, percent_ = false, has_day_ = false, has_time_ = false, has_seconds_ = false;
  int thousands_ = 0;  // trailing commas: each divides by 1000
  std::string before_, after_;
  std::string zero_;   // what stands for 0, where a format has a part of its own for it
  bool has_zero_ = false;
};

// The shortest decimal that Excel shows for a number: at most 15 digits.
std::string general_number(double value);

}  // namespace grounds::parsing
