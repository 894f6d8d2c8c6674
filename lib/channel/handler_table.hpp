#pragma once

#include <coseal/channel.hpp>
#include <coseal/handler.hpp>

#include <optional>
#include <string>
#include <vector>

namespace coseal {

/// The handlers of one direction by position. The runtime's may belong to other channels; the channel's own
/// must be of this one: call_errc::not_in_channel, call_errc::duplicate_handler are thrown.
std::vector<std::optional<handler>> handler_table(const channel_direction& direction,
                                                  const std::vector<handler>& of_runtime,
                                                  const std::vector<handler>& of_channel);
std::vector<std::string> names_of(const channel_direction& direction);

}  // namespace coseal
