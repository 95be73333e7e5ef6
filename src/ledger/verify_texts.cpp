#include "ledger/verify_texts.h"

namespace grounds {
namespace {

// The names in the body of an erased entry; none if the body is something else.
std::vector<std::string> names_in(std::string_view body) {
  std::vector<std::string> names;
  const auto object = parse_json(body);
  if (!object || !object->is_object() || !object->contains("names") || !(*object)["names"].is_array()) return names;
  for (const Json& name : (*object)["names"])
    if (name.is_string()) names.push_back(name.get<std::string>());
  return names;
}

}  // namespace

Result<TextPass> TextPass::begin(Database& database, ProblemList& problems) {
  TextPass pass(database, problems);
  GROUNDS_ASSIGN_OR_RETURN(
      pass.rows_,
      database.prepare("SELECT sequence, name, answer_id, erased, salt, text FROM texts ORDER BY sequence, name"));
  GROUNDS_ASSIGN_OR_RETURN(pass.erasures_,
                           database.prepare("SELECT body FROM entries WHERE answer_id = ? AND kind = 'erased'"));
  GROUNDS_ASSIGN_OR_RETURN(
      pass.remains_, database.prepare("SELECT t.sequence FROM entries e JOIN texts t ON t.sequence = e.sequence WHERE "
                                      "e.answer_id = ? AND t.name = ? AND t.text IS NOT NULL LIMIT 1"));
  GROUNDS_RETURN_IF_ERROR(pass.advance());
  return pass;
}

Status TextPass::advance() {
  GROUNDS_ASSIGN_OR_RETURN(at_row_, rows_.step());
  return {};
}

Status TextPass::orphans_before(std::int64_t sequence) {
  while (at_row_ && rows_.integer(0) < sequence) {
    problems_->add(rows_.integer(0), "orphan_text", "text '" + rows_.text(1) + "' is there, its record is not");
    GROUNDS_RETURN_IF_ERROR(advance());
  }
  return {};
}

Status TextPass::check(const EntryColumns& entry) {
  GROUNDS_RETURN_IF_ERROR(orphans_before(entry.sequence));
  const auto commitments = parse_commitments(entry.commitments);
  if (!commitments) {  // reported as malformed: nothing to hold the texts against
    while (at_row_ && rows_.integer(0) == entry.sequence) GROUNDS_RETURN_IF_ERROR(advance());
    return {};
  }
  auto next = commitments->begin();
  const auto missing = [&](std::string_view name) {
    problems_->add(entry.sequence, "missing_text", "text '" + std::string(name) + "' is gone and was not erased");
  };
  while (at_row_ && rows_.integer(0) == entry.sequence) {
    const std::string name = rows_.text(1);
    for (; next != commitments->end() && next->first < name; ++next) missing(next->first);
    if (next == commitments->end() || next->first != name) {
      problems_->add(entry.sequence, "unknown_text", "text '" + name + "' is not one the record knows of");
    } else {
      GROUNDS_RETURN_IF_ERROR(check_row(entry, next->second));
      ++next;
    }
    GROUNDS_RETURN_IF_ERROR(advance());
  }
  for (; next != commitments->end(); ++next) missing(next->first);
  if (entry.kind == entry_kind_name(EntryKind::kErased)) return check_erasure(entry);
  return {};
}

Status TextPass::check_row(const EntryColumns& entry, std::string_view commitment) {
  const std::string name = rows_.text(1);
  if (rows_.text_view(2) != entry.answer_id)
    problems_->add(entry.sequence, "commitment", "text '" + name + "' is filed under another answer");
  const bool marked = !rows_.is_null(3);
  const bool salt = !rows_.is_null(4);
  const bool text = !rows_.is_null(5);
  if (!text && !marked) {
    problems_->add(entry.sequence, "missing_text", "text '" + name + "' was blanked and not erased");
  } else if (!text) {
    GROUNDS_ASSIGN_OR_RETURN(const bool on_record, erasure_on_record(entry.answer_id, name));
    if (!on_record)
      problems_->add(entry.sequence, "missing_text", "text '" + name + "' is marked as erased, but no record says so");
    if (salt) problems_->add(entry.sequence, "not_erased", "the salt of the erased text '" + name + "' is still there");
  } else if (rows_.blob(4).size() != kSaltBytes || text_commitment(rows_.blob(4), rows_.text_view(5)) != commitment) {
    problems_->add(entry.sequence, "commitment", "text '" + name + "' or its salt was changed after it was recorded");
  }
  return {};
}

Result<bool> TextPass::erasure_on_record(std::string_view answer_id, const std::string& name) {
  if (erasures_of_ != answer_id) {
    erasures_of_ = std::string(answer_id);
    erased_names_.clear();
    erasures_.bind(erasures_of_);
    while (true) {
      GROUNDS_ASSIGN_OR_RETURN(const bool row, erasures_.step());
      if (!row) break;
      for (std::string& erased : names_in(erasures_.text_view(0))) erased_names_.insert(std::move(erased));
    }
    erasures_.reset();
  }
  return erased_names_.contains(name);
}

Status TextPass::check_erasure(const EntryColumns& entry) {
  for (const std::string& name : names_in(entry.body)) {
    GROUNDS_ASSIGN_OR_RETURN(const bool remains, remains_.bind(entry.answer_id, name).step());
    if (remains)
      problems_->add(remains_.integer(0), "not_erased",
                     "text '" + name + "' is there, though record " + std::to_string(entry.sequence) + " says it was erased");
    remains_.reset();
  }
  return {};
}

Status TextPass::finish(std::int64_t last_record) {
  // One problem a record, not one a text: this is what a tail cut off leaves behind.
  std::int64_t reported = last_record;
  while (at_row_) {
    if (rows_.integer(0) > reported) {
      reported = rows_.integer(0);
      problems_->add(reported, "truncated", "texts of this record are there, the record is not: the ledger was cut off");
    }
    GROUNDS_RETURN_IF_ERROR(advance());
  }
  return {};
}

}  // namespace grounds
