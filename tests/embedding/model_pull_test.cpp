#include "embedding/model_pull.h"

#include <Poco/Zip/Compress.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "base/hash.h"
#include "embedding/encoder.h"
#include "temporary_folder.h"
#include "tiny_model.h"

using namespace grounds;
using grounds::testing::TemporaryFolder;
using grounds::testing::TinyModel;

namespace {

// Fails the n-th call that changes something, and every one after it: the disk went away.
class FailingFrom final : public IoObserver {
 public:
  explicit FailingFrom(int n) : left_(n) {}
  IoDecision before(const IoCall& call) override {
    IoDecision decision;
    switch (call.operation) {
      case IoOperation::kRead: case IoOperation::kList: case IoOperation::kStatus: case IoOperation::kMap: break;
      default:
        if (left_-- <= 0) decision.error = EIO;
    }
    return decision;
  }
  void after(const IoCall&, int) override {}
  bool reached() const { return left_ < 0; }

 private:
  int left_;
};

// A repository with one package, and a registry that names it.
struct Repository {
  TemporaryFolder folder;
  TinyModel model;
  std::string package, package_sha256, model_sha256, tokenizer_sha256;
  int fetched = 0;

  Repository() {
    std::ostringstream out;
    Poco::Zip::Compress zip(out, true);
    const auto add = [&](const std::string& name, const std::string& content) {
      std::istringstream in(content);
      zip.addFile(in, Poco::DateTime(2024, 1, 1), Poco::Path(name));
      return sha256_hex(content);
    };
    add("README", "a package");
    model_sha256 = add("tiny.onnx", model.onnx());
    tokenizer_sha256 = add("tiny-tokenizer.json", model.tokenizer_json());
    zip.close();
    package = out.str();
    package_sha256 = sha256_hex(package);
  }

  std::string toml() const {
    return "[[model]]\nname = \"tiny\"\npackage = \"maven:group:tiny\"\nversion = \"1.0\"\npackage_sha256 = \"" + package_sha256 +
           "\"\nmodel_file = \"tiny.onnx\"\ntokenizer_file = \"tiny-tokenizer.json\"\nmodel_sha256 = \"" + model_sha256 +
           "\"\ntokenizer_sha256 = \"" + tokenizer_sha256 + "\"\n" + model.entry_toml();
  }
  ModelRegistry registry(const FileSystem& files) const {
    auto made = ModelRegistry::from_toml(files, folder.path("models"), toml());
    REQUIRE_MESSAGE(made, (made ? "" : made.error().message));
    return *made;
  }
  PackageFetcher fetcher() {
    return [this](const std::string& coordinates, const std::string& into) -> Result<std::string> {
      CHECK(coordinates == "group:tiny:1.0");
      ++fetched;
      std::ofstream(into + "/tiny-1.0.jar", std::ios::binary) << package;
      return into + "/tiny-1.0.jar";
    };
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    if (std::filesystem::exists(folder.path("models")))
      for (const auto& entry : std::filesystem::directory_iterator(folder.path("models"))) names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }
};

const FileSystem kFiles;

}  // namespace

TEST_CASE("a pulled model can be loaded, and pulling again fetches nothing") {
  Repository repository;
  const ModelRegistry registry = repository.registry(kFiles);
  std::vector<std::string> steps;
  const auto first = pull_model(registry, "tiny", [&](std::string_view step) { steps.emplace_back(step); }, repository.fetcher());
  REQUIRE_MESSAGE(first, (first ? "" : first.error().message));
  CHECK_FALSE(first->already_there);
  CHECK(steps.size() == 4);
  CHECK(repository.names() == std::vector<std::string>{".lock-tiny", "tiny"});
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(first->folder)) files += entry.is_regular_file();
  CHECK(files == 3);  // the model, the tokenizer, the compiled model; not the package
  CHECK(load_encoder(registry, "tiny"));

  const auto second = pull_model(registry, "tiny", {}, repository.fetcher());
  REQUIRE(second);
  CHECK(second->already_there);
  CHECK(repository.fetched == 1);
}

TEST_CASE("a package or a member with another hash is refused, and nothing is there") {
  for (int which = 0; which < 3; ++which) {
    Repository repository;
    std::string& hash = which == 0 ? repository.package_sha256 : which == 1 ? repository.model_sha256 : repository.tokenizer_sha256;
    hash[5] = hash[5] == '0' ? '1' : '0';
    const ModelRegistry registry = repository.registry(kFiles);
    const auto outcome = pull_model(registry, "tiny", {}, repository.fetcher());
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().code == ErrorCode::kDamaged);
    CHECK(outcome.error().message.find("SHA-256") != std::string::npos);
    CHECK_FALSE(registry.installed(*registry.find("tiny")));
    CHECK(load_encoder(registry, "tiny").error().code == ErrorCode::kNotFound);
  }
}

