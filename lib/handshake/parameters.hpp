#pragma once

#include "bytes/reader.hpp"
#include "bytes/writer.hpp"

#include <coseal/error.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace coseal {

/// Random for each start and each fork of a process.
using boot_id = std::array<std::byte, 16>;

/// What an acceptor on an exchange carrier says about the place that answers; docs/protocol.md section 8.
struct exchange_place {
  boot_id boot{};
  std::string endpoint_id;  ///< 1 to 255 bytes

  friend bool operator==(const exchange_place&, const exchange_place&) = default;
};

/// What each side announces about itself; docs/protocol.md section 3.
struct parameters {
  std::uint32_t max_record = 262'144;
  std::uint32_t max_frame = 16'777'216;
  std::chrono::milliseconds keepalive{0};    ///< 0: no promise
  std::chrono::milliseconds time{0};         ///< since 1970
  std::optional<exchange_place> exchange{};  ///< in M2 on an exchange carrier
  /// In M3: the session that could not be resumed.
  std::optional<std::array<std::byte, 16>> previous_session{};

  /// False if a value is outside the range that the wire allows.
  bool in_range() const noexcept;
  friend bool operator==(const parameters&, const parameters&) = default;
};

void write_parameters(writer& out, const parameters& p);
/// Fails the reader on values outside their range and on unknown critical types; the latter also set `why`,
/// if there, to errc::unknown_critical_extension.
parameters read_parameters(reader& in, errc* why = nullptr);

}  // namespace coseal
