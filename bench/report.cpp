#include "report.hpp"

#include "machine.hpp"
#include "statistics.hpp"

#include <array>
#include <cstdarg>
#include <cstdio>
#include <iostream>
#include <sstream>

namespace coseal::bench {
namespace {

[[gnu::format(printf, 1, 2)]] std::string format(const char* pattern, ...) {
  std::array<char, 256> text{};
  va_list arguments;
  va_start(arguments, pattern);
  std::vsnprintf(text.data(), text.size(), pattern, arguments);
  va_end(arguments);
  return text.data();
}

std::string ratio_text(const std::optional<double>& value) {
  return value ? format("%.2f", *value) : "-";
}
std::string rate_text(const std::optional<double>& value) {
  return value ? short_number(*value) : "-";
}
std::string bytes_text(const std::optional<double>& value) {
  return value ? format("%.0f", *value) : "-";
}
std::string time_text(const std::optional<double>& value) {
  if (!value) return "-";
  return *value < 10 ? format("%.3f", *value) : format("%.1f", *value);
}

constexpr auto row_pattern = "%-16s %-13s %-7s %8s %-9s %-7s %9s %9s %6s %6s %9s %9s %7s\n";

void print_table_head(bool idle) {
  if (idle) {
    std::printf("%-16s %-13s %-7s %14s %15s %15s %14s %12s %12s\n", "scenario", "level", "carrier",
                "RSS bytes/conn", "heap bytes/conn", "kernel/conn", "plain Asio RSS", "wake p50 us",
                "wake p99 us");
  } else {
    std::printf(row_pattern, "scenario", "level", "carrier", "size", "aead", "api", "rate/s", "plain/s",
                "ratio", "floor", "p50 us", "p99 us", "spread");
  }
}

void print_row(const figure& f) {
  const std::string level = f.level ? std::string(to_string(*f.level)) : "-";
  const std::string carrier = f.carrier ? std::string(to_string(*f.carrier)) : "-";
  if (f.bytes_per_connection) {
    std::printf("%-16s %-13s %-7s %14.0f %15.0f %15s %14s %12s %12s\n", f.scenario.c_str(), level.c_str(),
                carrier.c_str(), *f.bytes_per_connection, f.heap_bytes_per_connection.value_or(0),
                bytes_text(f.kernel_bytes_per_connection).c_str(),
                bytes_text(f.baseline_bytes_per_connection).c_str(), time_text(f.p50_us).c_str(),
                time_text(f.p99_us).c_str());
    return;
  }
  const std::string form = f.form ? std::string(to_string(*f.form)) : "-";
  std::printf(row_pattern, f.scenario.c_str(), level.c_str(), carrier.c_str(),
              f.size ? short_size(*f.size).c_str() : "-", f.aead.value_or("-").c_str(), form.c_str(),
              rate_text(f.rate).c_str(), rate_text(f.baseline_rate).c_str(), ratio_text(f.ratio).c_str(),
              ratio_text(f.floor_ratio).c_str(), time_text(f.p50_us).c_str(), time_text(f.p99_us).c_str(),
              format("%.0f %%", f.spread * 100).c_str());
}

/// All our strings are names without characters that JSON would have escaped.
class json_object {
 public:
  void add(const char* key, const std::optional<std::string>& value) {
    start(key);
    if (value)
      out_ << '"' << *value << '"';
    else
      out_ << "null";
  }
  void add(const char* key, const std::optional<double>& value, const char* pattern = "%.6g") {
    start(key);
    if (value) {
      std::array<char, 64> text{};
      std::snprintf(text.data(), text.size(), pattern, *value);
      out_ << text.data();
    } else {
      out_ << "null";
    }
  }
  std::string text() const { return out_.str() + "}"; }

 private:
  void start(const char* key) {
    out_ << (empty_ ? "{\"" : ", \"") << key << "\": ";
    empty_ = false;
  }
  std::ostringstream out_;
  bool empty_ = true;
};

template <typename Enum>
std::optional<std::string> name_of(const std::optional<Enum>& value) {
  if (!value) return std::nullopt;
  return std::string(to_string(*value));
}

}  // namespace

void figure::take(const series& subject) {
  rate = median(subject.rates);
  spread = bench::spread(subject.rates);
  runs = static_cast<int>(subject.rates.size());
  if (!subject.p50_us.empty()) p50_us = median(subject.p50_us);
  if (!subject.p99_us.empty()) p99_us = median(subject.p99_us);
}

void figure::compare_to_baseline(const series& subject, const series& baseline) {
  baseline_rate = median(baseline.rates);
  ratio = median_ratio(subject, baseline);
}

void figure::compare_to_floor(const series& subject, const series& floor) {
  floor_rate = median(floor.rates);
  floor_ratio = median_ratio(subject, floor);
}

report::report(const options& o) : json_(o.json) {
  (json_ ? std::cerr : std::cout) << describe_machine(o) << '\n' << std::flush;
  if (!json_) print_table_head(o.scenario == "idle");
  std::fflush(stdout);
}

void report::add(figure f) {
  if (json_) {
    std::puts(to_json(f).c_str());
  } else {
    print_row(f);
  }
  std::fflush(stdout);
  figures_.push_back(std::move(f));
}

std::string short_number(double value) {
  struct unit {
    double factor;
    const char* letter;
  };
  for (const auto& [factor, letter] : {unit{1e9, " G"}, unit{1e6, " M"}, unit{1e3, " k"}, unit{1, ""}}) {
    if (value < factor) continue;
    const double scaled = value / factor;
    return format(scaled < 10 ? "%.2f%s" : scaled < 100 ? "%.1f%s" : "%.0f%s", scaled, letter);
  }
  return format("%.2f", value);
}

std::string short_size(std::size_t bytes) {
  if (bytes >= 1 << 20 && bytes % (1 << 20) == 0) return format("%zu MiB", bytes >> 20);
  if (bytes >= 1 << 10 && bytes % (1 << 10) == 0) return format("%zu KiB", bytes >> 10);
  return format("%zu B", bytes);
}

std::string to_json(const figure& f) {
  json_object o;
  o.add("scenario", std::optional(f.scenario));
  o.add("level", name_of(f.level));
  o.add("carrier", name_of(f.carrier));
  o.add("size", f.size ? std::optional(static_cast<double>(*f.size)) : std::nullopt, "%.0f");
  o.add("aead", f.aead);
  o.add("api", name_of(f.form));
  o.add("rate", f.rate);
  o.add("baseline_rate", f.baseline_rate);
  o.add("floor_rate", f.floor_rate);
  o.add("ratio", f.ratio, "%.4f");
  o.add("floor_ratio", f.floor_ratio, "%.4f");
  o.add("p50_us", f.p50_us, "%.3f");
  o.add("p99_us", f.p99_us, "%.3f");
  o.add("bytes_per_connection", f.bytes_per_connection, "%.0f");
  o.add("heap_bytes_per_connection", f.heap_bytes_per_connection, "%.0f");
  o.add("kernel_bytes_per_connection", f.kernel_bytes_per_connection, "%.0f");
  o.add("baseline_bytes_per_connection", f.baseline_bytes_per_connection, "%.0f");
  o.add("runs", std::optional(static_cast<double>(f.runs)), "%.0f");
  o.add("spread", std::optional(f.spread), "%.4f");
  return o.text();
}

}  // namespace coseal::bench
