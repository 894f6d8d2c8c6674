#pragma once
// What the coseal subjects share: two ends in one process, each on an io_context of its own.

#include "options.hpp"

#include <coseal/coseal.hpp>

#include <asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <string>

namespace coseal::bench {

/// How the two ends find each other and at which level.
struct session_link {
  carrier_kind carrier = carrier_kind::tcp;
  security_level level = security_level::encrypted;
  std::string aead;
  std::string congestion;
  bool pin = true;
  std::chrono::milliseconds hibernate = session_limits().hibernate;

  bool uses_tls() const noexcept;
  socket_options sockets() const;
  /// For the connector, of carriers that use TLS.
  tls_options trusting() const;
  connect_options connecting() const;
  accept_options accepting() const;
  /// "127.0.0.1:0", or the path of a Unix socket.
  listen_address listening() const;
};

/// The two endpoints of this process: keys in memory, trust on first use, every level admitted. All runs
/// share them, so that only the very first contact makes keys and pins.
endpoint connecting_endpoint();
endpoint accepting_endpoint();

using end_of_session = std::function<task<void>(session)>;

/// Opens one session over the link and runs both ends to their end, each on a thread of its own. Throws what
/// an end throws.
void run_session_pair(const session_link& link, end_of_session connector, end_of_session acceptor);
/// The same with both ends on one io_context and one thread.
void run_session_pair_on_one_thread(const session_link& link, end_of_session connector,
                                    end_of_session acceptor);

/// Throws coseal::error with what a person should read.
template <typename T>
T& value_or_throw(result<T>& r, const session& of) {
  if (!r) throw error(r.error(), of.explain(r.error()));
  return *r;
}

}  // namespace coseal::bench
