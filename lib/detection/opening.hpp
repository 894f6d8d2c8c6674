#pragma once

#include <cstddef>
#include <span>

namespace coseal {

/// What the first bytes of a connection begin; docs/protocol.md section 7.
enum class opening {
  undecided,  ///< more bytes are needed, eight at most
  records,    ///< coseal's own stream: the header of a HELLO
  tls,        ///< a TLS handshake record
  http,       ///< a request line
  unknown,    ///< none of them
};

/// Decides as soon as no other answer is possible: more bytes never change an answer but `undecided`.
opening opening_of(std::span<const std::byte> first) noexcept;

}  // namespace coseal
