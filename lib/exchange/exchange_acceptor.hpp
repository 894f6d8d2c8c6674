#pragma once

#include "exchange/boot.hpp"
#include "exchange/replay_guard.hpp"
#include "exchange/request_clock.hpp"
#include "exchange/request_message.hpp"
#include "exchange/response_message.hpp"
#include "exchange/token_box.hpp"
#include "handshake/handshake.hpp"

#include <coseal/exchange.hpp>

#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

namespace coseal {

/// R of docs/protocol.md section 8: the body of a POST in, the body of its answer out. It keeps nothing of a
/// session; what it knows comes from the identity's store and from the tokens that it has given away.
/// Thread-safe.
class exchange_acceptor {
 public:
  /// Throws coseal::error (errc::invalid_option). `wall` is what R's clock follows.
  exchange_acceptor(std::shared_ptr<endpoint::state> self, exchange_handler handler,
                    exchange_server_options options,
                    request_clock::wall_clock wall = std::chrono::system_clock::now);

  /// There is always an answer, at worst a clear REFUSED.
  task<std::vector<std::byte>> answer(std::vector<std::byte> body, std::string source);
  const observation& watched() const noexcept { return self_->watched(); }

 private:
  task<std::vector<std::byte>> answer_hello(std::vector<std::byte> body, std::string source);
  task<std::vector<std::byte>> answer_finish(std::vector<std::byte> m3, std::vector<std::byte> request,
                                             std::string source);
  task<std::vector<std::byte>> answer_call(std::vector<std::byte> request, std::string source);
  task<std::vector<std::byte>> answer_opened(session_token session, request_message asked, bool first,
                                             std::string source, peer_claim claim);

  task<std::error_code> guard_request(const request_prefix& prefix, digest hash, boot_id here);
  task<result<bool>> judge_session(session_token& session, peer_claim claim, bool first, std::string source,
                                   handshake_report& details);
  task<result<std::vector<std::byte>>> run(exchange_request call, handshake_report& details);
  std::vector<std::byte> refuse_clear(std::error_code why, const std::string& source,
                                      const std::string& text = std::string());
  accept_policy policy(std::string source, handshake_report& report) const;
  void report(std::error_code why, const std::string& source, const std::string& text) const;

  std::shared_ptr<endpoint::state> self_;
  exchange_handler handler_;
  exchange_server_options options_;
  std::string endpoint_id_;
  channel_version channel_;
  token_box tokens_;
  std::shared_ptr<replay_policy::guard> guard_;
  request_clock clock_;
  boot boot_;
};

}  // namespace coseal
