#pragma once

#include <string>
#include <string_view>
#include <typeindex>
#include <utility>
#include <vector>

namespace coseal {

/// Collects the canonical text of a type; docs/protocol.md, Values, has the grammar.
class description {
 public:
  void add(std::string_view text) { text_ += text; }
  /// Opens the struct, or, inside of itself, writes its name alone and says false. errc::invalid_channel is
  /// thrown where that name means another struct.
  bool open_struct(std::string_view name, std::type_index type);
  void field(std::string_view name);
  void close_struct();

  std::string take() && { return std::move(text_); }

 private:
  std::string text_;
  std::vector<std::pair<std::string, std::type_index>> open_;
};

}  // namespace coseal
