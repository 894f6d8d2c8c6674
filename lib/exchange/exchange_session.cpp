#include "exchange/exchange_session.hpp"

#include "crypto/random.hpp"

#include <coseal/error.hpp>

namespace coseal {

result<exchange_session> exchange_session::make(handshake_outcome agreed,
                                                std::vector<std::byte> handshake_token,
                                                clock::time_point now) {
  const auto& place = agreed.peer_parameters.exchange;
  if (!place || handshake_token.size() > longest_token) return errc::malformed_message;
  exchange_session made;
  made.level_ = agreed.level;
  made.i_ap_ = std::move(agreed.secrets->send);
  made.r_ap_ = std::move(agreed.secrets->receive);
  made.peer_ = std::move(agreed.peer);
  made.peer_key_ = *agreed.peer_key;
  made.max_body_ = agreed.peer_parameters.max_frame;
  made.endpoint_id_ = place->endpoint_id;
  made.token_ = std::move(handshake_token);
  made.boot_ = place->boot;
  made.r_time_ = agreed.peer_parameters.time;
  made.heard_at_ = now;
  return made;
}

result<sealed_request> exchange_session::seal(const std::vector<std::byte>& body,
                                              std::chrono::milliseconds within, bool idempotent,
                                              clock::time_point now) const {
  if (body.size() > max_body_) return errc::frame_too_large;
  request_prefix prefix;
  prefix.token = token_;
  prefix.boot = boot_;
  prefix.salt = random_array<32>();
  prefix.time = time_of_r(now);
  prefix.idempotent = idempotent;
  auto record = seal_request(prefix, within, body, level_, i_ap_, endpoint_id_);
  if (!record) return record.error();
  sealed_request asked;
  asked.record = *std::move(record);
  asked.hash = sha256::of(asked.record);
  asked.time = prefix.time;
  asked.sealed_at = now;
  return asked;
}

result<response_content> exchange_session::open(std::vector<std::byte> record, const sealed_request& asked,
                                                clock::time_point now) {
  auto said = open_response(record, level_, r_ap_, asked.hash);
  if (!said) return said.error();
  boot_ = said->boot;
  // An answer that was held back tells an old time; what R said since counts.
  if (said->time > time_of_r(now) || asked.sealed_at >= heard_at_) {
    r_time_ = said->time;
    heard_at_ = now;
  }
  // Of renewals that arrive out of order the one that lives longest stays.
  if (said->accepted && (!accepted_ || said->accepted->expires > expires_)) {
    if (said->accepted->ticket.empty() || said->accepted->ticket.size() > longest_token)
      return errc::malformed_message;
    id_ = said->accepted->id;
    token_ = said->accepted->ticket;
    expires_ = said->accepted->expires;
    accepted_ = true;
  }
  return said;
}

}  // namespace coseal
