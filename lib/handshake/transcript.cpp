#include "handshake/transcript.hpp"

#include <string_view>

namespace coseal {

using namespace std::string_view_literals;

transcript::transcript(carrier_kind carrier) noexcept : carrier_(carrier) {
  // vec8 "coseal/1" | u16 suite | vec8 carrier
  const auto start = carrier == carrier_kind::duplex ? "\x08"
                                                       "coseal/1"
                                                       "\x00\x01"
                                                       "\x06"
                                                       "duplex"sv
                                                     : "\x08"
                                                       "coseal/1"
                                                       "\x00\x01"
                                                       "\x08"
                                                       "exchange"sv;
  hash_.update(std::as_bytes(std::span(start)));
}

}  // namespace coseal
