#pragma once

#include "support/catch.hpp"
#include "support/tapped_carrier.hpp"
#include "support/virtual_clock.hpp"

#include <coseal/coseal.hpp>

#include <asio/io_context.hpp>

#include <array>
#include <cstddef>
#include <exception>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace coseal::test {

using namespace std::chrono_literals;
using bytes = std::vector<std::byte>;
using script = std::function<task<void>()>;

/// n bytes that differ from those of another seed at nearly every place.
bytes pattern(std::size_t n, std::size_t seed = 0);
bool same(std::span<const std::byte> a, std::span<const std::byte> b);
/// An error that belongs to one of coseal's conditions.
bool typed(std::error_code error);

/// Runs the coroutines of a test on one thread, in virtual time. One that never ends is a failed test.
class stage {
 private:
  std::list<script> bodies_;  // outlive the coroutines, so that lambdas may capture

 public:
  asio::io_context io{1};
  std::shared_ptr<virtual_clock> time = std::make_shared<virtual_clock>();

  stage() = default;
  stage(const stage&) = delete;
  stage& operator=(const stage&) = delete;

  void start(script play);
  /// Until all that was started has ended; their first exception is thrown here.
  void run(clock::duration limit = 1h);
  void run(script play) {
    start(std::move(play));
    run();
  }
  /// What is ready now, without moving time.
  void settle();
  /// Lets time pass, alarm by alarm.
  void pass(clock::duration how_much);
  std::size_t running() const noexcept { return running_; }

 private:
  void rethrow();
  std::size_t running_ = 0;
  std::exception_ptr failure_;
};

/// Two endpoints, the carriers between them and, once they met, the two ends of a session.
class encounter : public stage {
 public:
  explicit encounter(security_level l = security_level::encrypted);

  security_level level;
  memory_knobs forth, back;  // from the connector, from the acceptor
  tap connector_tap, acceptor_tap;
  coordinate connector_name{"frontend", "one"}, acceptor_name{"backend", "main"};
  std::shared_ptr<storage> connector_store = memory_storage(), acceptor_store = memory_storage();
  trust_options connector_trust, acceptor_trust;
  session_limits connector_limits, acceptor_limits;
  connect_options connecting;
  accept_options accepting;

  session connector, acceptor;
  std::error_code connector_error, acceptor_error;
  std::string connector_text, acceptor_text;

  /// Starts both handshakes over a fresh pair of carriers.
  void begin();
  void begin_connector(std::unique_ptr<duplex_carrier> carrier);
  void begin_acceptor(std::unique_ptr<duplex_carrier> carrier);
  /// Until both have a session or an error.
  encounter& try_to_meet();
  /// Both have a session.
  encounter& meet();

  endpoint connector_side() const;
  endpoint acceptor_side() const;
  std::pair<std::unique_ptr<duplex_carrier>, std::unique_ptr<duplex_carrier>> carriers();
  std::vector<pin> pins(std::shared_ptr<storage> store);
  public_key key(std::shared_ptr<storage> store);
};

inline constexpr std::array every_level{security_level::none, security_level::authenticated,
                                        security_level::encrypted};

}  // namespace coseal::test
