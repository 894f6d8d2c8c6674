#include "observe/registry.hpp"

#include "bytes/utf8.hpp"

#include <coseal/error.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace coseal {
namespace {

bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
bool is_metric_name(std::string_view name) noexcept {
  const auto fits = [](char c) { return is_letter(c) || is_digit(c) || c == ':'; };
  return !name.empty() && !is_digit(name.front()) && std::ranges::all_of(name, fits);
}
/// "le" is the histograms', "__" Prometheus' own.
bool is_label_name(std::string_view name) noexcept {
  const auto fits = [](char c) { return is_letter(c) || is_digit(c); };
  return !name.empty() && !is_digit(name.front()) && std::ranges::all_of(name, fits) && name != "le" &&
         !name.starts_with("__");
}

void append_escaped(std::string& out, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\n')
      out += "\\n";
    else if (c == '\\' || (quotes && c == '"'))
      (out += '\\') += c;
    else
      out += c;
  }
}

void append_label(std::string& out, std::string_view name, std::string_view value) {
  if (!out.empty()) out += ',';
  out.append(name).append("=\"");
  append_escaped(out, value, true);
  out += '"';
}

std::string text_of(double value) {
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  if (std::isnan(value)) return "NaN";
  std::array<char, 32> text;
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

void append_sample(std::string& out, std::string_view name, std::string_view labels, std::string_view value) {
  out += name;
  if (!labels.empty()) ((out += '{') += labels) += '}';
  ((out += ' ') += value) += '\n';
}

/// Buckets count what is below their bound, those before included, so count is the last of them.
void append_histogram(std::string& out, const std::string& name, const std::string& labels,
                      const detail::histogram_cell& cell) {
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < cell.counts.size(); ++i) {
    below += cell.counts[i].load(std::memory_order_relaxed);
    std::string with_bound = labels;
    append_label(with_bound, "le", i == cell.bounds.size() ? "+Inf" : text_of(cell.bounds[i]));
    append_sample(out, name + "_bucket", with_bound, std::to_string(below));
  }
  append_sample(out, name + "_sum", labels, text_of(cell.sum.load(std::memory_order_relaxed)));
  append_sample(out, name + "_count", labels, std::to_string(below));
}

const char* type_of(metrics::registry::kind what) noexcept {
  switch (what) {
    case metrics::registry::kind::counter:
      return "counter";
    case metrics::registry::kind::gauge:
      return "gauge";
    case metrics::registry::kind::histogram:
      return "histogram";
  }
  return "untyped";
}

[[noreturn]] void refuse_metric(const std::string& name, const char* why) {
  throw error(errc::invalid_option, "metric " + name + ": " + why);
}

}  // namespace

std::uint64_t metrics_readings::of(const std::atomic<std::uint64_t>& cell) const {
  const auto found = counters_.find(const_cast<std::atomic<std::uint64_t>*>(&cell));
  return found == counters_.end() ? 0 : found->second;
}

std::int64_t metrics_readings::of(const std::atomic<std::int64_t>& cell) const {
  const auto found = gauges_.find(&cell);
  return found == gauges_.end() ? 0 : found->second;
}

void metrics_readings::keep_counters() const noexcept {
  for (const auto& [cell, more] : counters_)
    if (cell != nullptr) cell->fetch_add(more, std::memory_order_relaxed);
}

metrics::registry::cell metrics::registry::find_or_make(kind what, const std::string& name,
                                                        const std::string& help, const metric_labels& labels,
                                                        std::span<const double> bounds) {
  if (!is_metric_name(name)) refuse_metric(name, "no name of a metric");
  if (what == kind::counter && !name.ends_with("_total")) refuse_metric(name, "a counter ends in _total");
  if (!std::ranges::is_sorted(bounds, std::ranges::less_equal()) ||
      !std::ranges::all_of(bounds, [](double b) { return std::isfinite(b); }))
    refuse_metric(name, "bounds ascend and are finite");
  std::vector<std::string> label_names;
  std::string shown;
  for (const auto& [label, value] : labels) {
    utf8_validator check;
    if (!check.feed(std::as_bytes(std::span(value))) || !check.complete())
      refuse_metric(name, "the value of a label is UTF-8");
    if (!is_label_name(label) || std::ranges::count(label_names, label) != 0)
      refuse_metric(name, "a label of this name can not be");
    label_names.push_back(label);
    append_label(shown, label, value);
  }

  const std::lock_guard lock(mutex_);
  const family fresh{what, help, std::move(label_names), {bounds.begin(), bounds.end()}, {}};
  if (!families_.contains(name) && clashes(name, what))
    refuse_metric(name, "a histogram's series are called so");
  family& mine = families_.try_emplace(name, fresh).first->second;
  if (mine.what != fresh.what || mine.help != fresh.help || mine.label_names != fresh.label_names ||
      mine.bounds != fresh.bounds)
    refuse_metric(name, "there is another of this name");
  const auto found = mine.series.find(shown);
  if (found != mine.series.end()) return found->second;
  cell made;
  if (what == kind::counter)
    made = std::make_shared<std::atomic<std::uint64_t>>(0);
  else if (what == kind::gauge)
    made = std::make_shared<std::atomic<std::int64_t>>(0);
  else
    made = std::make_shared<detail::histogram_cell>(mine.bounds);
  return mine.series.emplace(std::move(shown), std::move(made)).first->second;
}

/// Under the lock: what a histogram shows must be no other family, or the text is refused as a whole.
bool metrics::registry::clashes(const std::string& name, kind what) const {
  for (const std::string_view suffix : {"_bucket", "_sum", "_count"}) {
    if (what == kind::histogram && families_.contains(name + std::string(suffix))) return true;
    if (!name.ends_with(suffix)) continue;
    const auto base = families_.find(name.substr(0, name.size() - suffix.size()));
    if (base != families_.end() && base->second.what == kind::histogram) return true;
  }
  return false;
}

void metrics::registry::add(const metrics_source& source) {
  const std::lock_guard lock(sources_mutex_);
  sources_.insert(&source);
}

void metrics::registry::remove(const metrics_source& source) noexcept {
  const std::lock_guard lock(sources_mutex_);
  if (sources_.erase(&source) == 0) return;
  try {
    metrics_readings last;
    source.read(last);
    last.keep_counters();
  } catch (...) {  // no memory: its last counts are lost
  }
}

std::string metrics::registry::prometheus() const {
  std::string out;
  // Until the text is made: a source that goes meanwhile would be counted twice.
  const std::lock_guard keep_sources(sources_mutex_);
  metrics_readings now;
  for (const metrics_source* source : sources_) source->read(now);
  const std::lock_guard lock(mutex_);
  for (const auto& [name, of_name] : families_) {
    ((out += "# HELP ") += name) += ' ';
    append_escaped(out, of_name.help, false);
    (((out += "\n# TYPE ") += name) += ' ') += type_of(of_name.what);
    out += '\n';
    for (const auto& [labels, of_labels] : of_name.series) {
      if (const auto* counts = std::get_if<std::shared_ptr<std::atomic<std::uint64_t>>>(&of_labels))
        append_sample(out, name, labels, std::to_string((*counts)->load() + now.of(**counts)));
      else if (const auto* shows = std::get_if<std::shared_ptr<std::atomic<std::int64_t>>>(&of_labels))
        append_sample(out, name, labels, std::to_string((*shows)->load() + now.of(**shows)));
      else
        append_histogram(out, name, labels, *std::get<std::shared_ptr<detail::histogram_cell>>(of_labels));
    }
  }
  return out;
}

}  // namespace coseal
