// Exports, and what the checker in samples/ makes of them: it shares no code with the ledger.
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <functional>

#include "support.h"

using namespace grounds;
using namespace grounds::test;

namespace {

std::vector<std::string> export_lines(LedgerFixture& fixture, const ExportOptions& options = {}) {
  std::vector<std::string> lines;
  must(fixture.ledger->export_records(options, [&](std::string_view line) -> Status {
    lines.emplace_back(line);
    return {};
  }));
  return lines;
}

struct Checked {
  int exit_code = -1;
  Json report;
  std::string problems() const {
    std::string text;
    if (!report.is_object()) return text;
    for (const Json& problem : report["problems"]) {
      if (!text.empty()) text += ' ';
      text += problem["kind"].get<std::string>();
      text += '@';
      text += problem["record"].is_null() ? "export" : std::to_string(problem["record"].get<int>());
    }
    return text;
  }
};

Checked python_check(LedgerFixture& fixture, const std::vector<std::string>& lines, const std::string& options = {}) {
  std::string content;
  for (const std::string& line : lines) content += line + "\n";
  const std::string file = fixture.directory / "export.jsonl";
  must(fixture.files.write_durably(file, content));
  const std::string command = "python3 -I '" VERIFY_EXPORT "' '" + file + "' --json " + options + " 2>&1";
  FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string output;
  std::array<char, 4096> buffer{};
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) output.append(buffer.data(), n);
  Checked checked;
  checked.exit_code = WEXITSTATUS(::pclose(pipe));
  INFO(output);
  checked.report = Json::parse(output, nullptr, false);
  CHECK((checked.exit_code == 2 || checked.report.is_object()));
  return checked;
}

std::string keep_head(LedgerFixture& fixture, const SignedHead& head) {
  const std::string file = fixture.directory / "head.json";
  must(fixture.files.write_durably(file, signed_head_json(head).dump()));
  return "--head '" + file + "'";
}

// A changed copy of line `index`, written back without care for canonical form, which does not matter.
std::vector<std::string> edited(std::vector<std::string> lines, std::size_t index, const std::function<void(Json&)>& edit) {
  Json object = Json::parse(lines[index]);
  edit(object);
  lines[index] = object.dump();
  return lines;
}

}  // namespace

TEST_CASE("an export holds every record and ends with the signed head, which is noted as an anchor") {
  LedgerFixture fixture;
  fixture.fill(3);
  const auto lines = export_lines(fixture);
  REQUIRE(lines.size() == 7);
  for (std::size_t i = 0; i < 6; ++i) {
    const Json record = must(parse_json(lines[i]));
    CHECK(record["sequence"] == i + 1);
    CHECK(lines[i] == must(canonical_json(record)));
  }
  const SignedHead head = must(parse_signed_head(lines.back()));
  CHECK(head.records == 6);
  CHECK(head.head == must(fixture.ledger->head()).hash);
  CHECK_FALSE(fixture.verify().unanchored_since);
}

TEST_CASE("the independent checker accepts what was exported") {
  LedgerFixture fixture;
  auto ids = fixture.fill(12);
  must(fixture.ledger->append_opened(fixture.ledger->new_answer_id(), {{{"x", 1e300}, {"y", -0.0}, {"é\xEE\x80\x80\xF0\x9F\x93\x88", "\x7f\x1f"}}, {}}));
  must(fixture.ledger->erase_texts({ids[2], ids[5]}, {"question"}, "request 12"));
  const SignedHead kept = must(fixture.ledger->anchor());
  fixture.fill(2);
  const auto lines = export_lines(fixture);
  const Checked checked = python_check(fixture, lines, keep_head(fixture, kept) + " --key " + kept.key);
  CHECK(checked.exit_code == 0);
  CHECK(checked.problems() == "");
  CHECK(checked.report["records"] == lines.size() - 1);
  CHECK(checked.report["texts"] == 14 * 3 - 2);
  CHECK(checked.report["erased"] == 2);
  CHECK(checked.report["kept_head"] == true);
  CHECK(checked.report["head"] == must(fixture.ledger->head()).hash);
}

TEST_CASE("an export from a record on, and one without texts, are checked as far as they go") {
  LedgerFixture fixture;
  fixture.fill(3);
  const SignedHead kept = must(fixture.ledger->anchor());
  fixture.fill(3);
  const auto lines = export_lines(fixture, {.after_record = 6, .texts = false});
  CHECK(lines.size() == 7);
  CHECK(lines[0].find("\"texts\"") == std::string::npos);
  const Checked checked = python_check(fixture, lines, keep_head(fixture, kept));
  CHECK(checked.problems() == "");
  CHECK(checked.report["first"] == 7);
  CHECK(checked.report["kept_head"] == true);
  CHECK(export_lines(fixture, {.after_record = 99, .texts = true}).size() == 1);
  LedgerFixture empty;
  CHECK(python_check(empty, export_lines(empty)).problems() == "");
}

