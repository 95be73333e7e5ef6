#include "index/generation/retained.h"

#include <algorithm>

namespace grounds {

Result<RetainedGenerations> RetainedGenerations::read(Database& database, std::int64_t collection) {
  GROUNDS_ASSIGN_OR_RETURN(
      Statement statement,
      database.prepare("SELECT generation, pruned IS NOT NULL FROM generations WHERE collection = ? ORDER BY generation"));
  statement.bind(collection);
  RetainedGenerations retained;
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) return retained;
    if (statement.integer(1) != 0) retained.any_pruned_ = true;
    else retained.generations_.push_back(static_cast<Generation>(statement.integer(0)));
  }
}

bool RetainedGenerations::show(Generation created, std::optional<Generation> retired) const {
  if (!any_pruned_ || !retired) return true;
  auto first = std::ranges::lower_bound(generations_, created);
  return first != generations_.end() && *first < *retired;
}

}  // namespace grounds
