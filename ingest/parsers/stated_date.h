// The date a document gives for itself: "Effective: 2025-03-01", "生效日期：2025年3月1日", a mail's Date.
// Conservative: what can be read two ways ("03/04/2025") is not read at all.
#pragma once

#include <string>
#include <string_view>

#include "ingest/extract.h"

namespace grounds::parsing {

// The date that `text` starts with, as RFC 3339 ("2025-03-01"); "" if it starts with none. Forms:
// 2025-03-01 (with or without a time), 2025/3/1, 2025.3.1, 2025年3月1日, 1 March 2025, March 1st, 2025,
// and RFC 5322 ("Mon, 3 Mar 2025 10:00:00 +0800": the date as written, in the sender's zone).
std::string leading_date(std::string_view text);

// The date that a document states at its top with a label ("Effective: ...", "Version 3, effective ...",
// "生效日期：...", "本办法自...起施行"), at the end of its first heading or at the start of the line below
// that; or in its last lines, with a label of taking effect or of change. The date of taking effect goes
// before that of publication, that before the last change. "" if there is none.
std::string stated_date(const Extract& extract);

}  // namespace grounds::parsing
