#pragma once

#include "session/stage.hpp"

namespace coseal::test {

/// A whole life of a session: handshake, frames both ways, one of them in fragments, a ping, close. The
/// acceptor sends back what comes. Each end stops at its first error; what was delivered is compared with
/// what was sent.
class scenario : public encounter {
 public:
  explicit scenario(security_level l);

  /// Until both ends have ended.
  scenario& play();
  bool succeeded() const { return !connector_error && !acceptor_error; }

  std::size_t delivered_to_acceptor = 0, delivered_to_connector = 0;
  std::size_t wrong = 0;  ///< frames that nobody sent
  static const std::vector<bytes>& frames();

 private:
  task<std::error_code> connect(std::unique_ptr<duplex_carrier> carrier);
  task<std::error_code> accept(std::unique_ptr<duplex_carrier> carrier);
};

}  // namespace coseal::test
