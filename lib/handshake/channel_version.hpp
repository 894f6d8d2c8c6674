#pragma once

#include "bytes/reader.hpp"
#include "bytes/writer.hpp"
#include "crypto/hash.hpp"

#include <coseal/channel_definition.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace coseal {

/// Count and hash of each direction; docs/protocol.md section 3.
struct channel_version {
  struct direction {
    std::uint16_t count = 0;
    digest hash{};
    friend bool operator==(const direction&, const direction&) = default;
  };
  /// Bytes on the wire, whatever the channel.
  static constexpr std::size_t size = 68;

  direction to_acceptor;
  direction to_connector;
  friend bool operator==(const channel_version&, const channel_version&) = default;
};

/// `channel` has at most 65,535 positions in each direction.
channel_version version_of(const channel_definition& channel);
/// False if `own` is at least as long as `peer` in a direction and its prefix differs there.
bool agrees(const channel_definition& own, const channel_version& peer);
void write_channel_version(writer& out, const channel_version& version);
channel_version read_channel_version(reader& in);

/// The most that the detail of a refusal in TRAFFIC and in ABORT may hold.
inline constexpr std::size_t traffic_detail_limit = 2048;
inline constexpr std::size_t abort_detail_limit = 232;

/// Detail of a sealed `channel` refusal, and the sentence that names the first difference to a person.
std::vector<std::byte> channel_difference_detail(const channel_definition& own,
                                                 std::size_t limit = traffic_detail_limit);
std::string explain_channel_difference(const channel_definition& own, std::span<const std::byte> detail);
/// The sentence for who has seen only the peer's version and no detail.
std::string explain_channel_difference(const channel_definition& own, const channel_version& peer);

}  // namespace coseal
