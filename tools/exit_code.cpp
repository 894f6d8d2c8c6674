#include "exit_code.hpp"

#include <coseal/error.hpp>

namespace coseal::tool {

exit_code exit_code_of(std::error_code failure) noexcept {
  if (!failure) return exit_code::ok;
  if (failure == condition::misuse) return exit_code::usage;
  if (failure == condition::refused) return exit_code::refused;
  if (failure == condition::malformed || failure == condition::peer_misbehaved) return exit_code::protocol;
  if (failure == errc::no_aead_backend || failure == errc::self_test_failed) return exit_code::machine;
  if (failure == condition::incompatible) return exit_code::protocol;
  if (failure == condition::storage) return exit_code::storage;
  if (failure == condition::timed_out) return exit_code::timed_out;
  if (failure == condition::cancelled) return exit_code::interrupted;
  if (failure == condition::local) return exit_code::machine;
  return exit_code::network;
}

std::string exit_code_table() {
  return "Exit codes:\n"
         "  0  all went well\n"
         "  1  arguments that can not work\n"
         "  2  network: the peer can not be reached, or the connection was lost\n"
         "  3  refused: by trust or policy, here or at the peer\n"
         "  4  protocol: tampering, or a peer that does not speak this protocol\n"
         "  5  storage: the identity, the pins or a local file\n"
         "  6  timed out\n"
         "  7  this machine lacks something (no usable AES-256-GCM)\n"
         "  8  interrupted by SIGINT or SIGTERM\n"
         "  9  a call ended with an error of its handler\n"
         " 10  a call was sent, and may have run\n";
}

}  // namespace coseal::tool
