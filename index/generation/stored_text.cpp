#include "index/generation/stored_text.h"

#include <algorithm>
#include <cstring>

namespace grounds {

Result<std::vector<StoredText>> find_text_elsewhere(Workspace& workspace, const Space& space,
                                                    std::span<const std::uint8_t> text_hash) {
  GROUNDS_ASSIGN_OR_RETURN(CatalogConnection catalog, workspace.catalog());
  GROUNDS_ASSIGN_OR_RETURN(
      Statement statement,
      catalog->prepare("SELECT k.name, c.space, c.chunk_id FROM spaces s CROSS JOIN collections k CROSS JOIN chunks c "
                       "WHERE s.fingerprint = ?1 AND s.id <> ?3 AND k.id = s.collection AND k.deleted IS NULL AND "
                       "c.space = s.id AND c.text_hash = ?2 ORDER BY c.created DESC LIMIT 4"));
  statement.bind(space.fingerprint, text_hash, space.id);
  std::vector<StoredText> found;
  for (;;) {
    GROUNDS_ASSIGN_OR_RETURN(bool row, statement.step());
    if (!row) return found;
    StoredText& text = found.emplace_back(StoredText{statement.text(0), statement.integer(1), {}});
    std::span<const std::uint8_t> bytes = statement.blob(2);
    std::memcpy(text.chunk.bytes.data(), bytes.data(), std::min(bytes.size(), text.chunk.bytes.size()));
  }
}

}  // namespace grounds
