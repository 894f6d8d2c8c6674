#pragma once

#include "bytes/reader.hpp"
#include "bytes/writer.hpp"
#include "crypto/secret.hpp"
#include "handshake/handshake.hpp"

#include <coseal/coordinate.hpp>
#include <coseal/public_key.hpp>
#include <coseal/security_level.hpp>

#include <chrono>
#include <cstdint>

namespace coseal {

/// How long a session can be resumed after each ACCEPT, and after its full handshake.
inline constexpr std::chrono::milliseconds resumable_for = std::chrono::hours(24);
inline constexpr std::chrono::milliseconds resumable_in_all = std::chrono::hours(7 * 24);

/// What both sides of a session agreed on and what it takes to go on with it; docs/protocol.md section 11. It
/// is all that a ticket holds. No traffic secret is in it, nor can one be derived from it alone.
struct session_terms {
  session_id id{};
  security_level level = security_level::encrypted;
  std::uint64_t generation = 0;  ///< how often the session has been resumed
  secret32 binding;
  public_key connector_key, acceptor_key;
  coordinate connector, acceptor;
  parameters connector_params, acceptor_params;  ///< without what belongs to one connection
  channel_version connector_channel, acceptor_channel;
  std::chrono::milliseconds created{0};  ///< since 1970, by the clock of who keeps this
  std::chrono::milliseconds expires{0};
  std::uint64_t auth_epoch = 0;  ///< of who keeps this

  /// Sets `expires`.
  void renew(std::chrono::milliseconds now) noexcept;
};

/// The terms that a full handshake leaves behind, seen from `own_role`; without id and times.
session_terms terms_of(const handshake_outcome& agreed, handshake_role own_role, const parameters& own,
                       const channel_version& own_channel);
/// Of parameters, what is agreed for the whole life of a session.
parameters lasting(parameters of);

/// Room for any terms: growing would leave the secret behind.
inline constexpr std::size_t longest_terms = 640;
void write_terms(writer& out, const session_terms& terms);
/// Fails the reader on anything that write_terms does not write.
session_terms read_terms(reader& in);

}  // namespace coseal
