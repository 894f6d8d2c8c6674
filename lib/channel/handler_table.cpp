#include "channel/handler_table.hpp"

#include <coseal/error.hpp>

namespace coseal {
namespace {

void put(std::vector<std::optional<handler>>& table, const channel_direction& direction, const handler& one) {
  const auto position = direction.position_of(one.action());
  if (!position) throw error(call_errc::not_in_channel, one.action().name());
  if (table[*position]) throw error(call_errc::duplicate_handler, direction[*position].name());
  table[*position] = one;
}

}  // namespace

std::vector<std::optional<handler>> handler_table(const channel_direction& direction,
                                                  const std::vector<handler>& of_runtime,
                                                  const std::vector<handler>& of_channel) {
  std::vector<std::optional<handler>> table(direction.size());
  for (const auto& each : of_runtime)
    if (direction.position_of(each.action())) put(table, direction, each);
  for (const auto& each : of_channel) put(table, direction, each);
  return table;
}

std::vector<std::string> names_of(const channel_direction& direction) {
  std::vector<std::string> names;
  for (const auto& each : direction.entries()) names.push_back(each.name());
  return names;
}

}  // namespace coseal