TEST_CASE("packages that are no archives, or lack a member, are damaged") {
  for (const bool empty_archive : {false, true}) {
    Repository repository;
    std::ostringstream out;
    Poco::Zip::Compress zip(out, true);
    std::istringstream in("a package");
    zip.addFile(in, Poco::DateTime(2024, 1, 1), Poco::Path("README"));
    zip.close();
    repository.package = empty_archive ? out.str() : "<html>502</html>";
    repository.package_sha256 = sha256_hex(repository.package);
    const ModelRegistry registry = repository.registry(kFiles);
    const auto outcome = pull_model(registry, "tiny", {}, repository.fetcher());
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().code == ErrorCode::kDamaged);
  }
}

TEST_CASE("a pull that failed at any step leaves all or nothing, and the next one succeeds") {
  int steps = 0;
  for (int n = 0;; ++n) {
    Repository repository;
    const auto failing = std::make_shared<FailingFrom>(n);
    const FileSystem files(failing);
    const ModelRegistry broken = repository.registry(files);
    const auto outcome = pull_model(broken, "tiny", {}, repository.fetcher());
    if (!failing->reached()) {
      REQUIRE(outcome);
      break;
    }
    ++steps;
    INFO("failing from change ", n);
    CHECK_FALSE(outcome);
    const ModelRegistry registry = repository.registry(kFiles);
    const ModelEntry entry = *registry.find("tiny");
    if (std::filesystem::exists(registry.folder_of(entry))) CHECK(verify_model(registry, entry));
    const int fetched_before = repository.fetched;
    const auto again = pull_model(registry, "tiny", {}, repository.fetcher());
    REQUIRE_MESSAGE(again, (again ? "" : again.error().message));
    CHECK(verify_model(registry, entry));
    CHECK(repository.fetched - fetched_before <= 1);
    if (fetched_before == 1) CHECK(repository.fetched == 1);  // it went on with what was there
  }
  CHECK(steps > 10);
}

TEST_CASE("a damaged model is replaced by pulling it again") {
  Repository repository;
  const ModelRegistry registry = repository.registry(kFiles);
  REQUIRE(pull_model(registry, "tiny", {}, repository.fetcher()));
  const std::string path = repository.folder.path("models/tiny/tiny.onnx");
  std::ofstream(path, std::ios::binary) << "damaged";
  CHECK(verify_model(registry, *registry.find("tiny")).error().code == ErrorCode::kDamaged);
  const auto outcome = pull_model(registry, "tiny", {}, repository.fetcher());
  REQUIRE(outcome);
  CHECK_FALSE(outcome->already_there);
  CHECK(verify_model(registry, *registry.find("tiny")));
  CHECK(repository.names() == std::vector<std::string>{".lock-tiny", "tiny"});
}

TEST_CASE("what cannot be fetched is unavailable, with the fetcher's reason") {
  Repository repository;
  const ModelRegistry registry = repository.registry(kFiles);
  const auto outcome = pull_model(registry, "tiny", {}, [](const std::string&, const std::string&) -> Result<std::string> {
    return fail(ErrorCode::kUnavailable, "no route");
  });
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().code == ErrorCode::kUnavailable);
  CHECK(outcome.error().message.find("no route") != std::string::npos);
}

TEST_CASE("models without a package, and unknown ones, cannot be pulled") {
  Repository repository;
  const ModelRegistry registry = repository.registry(kFiles);
  CHECK(pull_model(registry, "other", {}, repository.fetcher()).error().code == ErrorCode::kNotFound);
  repository.model.write_folder(repository.folder, "mine");
  CHECK(pull_model(registry, repository.folder.path("mine"), {}, repository.fetcher()).error().code == ErrorCode::kUsage);
  CHECK(repository.fetched == 0);
}

TEST_CASE("Maven failing, or not there, is said") {
  const TemporaryFolder folder;
  const std::string path = std::getenv("PATH") ? std::getenv("PATH") : "";
  ::setenv("PATH", folder.path().c_str(), 1);
  const auto missing = fetch_with_maven("g:a:1", folder.path());
  folder.write("mvn", "#!/bin/sh\necho '[ERROR] cannot resolve '\"$5\"\nexit 1\n");
  std::filesystem::permissions(folder.path("mvn"), std::filesystem::perms::owner_all);
  const auto failing = fetch_with_maven("g:a:1", folder.path());
  ::setenv("PATH", path.c_str(), 1);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ErrorCode::kUnavailable);
  CHECK(missing.error().hint.find("maven") != std::string::npos);
  REQUIRE_FALSE(failing);
  CHECK(failing.error().message.find("cannot resolve") != std::string::npos);
}
