// Counters and histograms for Prometheus, in its text format (0.0.4).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace grounds {

using Labels = std::vector<std::pair<std::string, std::string>>;  // in the order in which they are shown

// Thread-safe. A name is one kind of metric with one set of label names: described once, in describe().
class Metrics {
 public:
  static constexpr std::array<double, 11> kSeconds{0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 20, 60};

  void describe(const std::string& name, const std::string& kind, const std::string& help);
  void add(const std::string& name, const Labels& labels, std::uint64_t count = 1);
  void set(const std::string& name, const Labels& labels, double value);
  void observe(const std::string& name, const Labels& labels, double seconds);
  std::string text() const;

 private:
  struct Histogram {
    std::array<std::uint64_t, kSeconds.size()> buckets{};
    std::uint64_t count = 0;
    double sum = 0;
  };
  struct Family {
    std::string kind, help;
    std::map<std::string, double> values;          // by labels as shown
    std::map<std::string, Histogram> histograms;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Family> families_;
};

}  // namespace grounds
