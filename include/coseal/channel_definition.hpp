#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace coseal {

/// What flows over a channel, position by position in each direction, as the handshake compares it: two peers
/// agree when one definition is a prefix of the other. An application that exchanges frames alone leaves it
/// empty.
struct channel_definition {
  channel_definition() {}  // no aggregate: g++ 12 destroys those in co_await expressions twice
  channel_definition(std::vector<std::string> acceptor, std::vector<std::string> connector)
      : to_acceptor(std::move(acceptor)), to_connector(std::move(connector)) {}

  std::vector<std::string> to_acceptor;
  std::vector<std::string> to_connector;
};

}  // namespace coseal
