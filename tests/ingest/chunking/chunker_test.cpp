// Chunking: what goes together, what is never cut, what every chunk is told about where it stands.
#include <doctest/doctest.h>

#include <random>

#include "ingest/chunking/chunker.h"
#include "ingest/chunking/text_splitter.h"
#include "ingest/parsers/extract_builder.h"
#include "tests/ingest/support/extracts.h"

using namespace grounds;
using grounds::testing::broken_chunk_rule;
using grounds::testing::count_tokens;
using grounds::testing::parse;

namespace {

std::vector<ChunkSpan> chunk(const Extract& extract, const ChunkingSettings& settings = {}) {
  auto chunks = chunk_extract(extract, settings, count_tokens);
  CHECK(broken_chunk_rule(extract, chunks, settings, count_tokens) == "");
  return chunks;
}

std::string text_of(const Extract& extract, const ChunkSpan& chunk) {
  return extract.text.substr(chunk.begin, chunk.end - chunk.begin);
}

std::string repeat(std::string_view text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

}  // namespace

TEST_CASE("a short document is one chunk, whatever sections it has") {
  const Extract extract = parse("a.md", "# Leave\n\nIntro.\n\n## Annual\n\n20 days.\n\n## Sick\n\nAs needed.\n");
  const auto chunks = chunk(extract);
  REQUIRE(chunks.size() == 1);
  CHECK(chunks[0].heading_path == std::vector<std::string>{"Leave"});
  CHECK(embedding_text(extract, chunks[0]) == extract.text);
}

TEST_CASE("sections that do not fit into one chunk get chunks of their own, with their headings' path") {
  const std::string body = repeat("Employees may take leave at any time. ", 16);
  const Extract extract = parse("a.md", "# Handbook\n\n## Annual leave\n\n" + body +
                                            "\n\n## Sick leave\n\n### Notice\n\n" + body + "\n");
  const auto chunks = chunk(extract);
  REQUIRE(chunks.size() == 2);
  CHECK(text_of(extract, chunks[0]).starts_with("Handbook\n\nAnnual leave\n\nEmployees"));
  CHECK(chunks[0].heading_path == std::vector<std::string>{"Handbook", "Annual leave"});
  CHECK(text_of(extract, chunks[1]).starts_with("Sick leave\n\nNotice\n\nEmployees"));
  CHECK(chunks[1].heading_path == std::vector<std::string>{"Handbook", "Sick leave", "Notice"});
  CHECK(embedding_text(extract, chunks[1]).starts_with("Handbook\nSick leave\n\nNotice\n\nEmployees"));
}

TEST_CASE("a long paragraph is cut at the ends of sentences, in parts of about equal size") {
  const Extract extract = parse("a.md", repeat("Each department keeps its own list of approvers and deputies. ", 40));
  const auto chunks = chunk(extract);
  REQUIRE(chunks.size() >= 3);
  for (const ChunkSpan& it : chunks) {
    CHECK(text_of(extract, it).ends_with("deputies."));
    CHECK(count_tokens(text_of(extract, it)) >= 120);
  }
}

TEST_CASE("a short rest of a section does not become a chunk of its own") {
  const std::string paragraph = repeat("Twelve tokens of text are in this one sentence. ", 7) + "\n\n";
  const Extract extract = parse("a.md", "# T\n\n" + repeat(paragraph, 3) + "Figure 1: the end.\n");
  const auto chunks = chunk(extract);
  CHECK(text_of(extract, chunks.back()).size() > 300);
  CHECK(text_of(extract, chunks.back()).ends_with("Figure 1: the end."));
}

TEST_CASE("Chinese paragraphs are cut at the ends of Chinese sentences") {
  const Extract extract = parse("a.md", repeat("员工入职满一年后可享受带薪年假，具体天数按工龄计算。", 30));
  const auto chunks = chunk(extract);
  REQUIRE(chunks.size() >= 3);
  for (const ChunkSpan& it : chunks) CHECK(text_of(extract, it).ends_with("。"));
}

TEST_CASE("a sentence that alone exceeds the budget is cut between words") {
  const Extract extract = parse("a.md", repeat("endless wording without any stop ", 200));
  const auto chunks = chunk(extract);
  REQUIRE(chunks.size() > 3);
  const std::string words = " endless wording without any stop ";
  for (const ChunkSpan& it : chunks) {
    std::string text = text_of(extract, it);
    const std::string first = text.substr(0, text.find(' '));
    const std::string last = text.substr(text.rfind(' ') + 1);
    CHECK(words.find(" " + first + " ") != std::string::npos);
    CHECK(words.find(" " + last + " ") != std::string::npos);
  }
}

TEST_CASE("a Chinese sentence that alone exceeds the budget is cut between words, not inside one") {
  const Extract extract = parse("a.md", repeat("数据库管理系统", 200));
  for (const ChunkSpan& it : chunk(extract)) {
    const std::string text = text_of(extract, it);
    CHECK((text.ends_with("数据库") || text.ends_with("管理") || text.ends_with("系统") || text.ends_with("管理系统")));
  }
}

TEST_CASE("a word that alone exceeds the budget is cut between characters") {
  const Extract extract = parse("a.txt", "id " + repeat("x1Y2é", 4000));
  const auto chunks = chunk(extract);
  CHECK(chunks.size() > 10);
}

TEST_CASE("every chunk of a table has its header: the first in its text, the others as context") {
  std::string table = "| Region | Month | Revenue |\n|---|---|---|\n";
  for (int i = 0; i < 120; ++i) table += "| North " + std::to_string(i) + " | March | 1,204 |\n";
  const Extract extract = parse("a.md", "# Sales\n\nBy region and month.\n\n" + table + "\nAfter the table.\n");
  const auto chunks = chunk(extract);
  REQUIRE(chunks.size() > 5);
  CHECK(text_of(extract, chunks[0]).find("Region | Month | Revenue\nNorth 0 |") != std::string::npos);
  CHECK(chunks[0].table_header.empty());
  for (std::size_t i = 1; i < chunks.size(); ++i) {
    INFO(text_of(extract, chunks[i]));
    const bool has_rows = text_of(extract, chunks[i]).starts_with("North");
    CHECK(has_rows == (chunks[i].table_header == "Region | Month | Revenue"));
    if (has_rows) {
      CHECK(embedding_text(extract, chunks[i]).starts_with("Sales\nRegion | Month | Revenue\nNorth"));
    }
  }
}

TEST_CASE("a table that fits stays whole, together with the line that introduces it") {
  std::string table = "| Code | Meaning |\n|---|---|\n";
  for (int i = 0; i < 12; ++i) table += "| ERR-10" + std::to_string(i) + " | pump fault |\n";
  const Extract extract = parse("a.md", repeat("Read this before you start. ", 25) + "\n\nThe error codes are:\n\n" + table);
  bool found = false;
  for (const ChunkSpan& it : chunk(extract)) {
    const std::string text = text_of(extract, it);
    if (text.find("Code | Meaning") == std::string::npos) continue;
    found = true;
    CHECK(text.find("ERR-1011 | pump fault") != std::string::npos);
  }
  CHECK(found);
}

TEST_CASE("a table row is cut only if it alone exceeds the budget") {
  std::string csv = "Name,Note\n";
  for (int i = 0; i < 30; ++i) csv += "Pump " + std::to_string(i) + "," + repeat("a longer note, ", i == 17 ? 100 : 3) + "\n";
  const Extract extract = parse("a.csv", csv);
  std::size_t cut = 0;
  for (const ChunkSpan& it : chunk(extract)) {
    if (!text_of(extract, it).starts_with("Pump") && !text_of(extract, it).starts_with("Name")) ++cut;
  }
  CHECK(cut >= 1);
  CHECK(cut <= 4);
}

TEST_CASE("a header that is longer than a quarter of the budget is shortened to whole cells") {
  std::string csv;
  for (int i = 0; i < 200; ++i) csv += (i ? ",Column" : "Column") + std::to_string(i);
  csv += "\n";
  for (int row = 0; row < 5; ++row) {
    for (int i = 0; i < 200; ++i) csv += (i ? ",v" : "v") + std::to_string(i);
    csv += "\n";
  }
  const Extract extract = parse("a.csv", csv);
  bool seen = false;
  for (const ChunkSpan& it : chunk(extract)) {
    if (it.table_header.empty()) continue;
    seen = true;
    CHECK(count_tokens(it.table_header) <= 90);
    CHECK(it.table_header.starts_with("Column0 | Column1 | "));
    CHECK(it.table_header.substr(it.table_header.rfind(' ') + 1).starts_with("Column"));
  }
  CHECK(seen);
}

TEST_CASE("rows of a table that hold nothing do not become a chunk") {
  const Extract extract = parse("a.md", "Before.\n\n| |\n|-|\n| |\n| |\n\nAfter.\n");
  for (const ChunkSpan& span : chunk(extract, {1, 1})) CHECK(!text_of(extract, span).empty());
}

TEST_CASE("the document's title is context unless the path or the text starts with it") {
  const std::string body = repeat("One more sentence of the policy. ", 60);
  const Extract extract = parse("a.md", "---\ntitle: Travel policy\n---\n\n## Flights\n\n" + body);
  CHECK(extract.title == "Travel policy");
  const auto chunks = chunk(extract);
  REQUIRE(chunks.size() >= 2);
  for (const ChunkSpan& it : chunks) CHECK(it.title == "Travel policy");
  CHECK(embedding_text(extract, chunks[0]).starts_with("Travel policy\nFlights\n\nOne"));
  CHECK(embedding_text(extract, chunks[1]).starts_with("Travel policy\nFlights\nOne"));
}

TEST_CASE("a title that the chunk's text starts with is not repeated before it") {
  const Extract extract = parse("a.md", "# One\n\nText.\n\n# Two\n\nMore.\n");
  const auto chunks = chunk(extract);
  REQUIRE(chunks.size() == 1);
  CHECK(chunks[0].title == "One");
  CHECK(embedding_text(extract, chunks[0]) == extract.text);
}

TEST_CASE("the file's name is not part of what is embedded, so that a rename embeds nothing anew") {
  const std::string text = "Plain sentence one. Plain sentence two.";
  const Extract a = parse("first.txt", text), b = parse("second.txt", text);
  CHECK(a.map_to_json() == b.map_to_json());
  CHECK(embedding_text(a, chunk(a)[0]) == embedding_text(b, chunk(b)[0]));
}

TEST_CASE("code is cut between lines and a mail's header stays whole") {
  std::string code = "```\n";
  for (int i = 0; i < 80; ++i) code += "set option_" + std::to_string(i) + " = value; // e.g. one. Two.\n";
  const Extract extract = parse("a.md", code + "```\n");
  const auto chunks = chunk(extract);
  REQUIRE(chunks.size() > 2);
  for (const ChunkSpan& it : chunks) {
    CHECK(text_of(extract, it).starts_with("set option_"));
    CHECK(text_of(extract, it).ends_with("// e.g. one. Two."));
  }
}

TEST_CASE("headings without text end up in a chunk all the same") {
  std::string text = "Before.\n\n";
  for (int i = 0; i < 100; ++i) text += "## Heading number " + std::to_string(i) + "\n\n";
  const Extract extract = parse("a.md", text);
  CHECK(chunk(extract).size() >= 2);
}

TEST_CASE("the settings' identity tells all that decides the spans") {
  ChunkingSettings a, b;
  b.target_tokens = 100;
  CHECK(a.identity() != b.identity());
  b = a;
  b.max_tokens = 100;
  CHECK(a.identity() != b.identity());
}

// Random documents of all kinds of blocks against the rules, checked by brute force.
TEST_CASE("every rule holds for random extracts and random budgets") {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    const std::vector<std::string> words = {"pump", "valve-7", "的", "年假", "《员工手册》", "v7.1.0", "max_connections",
                                            "a", "é", "😀", "。", "is", "done.", "Done!", "，", "ERR-1045", "\"quoted\""};
    const auto sentence = [&](int most) {
      std::string result;
      for (int i = below(most) + 1; i > 0; --i) result += words[static_cast<std::size_t>(below(static_cast<int>(words.size())))] + (below(4) ? " " : "");
      return result + ". ";
    };
    parsing::ExtractBuilder builder("random/1");
    if (below(2)) builder.set_title(sentence(12));
    for (int i = below(30) + 1; i > 0; --i) {
      switch (below(7)) {
        case 0: case 1: builder.open(BlockKind::kHeading, below(5) + 1); builder.append(sentence(below(8) ? 5 : 120)); break;
        case 2: {
          parsing::TableContent table;
          const int columns = below(below(6) ? 5 : 60) + 1;
          const auto row = [&] {
            std::vector<std::string> cells;
            for (int c = 0; c < columns; ++c) cells.push_back(below(5) ? sentence(below(9) ? 3 : 90) : "");
            return cells;
          };
          if (below(3)) table.header = row();
          for (int r = below(40); r > 0; --r) table.rows.push_back(row());
          builder.add_table(std::move(table));
          break;
        }
        case 3: builder.open(BlockKind::kCode); for (int l = below(40); l >= 0; --l) builder.append_verbatim("  " + sentence(9) + "\n"); break;
        case 4: builder.open(BlockKind::kListItem, 1, "- "); builder.append(sentence(40)); break;
        case 5: builder.open(BlockKind::kParagraph); builder.append(std::string(static_cast<std::size_t>(below(3000) + 1), 'x')); break;
        default: builder.open(BlockKind::kParagraph); for (int s = below(20); s >= 0; --s) builder.append(sentence(25));
      }
    }
    auto extract = builder.finish();
    if (!extract) continue;
    REQUIRE(extract->check().has_value());
    for (const auto& [target, most] : {std::pair{220u, 360u}, {40u, 64u}, {8u, 16u}, {500u, 64u}, {1u, 1u}}) {
      ChunkingSettings settings{target, most};
      INFO("target " << target << ", max " << most);
      const auto chunks = chunk_extract(*extract, settings, count_tokens);
      REQUIRE(broken_chunk_rule(*extract, chunks, settings, count_tokens) == "");
      REQUIRE(chunk_extract(*extract, settings, count_tokens).size() == chunks.size());
    }
  }
}

TEST_CASE("token counting costs at most about three passes over the text") {
  std::string text;
  for (int i = 0; i < 300; ++i) {
    text += "## Section " + std::to_string(i) + "\n\n" + repeat("This is a sentence of middling length. ", i % 40) + "\n\n";
  }
  const Extract extract = parse("a.md", text);
  std::size_t counted = 0;
  const auto chunks = chunk_extract(extract, {}, [&](std::string_view part) {
    counted += part.size();
    return count_tokens(part);
  });
  CHECK(chunks.size() > 100);
  CHECK(counted < 3 * extract.text.size());
}
