#pragma once

#include "handshake/handshake.hpp"
#include "support/memory_link.hpp"

#include <coseal/pins.hpp>

#include <asio/co_spawn.hpp>

#include <optional>
#include <string>
#include <vector>

namespace coseal::test {

using role_on_link = std::function<task<void>(handshake_link&)>;

/// A connector "frontend" and an acceptor "backend" with stores of their own, who shake hands in memory.
/// Change what they bring, then run().
struct meeting {
  std::shared_ptr<storage> connector_store = memory_storage();
  std::shared_ptr<storage> acceptor_store = memory_storage();
  trust_options connector_trust;
  trust_options acceptor_trust;
  std::string connector_environment = "frontend";
  connect_request request;
  accept_policy policy;
  wire_hook from_connector;
  wire_hook from_acceptor;
  role_on_link instead_of_connector;  ///< a rogue
  role_on_link instead_of_acceptor;
  handshake_report connector_report;
  handshake_report acceptor_report;

  std::optional<result<handshake_outcome>> connector;
  std::optional<result<accept_outcome>> acceptor;

  explicit meeting(security_level level = security_level::encrypted);

  /// Until both are done. Who fails closes; who waits for what never comes gets errc::handshake_timed_out.
  meeting& run();

  std::error_code connector_error() const;
  /// Of the handshake, or the local error behind a refusal.
  std::error_code acceptor_error() const;
  bool agreed() const { return !connector_error() && !acceptor_error(); }
  /// What the session does once ACCEPT was sent and opened.
  void commit_pins();
  std::vector<pin> connector_pins() const { return pins_in(connector_store); }
  std::vector<pin> acceptor_pins() const { return pins_in(acceptor_store); }
  public_key acceptor_key() const { return key_in(acceptor_store); }
  public_key connector_key() const { return key_in(connector_store); }

  static std::vector<pin> pins_in(std::shared_ptr<storage> store);
  static public_key key_in(std::shared_ptr<storage> store);
};

/// Commits the pins of a first meeting and returns a second one of the same two.
meeting again(meeting& first, security_level level);

/// A hook that changes the n-th record of its direction, counted from 0.
wire_hook change_record(int n, std::function<void(std::vector<std::byte>&)> change);
/// The record's length field made to fit its bytes.
void fix_length(std::vector<std::byte>& record);

}  // namespace coseal::test
