#pragma once

#include "json_line.hpp"

#include <cstdio>
#include <string>

namespace coseal::tool {

/// How a command speaks: sentences for people or, with --json, one object a line. Data has standard output
/// for itself, so commands that move data speak on standard error.
class reporter {
 public:
  reporter(bool json, std::FILE* out) : json_(json), out_(out) {}

  bool json() const noexcept { return json_; }
  /// `text` may be empty: then people hear nothing.
  void say(const json_line& event, const std::string& text) const {
    const std::string& line = json_ ? event.text() : text;
    if (line.empty()) return;
    std::fprintf(out_, "%s\n", line.c_str());
    std::fflush(out_);
  }

 private:
  bool json_;
  std::FILE* out_;
};

}  // namespace coseal::tool
