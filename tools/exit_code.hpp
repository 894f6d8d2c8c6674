#pragma once

#include <string>
#include <system_error>

namespace coseal::tool {

/// What `coseal` ends with; a script can tell an attack from an unplugged cable.
enum class exit_code : int {
  ok = 0,
  usage = 1,     ///< arguments that can not work
  network = 2,   ///< the address or the peer's host can not be reached, or the connection was lost
  refused = 3,   ///< trust or policy, ours or the peer's
  protocol = 4,  ///< tampering, a peer that does not follow the protocol, or one with nothing in common
  storage = 5,   ///< the identity, the pins or a local file
  timed_out = 6,
  machine = 7,      ///< something this machine lacks
  interrupted = 8,  ///< SIGINT or SIGTERM
  handler = 9,      ///< a call ended with an error that its action declares, or its handler failed
  unknown = 10,     ///< a call was sent, and nobody knows whether it ran
};

exit_code exit_code_of(std::error_code failure) noexcept;
/// The table for --help.
std::string exit_code_table();

}  // namespace coseal::tool
