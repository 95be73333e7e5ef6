// Which chunks and versions the generations that are kept still show.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/sqlite.h"
#include "grounds/result.h"
#include "index/segment/chunk_id.h"

namespace grounds {

// The generations of a collection that have not been pruned. A value type.
class RetainedGenerations {
 public:
  static Result<RetainedGenerations> read(Database& database, std::int64_t collection);
  // Whether one of them is in [created, retired). What is not retired is of the newest, which always is.
  bool show(Generation created, std::optional<Generation> retired) const;
  // Whether all there ever were are retained, so that everything is needed.
  bool all() const { return !any_pruned_; }

 private:
  std::vector<Generation> generations_;  // ascending
  bool any_pruned_ = false;
};

}  // namespace grounds
