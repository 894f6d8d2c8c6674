#include "progress_bar.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <unistd.h>

namespace coseal::tool {
namespace {

std::string in_units(double amount, const char* suffix) {
  static constexpr std::array<const char*, 5> units = {"B", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  while (amount >= 999.5 && unit + 1 < units.size()) amount /= 1000, ++unit;
  char text[48];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s%s" : "%.2f %s%s", amount, units[unit], suffix);
  return text;
}

}  // namespace

std::string rate_text(double bytes_per_second) {
  return in_units(bytes_per_second, "/s");
}
std::string size_text(std::uint64_t bytes) {
  return in_units(static_cast<double>(bytes), "");
}

progress_bar::progress_bar(std::optional<std::uint64_t> total, bool wanted)
    : total_(total), shown_(wanted && ::isatty(STDERR_FILENO) == 1) {}

void progress_bar::start() {
  if (!started_) started_ = clock::now();
}

void progress_bar::advance(std::uint64_t bytes) {
  start();
  bytes_ += bytes;
  if (!shown_) return;
  const auto now = clock::now();
  if (now - last_drawn_ < std::chrono::milliseconds(100)) return;
  last_drawn_ = now;
  draw(now);
}

void progress_bar::draw(clock::time_point now) {
  const double elapsed = std::chrono::duration<double>(now - *started_).count();
  const std::string rate = elapsed > 0 ? rate_text(static_cast<double>(bytes_) / elapsed) : "";
  if (total_ && *total_ > 0) {
    const double part = std::min(1.0, static_cast<double>(bytes_) / static_cast<double>(*total_));
    const auto full = static_cast<std::size_t>(part * 30);
    const std::string bar = std::string(full, '#') + std::string(30 - full, '.');
    std::fprintf(stderr, "\r[%s] %3.0f %%  %s  %s\033[K", bar.c_str(), part * 100, size_text(bytes_).c_str(),
                 rate.c_str());
  } else {
    std::fprintf(stderr, "\r%s  %s\033[K", size_text(bytes_).c_str(), rate.c_str());
  }
  drawn_ = true;
}

void progress_bar::finish() {
  if (!finished_) finished_ = clock::now();
  if (drawn_) std::fputs("\r\033[K", stderr);
  drawn_ = false;
}

double progress_bar::seconds() const {
  if (!started_) return 0;
  return std::chrono::duration<double>((finished_ ? *finished_ : clock::now()) - *started_).count();
}

double progress_bar::rate() const {
  const double elapsed = seconds();
  return elapsed > 0 ? static_cast<double>(bytes_) / elapsed : 0;
}

}  // namespace coseal::tool
