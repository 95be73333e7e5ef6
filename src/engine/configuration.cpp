#include "engine/configuration.h"
#include "engine/ledger_settings.h"

#include <charconv>
#include <cmath>
#include <toml++/toml.h>

namespace grounds {
namespace {

// Collects the values of one file; the first thing wrong with it is kept, with its line.
class Reader {
 public:
  explicit Reader(std::string path) : path_(std::move(path)) {}

  void wrong(const toml::node& node, const std::string& what) {
    if (error_.empty())
      error_ = path_ + ", line " + std::to_string(node.source().begin.line) + ": " + what;
  }

  void read(const toml::node& node, const std::string& key, std::string& into) {
    if (auto value = node.value_exact<std::string>()) into = *value;
    else wrong(node, key + " must be a text in quotes");
  }
  void read(const toml::node& node, const std::string& key, bool& into) {
    if (auto value = node.value_exact<bool>()) into = *value;
    else wrong(node, key + " must be true or false");
  }
  void read(const toml::node& node, const std::string& key, int& into) {
    auto value = node.value_exact<std::int64_t>();
    if (value && *value >= 0 && *value <= 1'000'000) into = static_cast<int>(*value);
    else wrong(node, key + " must be a whole number");
  }
  // "30d", "12h", "90m" or "60s"; a whole number counts seconds.
  void read_age(const toml::node& node, const std::string& key, std::int64_t& seconds) {
    std::int64_t count = -1, unit = 1;
    if (auto number = node.value_exact<std::int64_t>()) count = *number;
    if (auto text = node.value_exact<std::string>(); text && text->size() > 1) {
      const char last = text->back();
      unit = last == 'd' ? 86'400 : last == 'h' ? 3'600 : last == 'm' ? 60 : last == 's' ? 1 : 0;
      const char* end = text->data() + text->size() - 1;
      auto [stop, error] = std::from_chars(text->data(), end, count);
      if (error != std::errc{} || stop != end || unit == 0) count = -1;
    }
    if (count >= 0 && count <= 1'000'000'000) seconds = count * unit;
    else wrong(node, key + " must be a time such as \"30d\", \"12h\" or a number of seconds");
  }
  void read_bytes(const toml::node& node, const std::string& key, int& into) {
    auto value = node.value_exact<std::int64_t>();
    if (value && *value >= 1024 && *value <= 256 << 20) into = static_cast<int>(*value);
    else wrong(node, key + " must be a number of bytes, at least 1024");
  }
  void read_seed(const toml::node& node, const std::string& key, std::optional<std::int64_t>& into) {
    auto value = node.value_exact<std::int64_t>();
    if (value && *value >= 0 && *value <= (std::int64_t{1} << 53)) into = *value;
    else wrong(node, key + " must be a whole number from 0 to 2^53");
  }
  void read_tokens(const toml::node& node, const std::string& key, std::int64_t& into) {
    auto value = node.value_exact<std::int64_t>();
    if (value && *value >= 1 && *value <= 1'000'000'000'000) into = *value;
    else wrong(node, key + " must be a number of tokens, at least 1");
  }
  // In `parts` of a currency unit.
  void read_money(const toml::node& node, const std::string& key, std::int64_t parts, std::int64_t& into) {
    auto value = node.value<double>();
    if (node.is_number() && value && *value >= 0 && *value <= 1e6) into = std::llround(*value * static_cast<double>(parts));
    else wrong(node, key + " must be an amount from 0 to 1000000");
  }
  // A number, or "server" for the server's own default.
  void read_temperature(const toml::node& node, const std::string& key, std::optional<double>& into) {
    auto number = node.value<double>();
    if (node.is_number() && number && *number >= 0 && *number <= 2) into = *number;
    else if (node.value_exact<std::string>() == "server") into.reset();
    else wrong(node, key + " must be a number from 0 to 2, or \"server\" to leave it to the server");
  }
  void read(const toml::node& node, const std::string& key, Json& into) {
    if (const toml::table* table = node.as_table()) {
      into = Json::object();
      for (const auto& [name, value] : *table) read(value, key + "." + std::string(name.str()), into[std::string(name.str())]);
    } else if (const toml::array* list = node.as_array()) {
      into = Json::array();
      for (const toml::node& each : *list) read(each, key, into.emplace_back());
    } else if (auto text = node.value_exact<std::string>()) {
      into = *text;
    } else if (auto flag = node.value_exact<bool>()) {
      into = *flag;
    } else if (auto whole = node.value_exact<std::int64_t>()) {
      into = *whole;
    } else if (auto real = node.value_exact<double>()) {
      into = *real;
    } else {
      wrong(node, key + " holds what JSON has no value for");
    }
  }
  void read(const toml::node& node, const std::string& key, std::vector<std::string>& into) {
    const toml::array* list = node.as_array();
    if (!list) return wrong(node, key + " must be a list of texts");
    into.clear();
    for (const toml::node& each : *list) read(each, key, into.emplace_back());
  }
  void read(const toml::node& node, const std::string& key, Precision& into) {
    std::string name;
    read(node, key, name);
    if (auto precision = parse_precision(name)) into = *precision;
    else wrong(node, key + ": " + precision.error().message);
  }
  void read(const toml::node& node, const std::string& key, double& into) {
    if (auto value = node.value<double>(); value && node.is_number()) into = *value;
    else wrong(node, key + " must be a number");
  }
  void unknown(const toml::node& node, const std::string& key) { wrong(node, "unknown key '" + key + "'"); }

  Status status() const {
    if (error_.empty()) return {};
    return fail(ErrorCode::kUsage, error_, "the keys are described in docs/operations.md");
  }

 private:
  std::string path_;
  std::string error_;
};

const toml::table* as_table(Reader& reader, const toml::node& node, const std::string& key) {
  if (const toml::table* table = node.as_table()) return table;
  reader.wrong(node, key + " must be a table, [" + key + "]");
  return nullptr;
}

void read_access(Reader& reader, const toml::node& node, std::vector<AccessRule>& rules) {
  const toml::array* list = node.as_array();
  if (!list) return reader.wrong(node, "access must be a list of tables, [[access]]");
  for (const toml::node& each : *list) {
    const toml::table* table = as_table(reader, each, "access");
    if (!table) return;
    AccessRule& rule = rules.emplace_back();
    for (const auto& [key, value] : *table) {
      if (key == "path") reader.read(value, "access.path", rule.path);
      else if (key == "groups") reader.read(value, "access.groups", rule.groups);
      else reader.unknown(value, "access." + std::string(key));
    }
    if (rule.path.empty()) reader.wrong(each, "an [[access]] rule needs a path");
  }
}

// [backends.NAME.budget]
void read_budget(Reader& reader, const std::string& prefix, const toml::node& node, Budget& budget) {
  const toml::table* table = as_table(reader, node, prefix);
  if (!table) return;
  for (const auto& [name_of_key, value] : *table) {
    std::string_view key = name_of_key.str();
    const std::string full = prefix + "." + std::string(key);
    if (key == "tokens") {
      reader.read_tokens(value, full, budget.tokens.emplace());
    } else if (key == "money") {
      reader.read_money(value, full, 1'000'000'000, budget.money.emplace());
    } else if (key == "period") {
      std::string period;
      reader.read(value, full, period);
      if (period == "day") budget.period = Budget::Period::kDay;
      else if (period == "month") budget.period = Budget::Period::kMonth;
      else if (period == "total") budget.period = Budget::Period::kTotal;
      else reader.wrong(value, full + " must be \"day\", \"month\" or \"total\"");
    } else {
      reader.unknown(value, full);
    }
  }
}

// [prices.MODEL], per million tokens
void read_price(Reader& reader, const std::string& model, const toml::node& node, Price& price) {
  const std::string prefix = "prices." + model;
  const toml::table* table = as_table(reader, node, prefix);
  if (!table) return;
  for (const auto& [name_of_key, value] : *table) {
    std::string_view key = name_of_key.str();
    const std::string full = prefix + "." + std::string(key);
    if (key == "prompt") reader.read_money(value, full, 1'000'000, price.prompt);
    else if (key == "completion") reader.read_money(value, full, 1'000'000, price.completion);
    else if (key == "currency") reader.read(value, full, price.currency);
    else reader.unknown(value, full);
  }
  if (!table->contains("prompt") || !table->contains("completion"))
    reader.wrong(node, prefix + " needs 'prompt' and 'completion', each per million tokens");
  if (price.currency.empty() || price.currency.size() > 8) reader.wrong(node, prefix + ".currency must be a short name such as \"USD\"");
}

void read_backend(Reader& reader, const std::string& name, const toml::node& node, BackendSettings& backend) {
  const std::string prefix = "backends." + name;
  const toml::table* table = as_table(reader, node, prefix);
  if (!table) return;
  for (const auto& [name_of_key, value] : *table) {
    std::string_view key = name_of_key.str();
    std::string full = prefix + "." + std::string(key);
    if (key == "kind") reader.read(value, full, backend.kind);
    else if (key == "base_url") reader.read(value, full, backend.base_url);
    else if (key == "model") reader.read(value, full, backend.model);
    else if (key == "api_key_file") reader.read(value, full, backend.api_key_file);
    else if (key == "api_key_env") reader.read(value, full, backend.api_key_env);
    else if (key == "timeout_seconds") reader.read(value, full, backend.timeout_seconds);
    else if (key == "fallback") reader.read(value, full, backend.fallback);
    else if (key == "retries") reader.read(value, full, backend.retries);
    else if (key == "max_response_bytes") reader.read_bytes(value, full, backend.max_response_bytes);
    else if (key == "connect_timeout_seconds") reader.read(value, full, backend.connect_timeout_seconds);
    else if (key == "first_token_timeout_seconds") reader.read(value, full, backend.first_token_timeout_seconds);
    else if (key == "max_concurrent") reader.read(value, full, backend.max_concurrent);
    else if (key == "max_queue") reader.read(value, full, backend.max_queue);
    else if (key == "breaker_failures") reader.read(value, full, backend.breaker_failures);
    else if (key == "breaker_seconds") reader.read(value, full, backend.breaker_seconds);
    else if (key == "canary_interval") reader.read_age(value, full, backend.canary_interval_seconds);
    else if (key == "canaries") reader.read(value, full, backend.canaries);
    else if (key == "budget") read_budget(reader, full, value, backend.budget.emplace());
    else if (key == "temperature") reader.read_temperature(value, full, backend.temperature);
    else if (key == "seed") reader.read_seed(value, full, backend.seed);
    else if (key == "extra_body" && as_table(reader, value, full)) reader.read(value, full, backend.extra_body);
    else if (key != "extra_body") reader.unknown(value, full);
  }
  if (backend.kind != "openai") reader.wrong(node, prefix + ".kind must be \"openai\"");
  if (auto checked = check_backend(name, backend); !checked) reader.wrong(node, checked.error().message);
}

// [models.NAME]
void read_model(Reader& reader, const std::string& name, const toml::node& node, HttpModel& model) {
  const std::string prefix = "models." + name;
  const toml::table* table = as_table(reader, node, prefix);
  if (!table) return;
  model.name = name;
  std::string kind, encoding = "float";
  int timeout_seconds = 60;
  for (const auto& [name_of_key, value] : *table) {
    const std::string_view key = name_of_key.str();
    const std::string full = prefix + "." + std::string(key);
    if (key == "kind") reader.read(value, full, kind);
    else if (key == "base_url") reader.read(value, full, model.base_url);
    else if (key == "model") reader.read(value, full, model.model);
    else if (key == "query_model") reader.read(value, full, model.query_model);
    else if (key == "dimension") reader.read(value, full, model.dimension);
    else if (key == "max_tokens") reader.read(value, full, model.max_tokens);
    else if (key == "query_prefix") reader.read(value, full, model.query_prefix);
    else if (key == "passage_prefix") reader.read(value, full, model.passage_prefix);
    else if (key == "code_scale") reader.read(value, full, model.code_scale);
    else if (key == "max_batch") reader.read(value, full, model.max_batch);
    else if (key == "concurrency") reader.read(value, full, model.concurrency);
    else if (key == "encoding") reader.read(value, full, encoding);
    else if (key == "timeout_seconds") reader.read(value, full, timeout_seconds);
    else if (key == "retries") reader.read(value, full, model.retries);
    else if (key == "tokenizer") reader.read(value, full, model.tokenizer);
    else if (key == "api_key_file") reader.read(value, full, model.api_key_file);
    else if (key == "api_key_env") reader.read(value, full, model.api_key_env);
    else reader.unknown(value, full);
  }
  model.base64 = encoding == "base64";
  model.timeout = std::chrono::seconds(timeout_seconds);
  if (kind != "http") reader.wrong(node, prefix + ".kind must be \"http\"");
  else if (encoding != "float" && encoding != "base64") reader.wrong(node, prefix + ".encoding must be \"float\" or \"base64\"");
  else if (const auto checked = check_http_model(model); !checked) reader.wrong(node, checked.error().message);
}

void read_ledger_key(Reader& reader, const std::string& key, const toml::node& value, LedgerSettings& settings) {
  if (key == "ledger.timestamp_command") reader.read(value, key, settings.timestamp_command);
  else reader.unknown(value, key);
}

void read_section(Reader& reader, const std::string& section, const toml::table& table, Configuration& configuration) {
  LedgerSettings ledger_unused;  // checked here, read where it is used
  for (const auto& [name_of_key, value] : table) {
    std::string key = section + "." + std::string(name_of_key.str());
    if (section == "parties") reader.read(value, key, configuration.parties[std::string(name_of_key.str())]);
    else if (section == "backends")
      read_backend(reader, std::string(name_of_key.str()), value, configuration.backends[std::string(name_of_key.str())]);
    else if (section == "prices")
      read_price(reader, std::string(name_of_key.str()), value, configuration.prices[std::string(name_of_key.str())]);
    else if (section == "models")
      read_model(reader, std::string(name_of_key.str()), value, configuration.models[std::string(name_of_key.str())]);
    else if (key == "server.listen") reader.read(value, key, configuration.listen);
    else if (section == "ledger") read_ledger_key(reader, key, value, ledger_unused);
    else if (key == "server.writes") reader.read(value, key, configuration.writes);
    else if (key == "server.max_upload_bytes") reader.read_bytes(value, key, configuration.max_upload_bytes);
    else if (key == "server.drain_seconds") reader.read(value, key, configuration.drain_seconds);
    else if (key == "answer.backend") reader.read(value, key, configuration.backend);
    else if (key == "answer.reuse") reader.read(value, key, configuration.reuse);
    else if (key == "answer.reuse_max_age") reader.read_age(value, key, configuration.reuse_max_age_seconds);
    else if (key == "answer.numeric_samples") {
      reader.read(value, key, configuration.numeric_samples);
      if (configuration.numeric_samples < 1 || configuration.numeric_samples > 9) reader.wrong(value, "answer.numeric_samples must be 1 to 9");
    }
    else if (key == "answer.policy") {
      reader.read(value, key, configuration.policy);
      if (configuration.policy != "flag" && configuration.policy != "withhold")
        reader.wrong(value, "answer.policy must be \"flag\" or \"withhold\"");
    }
    else if (key == "embedding.precision") reader.read(value, key, configuration.precision);
    else if (key == "embedding.streams") reader.read(value, key, configuration.streams);
    else if (key == "web.hosts") reader.read(value, key, configuration.web.hosts);
    else if (key == "web.private_hosts") reader.read(value, key, configuration.web.private_hosts);
    else if (key == "web.timeout_seconds") reader.read(value, key, configuration.web.timeout_seconds);
    else if (key == "web.max_megabytes") reader.read(value, key, configuration.web.max_megabytes);
    else if (key == "web.max_urls") reader.read(value, key, configuration.web.max_urls);
    else if (key == "ingest.commit_chunks") reader.read(value, key, configuration.commit_chunks);
    else if (key == "ingest.commit_seconds") reader.read(value, key, configuration.commit_seconds);
    else if (key == "ingest.atomic_chunks") reader.read(value, key, configuration.atomic_chunks);
    else reader.unknown(value, key);
  }
}

tl::unexpected<Error> wrong_variable(const std::string& name, const std::string& value, const std::string& expected) {
  return fail(ErrorCode::kUsage, "environment variable " + name + " is '" + value + "', not " + expected,
              "set it right, or unset it");
}

Status read_environment(const std::function<std::optional<std::string>(const std::string&)>& environment,
                        Configuration& configuration) {
  if (auto value = environment("GROUNDS_SERVER_LISTEN")) configuration.listen = *value;
  if (auto value = environment("GROUNDS_ANSWER_BACKEND")) configuration.backend = *value;
  for (auto [name, into] : {std::pair{"GROUNDS_ANSWER_REUSE", &configuration.reuse}, {"GROUNDS_SERVER_WRITES", &configuration.writes}}) {
    auto value = environment(name);
    if (!value) continue;
    if (*value != "true" && *value != "false") return wrong_variable(name, *value, "true or false");
    *into = *value == "true";
  }
  if (auto value = environment("GROUNDS_EMBEDDING_PRECISION")) {
    auto precision = parse_precision(*value);
    if (!precision) return wrong_variable("GROUNDS_EMBEDDING_PRECISION", *value, "int8, bf16 or f32");
    configuration.precision = *precision;
  }
  for (auto [name, into] : {std::pair{"GROUNDS_EMBEDDING_STREAMS", &configuration.streams},
                            {"GROUNDS_INGEST_COMMIT_CHUNKS", &configuration.commit_chunks},
                            {"GROUNDS_INGEST_COMMIT_SECONDS", &configuration.commit_seconds},
                            {"GROUNDS_INGEST_ATOMIC_CHUNKS", &configuration.atomic_chunks}}) {
    auto value = environment(name);
    if (!value) continue;
    auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), *into);
    if (error != std::errc{} || end != value->data() + value->size() || *into < 0 || *into > 1'000'000)
      return wrong_variable(name, *value, "a whole number");
  }
  return {};
}

}  // namespace

Result<Configuration> Configuration::load(
    const FileSystem& file_system, const std::string& path,
    const std::function<std::optional<std::string>(const std::string&)>& environment) {
  Configuration configuration;
  if (file_system.exists(path)) {
    GROUNDS_ASSIGN_OR_RETURN(std::string text, file_system.read(path, 1 << 20));
    Reader reader(path);
    try {
      toml::table root = toml::parse(text);
      for (const auto& [name_of_key, value] : root) {
        std::string section(name_of_key.str());
        if (section == "access") {
          read_access(reader, value, configuration.access);
        } else if (section == "server" || section == "answer" || section == "embedding" || section == "ingest" ||
                   section == "backends" || section == "models" || section == "parties" || section == "web" ||
                   section == "ledger" || section == "prices") {
          if (const toml::table* table = as_table(reader, value, section))
            read_section(reader, section, *table, configuration);
          if (auto checked = check_web_settings(configuration.web); !checked) reader.wrong(value, "web: " + checked.error().message);
        } else {
          reader.unknown(value, section);
        }
      }
    } catch (const toml::parse_error& error) {
      return fail(ErrorCode::kUsage,
                  path + ", line " + std::to_string(error.source().begin.line) + ": " + std::string(error.description()),
                  "the file is TOML; see docs/operations.md");
    }
    GROUNDS_RETURN_IF_ERROR(reader.status());
    for (auto& [name, backend] : configuration.backends) {
      if (auto price = configuration.prices.find(backend.model); price != configuration.prices.end()) backend.price = price->second;
      if (backend.budget && backend.budget->money && !backend.price)
        return fail(ErrorCode::kUsage, path + ": backends." + name + ".budget.money: model '" + backend.model + "' has no price",
                    "add [prices.\"" + backend.model + "\"] with prompt and completion, each per million tokens");
    }
    for (const auto& [name, backend] : configuration.backends)
      for (const std::string& fallback : backend.fallback)
        if (fallback != "extractive" && !configuration.backends.contains(fallback))
          return fail(ErrorCode::kUsage, path + ": backends." + name + ".fallback names '" + fallback + "', which is no backend",
                      "name one of [backends.NAME], or extractive");
  }
  GROUNDS_RETURN_IF_ERROR(read_environment(environment, configuration));
  return configuration;
}

Result<LedgerSettings> load_ledger_settings(const FileSystem& file_system, const std::string& path) {
  LedgerSettings settings;
  if (!file_system.exists(path)) return settings;
  GROUNDS_ASSIGN_OR_RETURN(std::string text, file_system.read(path, 1 << 20));
  Reader reader(path);
  try {
    const toml::table root = toml::parse(text);
    if (const toml::table* table = root["ledger"].as_table())
      for (const auto& [name, value] : *table) read_ledger_key(reader, "ledger." + std::string(name.str()), value, settings);
  } catch (const toml::parse_error& error) {
    return fail(ErrorCode::kUsage, path + ": " + std::string(error.description()), "the file is TOML; see docs/operations.md");
  }
  GROUNDS_RETURN_IF_ERROR(reader.status());
  return settings;
}

}  // namespace grounds
