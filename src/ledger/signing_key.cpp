#include "ledger/signing_key.h"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <span>

#include "base/hash.h"

namespace grounds {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kSignatureBytes = 64;
constexpr std::uint64_t kMaxFileBytes = 64 * 1024;

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;

struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeDigest>;

EVP_PKEY* handle(void* key) { return static_cast<EVP_PKEY*>(key); }

// FileSystem::open() knows no file modes, so these two calls are made here, between its observer's ears.
Status create_private_file(const FileSystem& file_system, const std::string& path) {
  IoCall call{};
  call.operation = IoOperation::kOpen;
  call.mode = OpenMode::kCreate;
  call.path = path;
  const IoDecision decision = file_system.before(call);
  int error = decision.error;
  if (error == 0) {
    const int descriptor = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    error = descriptor < 0 ? errno : 0;
    if (descriptor >= 0) ::close(descriptor);
    file_system.after(call, error);
  }
  if (error != 0) return fail(io_error("cannot create the signing key", path, error));
  return {};
}

Status check_private(const FileSystem& file_system, const std::string& path) {
  IoCall call{};
  call.operation = IoOperation::kStatus;
  call.path = path;
  const IoDecision decision = file_system.before(call);
  int error = decision.error;
  struct stat status {};
  if (error == 0) {
    error = ::stat(path.c_str(), &status) != 0 ? errno : 0;
    file_system.after(call, error);
  }
  if (error != 0) return fail(io_error("cannot read the signing key", path, error));
  if ((status.st_mode & 077) != 0)
    return fail(ErrorCode::kRefused, "the signing key can be read by others than its owner: " + path,
                "run: chmod 600 '" + path + "', and consider making a new key");
  return {};
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<std::string> to_pem(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_secmem()));  // wiped when freed
  if (!bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return fail(ErrorCode::kInternal, "cannot encode the signing key");
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

}  // namespace

void SigningKey::Free::operator()(void* key) const { EVP_PKEY_free(handle(key)); }

Result<SigningKey> SigningKey::from_handle(Handle key) {
  std::array<std::uint8_t, kKeyBytes> raw{};
  std::size_t size = raw.size();
  if (!key || EVP_PKEY_get_raw_public_key(handle(key.get()), raw.data(), &size) != 1 || size != raw.size())
    return fail(ErrorCode::kInternal, "cannot derive the public key");
  return SigningKey(std::move(key), to_hex(raw));
}

Result<SigningKey> SigningKey::read(const FileSystem& file_system, const std::string& path) {
  if (const auto there = file_system.status(path); !there) return fail(Error(there.error()));
  GROUNDS_RETURN_IF_ERROR(check_private(file_system, path));
  GROUNDS_ASSIGN_OR_RETURN(std::string pem, file_system.read(path, kMaxFileBytes));
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Handle key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr) : nullptr);
  OPENSSL_cleanse(pem.data(), pem.size());
  if (!key || EVP_PKEY_get_id(handle(key.get())) != EVP_PKEY_ED25519)
    return fail(ErrorCode::kDamaged, "no Ed25519 key can be read from " + path,
                "restore ledger.key from a backup, or move it away: the next anchor makes a new key");
  return from_handle(std::move(key));
}

Result<SigningKey> SigningKey::create(const FileSystem& file_system, const std::string& path, RandomSource& random) {
  std::array<std::byte, kKeyBytes> seed{};
  random.fill(seed);
  Handle key(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr,
                                          reinterpret_cast<const unsigned char*>(seed.data()), seed.size()));
  OPENSSL_cleanse(seed.data(), seed.size());
  if (!key) return fail(ErrorCode::kInternal, "cannot make an Ed25519 key");
  GROUNDS_ASSIGN_OR_RETURN(std::string pem, to_pem(handle(key.get())));

  // Under another name first: a key file that exists is whole.
  const std::string draft = path + ".new";
  if (file_system.exists(draft)) GROUNDS_RETURN_IF_ERROR(file_system.remove(draft));
  GROUNDS_RETURN_IF_ERROR(create_private_file(file_system, draft));
  const Status written = [&]() -> Status {
    GROUNDS_ASSIGN_OR_RETURN(File file, file_system.open(draft, OpenMode::kReadWrite));
    GROUNDS_RETURN_IF_ERROR(file.write(0, std::as_bytes(std::span(pem))));
    GROUNDS_RETURN_IF_ERROR(file.sync());
    return file.close();
  }();
  OPENSSL_cleanse(pem.data(), pem.size());
  GROUNDS_RETURN_IF_ERROR(written);
  GROUNDS_RETURN_IF_ERROR(file_system.rename(draft, path));
  GROUNDS_RETURN_IF_ERROR(file_system.sync_directory(folder_of(path)));
  return from_handle(std::move(key));
}

Result<SignedHead> SigningKey::sign(std::string head, std::int64_t records, UnixMillis time) const {
  SignedHead result{std::move(head), records, time, {}, public_key_};
  GROUNDS_ASSIGN_OR_RETURN(const std::string message, signed_bytes(result));
  std::array<std::uint8_t, kSignatureBytes> signature{};
  std::size_t size = signature.size();
  const DigestContext context(EVP_MD_CTX_new());
  if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, handle(key_.get())) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, reinterpret_cast<const unsigned char*>(message.data()),
                     message.size()) != 1)
    return fail(ErrorCode::kInternal, "cannot sign the head of the ledger");
  result.signature = to_hex(signature);
  return result;
}

}  // namespace grounds
