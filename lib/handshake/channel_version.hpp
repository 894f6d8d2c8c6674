#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <coseal/channel_definition.hpp>

#include "bytes/reader.hpp"
#include "bytes/writer.hpp"
#include "crypto/hash.hpp"

namespace coseal {

/// Count and hash of each direction; docs/protocol.md section 3.
struct channel_version {
  struct direction {
    std::uint16_t count = 0;
    digest hash{};
    friend bool operator==(const direction&, const direction&) = default;
  };
  direction to_acceptor;
  direction to_connector;
  friend bool operator==(const channel_version&, const channel_version&) = default;
};

channel_version version_of(const channel_definition& channel);
/// False if `own` is at least as long as `peer` in a direction and its prefix differs there.
bool agrees(const channel_definition& own, const channel_version& peer);
void write_channel_version(writer& out, const channel_version& version);
channel_version read_channel_version(reader& in);

/// Detail of a sealed `channel` refusal, and the sentence that names the first difference to a person.
std::vector<std::byte> channel_difference_detail(const channel_definition& own);
std::string explain_channel_difference(const channel_definition& own, std::span<const std::byte> detail);

}  // namespace coseal