TEST_CASE("the independent checker names what was done to an export") {
  LedgerFixture fixture;
  const auto ids = fixture.fill(4);
  must(fixture.ledger->erase_texts({ids[1]}, {"question"}, "request 12"));  // record 9
  const auto lines = export_lines(fixture);
  const auto problems = [&](const std::vector<std::string>& changed) {
    const Checked checked = python_check(fixture, changed);
    CHECK(checked.exit_code == 1);
    return checked.problems();
  };
  CHECK(problems(edited(lines, 4, [](Json& r) { r["body"]["uri"] = "docs/other.md"; })) == "hash@5");
  CHECK(problems(edited(lines, 4, [](Json& r) { r["time"] = r["time"].get<std::int64_t>() + 1; })) == "hash@5");
  CHECK(problems(edited(lines, 4, [](Json& r) { r["hash"] = std::string(64, 'a'); })) == "hash@5 previous@6");
  CHECK(problems(edited(lines, 4, [](Json& r) { r["texts"]["question"]["text"] = "forged"; })) == "commitment@5");
  CHECK(problems(edited(lines, 4, [](Json& r) { r["texts"].erase("question"); })) == "missing_text@5");
  CHECK(problems(edited(lines, 4, [](Json& r) { r["texts"]["question"] = {{"erased", "2026-01-01T00:00:00Z"}}; })) ==
        "missing_text@5");
  CHECK(problems(edited(lines, 4, [](Json& r) { r["texts"]["more"] = {{"salt", ""}, {"text", ""}}; })) == "unknown_text@5");
  CHECK(problems(edited(lines, 4, [](Json& r) { r["more"] = 1; })) == "malformed@5");
  CHECK(problems(edited(lines, 4, [](Json& r) { r.erase("kind"); })).find("malformed@5") == 0);
  CHECK(problems(edited(lines, 9, [](Json& r) { r["records"] = 8; })) == "signature@export truncated@9");
  CHECK(problems(edited(lines, 9, [](Json& r) { r["time"] = "2026-01-01T00:00:00Z"; })) == "signature@export");

  auto changed = lines;
  changed.erase(changed.begin() + 3);
  CHECK(problems(changed) == "gap@4");
  changed = lines;
  std::swap(changed[3], changed[4]);
  CHECK(problems(changed).find("order@4") != std::string::npos);
  changed = lines;
  changed.pop_back();
  CHECK(problems(changed) == "signature@export");
  changed = lines;
  changed.erase(changed.end() - 2);
  CHECK(problems(changed) == "missing_text@3 truncated@8");  // the erasure's record went with it
  changed = lines;
  changed[2] = "{";
  CHECK(problems(changed) == "malformed@export gap@3 order@4 order@9");
  CHECK(problems({}) == "signature@export");
}

TEST_CASE("the independent checker finds a rebuilt chain by the kept head, and a foreign key") {
  LedgerFixture fixture(1);
  fixture.fill(3);
  const SignedHead kept = must(fixture.ledger->anchor());
  LedgerFixture other(2);  // as if somebody had written everything anew
  other.fill(4);
  const auto lines = export_lines(other);
  CHECK(python_check(other, lines).problems() == "");
  CHECK(python_check(other, lines, keep_head(other, kept)).problems() == "rebuilt@6");
  CHECK(python_check(other, lines, "--key " + kept.key).problems() == "signature@export");
  LedgerFixture shorter(3);
  shorter.fill(2);
  CHECK(python_check(shorter, export_lines(shorter), keep_head(shorter, kept)).problems() == "truncated@5");
  SignedHead forged = kept;
  forged.records = 2;
  CHECK(python_check(other, lines, keep_head(other, forged)).exit_code == 2);
}

TEST_CASE("an error of the receiver ends the export with it") {
  LedgerFixture fixture;
  fixture.fill(2);
  const auto result = fixture.ledger->export_records({}, [](std::string_view) -> Status {
    return fail(ErrorCode::kUnavailable, "the pipe is closed");
  });
  REQUIRE_FALSE(result);
  CHECK(result.error().message == "the pipe is closed");
  fixture.fill(1);
}

TEST_CASE("an export of a damaged ledger still comes out, for the checker to name what is damaged") {
  LedgerFixture fixture;
  fixture.fill(3);
  fixture.sql("UPDATE texts SET text = CAST(x'ff41' AS TEXT) WHERE sequence = 3 AND name = 'question'");
  fixture.sql("UPDATE entries SET body = '{' || char(10) || '}}' WHERE sequence = 5");
  fixture.sql("UPDATE entries SET answer_id = 'a\"b' WHERE sequence = 4");
  const Checked checked = python_check(fixture, export_lines(fixture));
  CHECK(checked.exit_code == 1);
  CHECK(checked.problems().find("commitment@3") != std::string::npos);
  CHECK(checked.problems().find("hash@4") != std::string::npos);
  CHECK(checked.problems().find("malformed@export") != std::string::npos);
}
