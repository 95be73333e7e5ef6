#include "server/metrics.h"

#include <charconv>

namespace grounds {
namespace {

std::string number(double value) {
  std::array<char, 40> buffer{};
  auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return std::string(buffer.data(), end);
}

// name="value",... with the escapes of the format.
std::string shown(const Labels& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    out += (out.empty() ? "" : ",") + name + "=\"";
    for (char c : value) {
      if (c == '\\' || c == '"') out += '\\';
      if (c == '\n') out += "\\n";
      else out += c;
    }
    out += '"';
  }
  return out;
}

std::string line(const std::string& name, const std::string& labels, const std::string& value) {
  return name + (labels.empty() ? "" : "{" + labels + "}") + " " + value + "\n";
}

}  // namespace

void Metrics::describe(const std::string& name, const std::string& kind, const std::string& help) {
  std::lock_guard lock(mutex_);
  families_[name].kind = kind;
  families_[name].help = help;
}

void Metrics::add(const std::string& name, const Labels& labels, std::uint64_t count) {
  std::lock_guard lock(mutex_);
  families_[name].values[shown(labels)] += static_cast<double>(count);
}

void Metrics::set(const std::string& name, const Labels& labels, double value) {
  std::lock_guard lock(mutex_);
  families_[name].values[shown(labels)] = value;
}

void Metrics::observe(const std::string& name, const Labels& labels, double seconds) {
  std::lock_guard lock(mutex_);
  Histogram& histogram = families_[name].histograms[shown(labels)];
  for (std::size_t i = 0; i < kSeconds.size(); ++i)
    if (seconds <= kSeconds[i]) ++histogram.buckets[i];
  ++histogram.count;
  histogram.sum += seconds;
}

std::string Metrics::text() const {
  std::lock_guard lock(mutex_);
  std::string out;
  for (const auto& [name, family] : families_) {
    out += "# HELP " + name + " " + family.help + "\n# TYPE " + name + " " + family.kind + "\n";
    for (const auto& [labels, value] : family.values) out += line(name, labels, number(value));
    for (const auto& [labels, histogram] : family.histograms) {
      const std::string before = labels.empty() ? "" : labels + ",";
      for (std::size_t i = 0; i < kSeconds.size(); ++i)
        out += line(name + "_bucket", before + "le=\"" + number(kSeconds[i]) + "\"", std::to_string(histogram.buckets[i]));
      out += line(name + "_bucket", before + "le=\"+Inf\"", std::to_string(histogram.count));
      out += line(name + "_sum", labels, number(histogram.sum));
      out += line(name + "_count", labels, std::to_string(histogram.count));
    }
  }
  return out;
}

}  // namespace grounds
