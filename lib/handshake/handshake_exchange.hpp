#pragma once
// What the two tasks of handshake.hpp share; private to them.

#include "handshake/handshake.hpp"

#include <coseal/error.hpp>

#include <chrono>

namespace coseal {

/// errc::malformed_record, record_too_large: the form of every record of a handshake.
inline result<void> check_header(const handshake_record& record) noexcept {
  if (record.header.zero != 0 || record.header.epoch != 0) return errc::malformed_record;
  if (record.body.size() > handshake_limit(record.header.kind)) return errc::record_too_large;
  if (record.header.length != record.body.size()) return errc::malformed_record;
  return {};
}

/// False for options that can not be written in a message: errc::invalid_option.
inline bool writable(const parameters& own, const channel_definition& channel) noexcept {
  constexpr std::size_t most_positions = 0xffff;
  return own.in_range() && channel.to_acceptor.size() <= most_positions &&
         channel.to_connector.size() <= most_positions;
}

/// `own` with the present time, unless it names one.
inline parameters at_present(parameters own) noexcept {
  if (own.time.count() != 0) return own;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  own.time = std::chrono::duration_cast<std::chrono::milliseconds>(now);
  return own;
}

}  // namespace coseal
