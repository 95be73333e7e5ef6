// What is done to the ledger: each a LedgerChange, run by the commit queue.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ledger/commit_queue.h"
#include "ledger/entry_codec.h"
#include "ledger/ledger.h"

namespace grounds {

// Puts the opened entry of an answer, its closed entry, or both at the end of the chain.
class AppendChange final : public LedgerChange {
 public:
  explicit AppendChange(std::vector<PreparedEntry> entries) : entries_(std::move(entries)) {}
  Status check(Writer& writer) override;
  Status apply(Writer& writer) override;
  std::size_t bytes() const override;
  // After the commit: the entries as they stand in the chain.
  std::vector<LedgerEntry> take_entries();

 private:
  std::vector<PreparedEntry> entries_;
  std::vector<EntryPlace> places_;
};

// Signs a head and notes the signature; the key is made if there is none yet.
class AnchorChange final : public LedgerChange {
 public:
  // Without `head`: whatever the head is at that moment.
  AnchorChange(const FileSystem& file_system, std::string key_path, RandomSource& random,
               std::optional<LedgerHead> head)
      : file_system_(file_system), key_path_(std::move(key_path)), random_(random), head_(std::move(head)) {}
  Status check(Writer& writer) override;
  Status apply(Writer& writer) override;
  std::size_t bytes() const override { return 256; }
  const SignedHead& signed_head() const { return signed_head_; }

 private:
  const FileSystem& file_system_;
  const std::string key_path_;
  RandomSource& random_;
  std::optional<LedgerHead> head_;
  SignedHead signed_head_;
};

// Blanks texts and salts of some answers, and records it.
class EraseChange final : public LedgerChange {
 public:
  EraseChange(std::vector<std::string> answer_ids, const std::vector<std::string>& names, std::string reason,
              RandomSource& random)
      : answer_ids_(std::move(answer_ids)), names_(names), reason_(std::move(reason)), random_(random) {}
  Status check(Writer& writer) override;
  Status apply(Writer& writer) override;
  std::size_t bytes() const override { return 512 * answer_ids_.size(); }
  const ErasureReceipt& receipt() const { return receipt_; }

 private:
  Status erase(Writer& writer, const std::string& answer_id);

  const std::vector<std::string> answer_ids_;
  const std::vector<std::string>& names_;
  const std::string reason_;
  RandomSource& random_;
  ErasureReceipt receipt_;
};

}  // namespace grounds
