#pragma once

#include "contract/type_text.hpp"

#include <coseal/call_end.hpp>
#include <coseal/channel_definition.hpp>
#include <coseal/payload.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coseal::tool {

/// Where every server answers what its channel is: docs/protocol.md section 9.
inline constexpr std::uint64_t description_position = 65'536;

/// A peer's channel, as its description says.
class described_channel {
 public:
  /// Throws failure.
  static described_channel from_file(const std::string& path);
  /// The answer at description_position. Throws failure.
  static described_channel from_answer(const call_end& end);

  /// Throws failure, naming those that there are.
  std::uint64_t position_of(std::string_view call) const;
  /// Throws failure for an action of which coseal can not read the types.
  const action_text& call(std::uint64_t position) const;
  /// Nothing beyond the definition, or where the types can not be read.
  const action_text* push(std::uint64_t position) const;
  std::string push_name(std::uint64_t position) const;

 private:
  described_channel(std::string_view text, const std::string& whose);

  channel_definition texts_;  // which the views are of
  std::vector<std::optional<action_text>> calls_, pushes_;
};

/// Text of a peer on its way to a terminal: nothing in it moves the cursor.
std::string harmless(std::string_view text);

}  // namespace coseal::tool
