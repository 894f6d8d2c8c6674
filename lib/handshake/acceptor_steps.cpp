#include "handshake/acceptor_steps.hpp"

#include "crypto/random.hpp"
#include "handshake/hello_reply.hpp"

#include <coseal/error.hpp>

namespace coseal {
namespace {

struct made_reply {
  std::vector<std::byte> record;
  handshake_secret secret;
  digest th1;
  handshake_keys keys;  // without the acceptor's, which is used up
  transcript said;
};

/// One X25519 and one signature.
result<made_reply> make_reply(carrier_kind carrier, const hello& m1, std::span<const std::byte> m1_body,
                              accept_policy& policy, const loaded_identity& own) {
  ephemeral_key ephemeral = policy.randomness.ephemeral();
  hello_reply m2;
  m2.level = static_cast<std::uint8_t>(m1.level);
  m2.channel = version_of(policy.channel);
  m2.share = ephemeral.share();
  m2.random = policy.randomness.random();
  auto shared = std::move(ephemeral).agree(m1.share);
  if (!shared) return shared.error();

  const auto clear = m2.encode();
  transcript said(carrier);
  said.append(m1_body);
  const digest th1 = said.add(clear);
  handshake_secret secret(*std::move(shared));
  auto keys = secret.clone().into_keys(th1);
  const identity_block identity{own.key.public_part(), own.where, policy.own_parameters, own.succession};
  auto record = seal_identity(record_kind::hello_reply, clear, identity, own.key, handshake_role::acceptor,
                              said, std::move(keys.acceptor));
  if (!record) return record.error();
  return made_reply{*std::move(record), std::move(secret), th1, std::move(keys), said};
}

}  // namespace

bool accept_policy::serves(security_level level) const noexcept {
  switch (level) {
    case security_level::none:
      return none;
    case security_level::authenticated:
      return authenticated;
    case security_level::encrypted:
      return encrypted;
  }
  return false;
}

result<void> admit(const hello& m1, const accept_policy& policy, const loaded_identity& own) {
  if (!policy.serves(m1.level)) return errc::level_refused;
  if (!m1.wanted.empty() && !m1.wanted.matches(own.where)) return errc::coordinate_refused;
  return {};
}

result<acceptor_reply> acceptor_reply::make(const hello& m1, std::span<const std::byte> m1_body,
                                            accept_policy& policy, const loaded_identity& own) {
  auto made = make_reply(carrier_kind::duplex, m1, m1_body, policy, own);
  if (!made) return made.error();
  return acceptor_reply(made->said, std::move(made->keys), m1.channel, m1.level, std::move(made->record));
}

result<suspended_reply> acceptor_reply::make_suspended(const hello& m1, std::span<const std::byte> m1_body,
                                                       accept_policy& policy, const loaded_identity& own) {
  auto made = make_reply(carrier_kind::exchange, m1, m1_body, policy, own);
  if (!made) return made.error();
  return suspended_reply{
      std::move(made->record),
      half_open_handshake{m1.level, m1.channel, std::move(made->secret), made->th1, made->said.settle()}};
}

acceptor_reply::acceptor_reply(half_open_handshake from)
    : acceptor_reply(transcript::settled(from.settled), std::move(from.secret).into_keys(from.th1),
                     from.channel, from.level, {}) {}

result<unverified_connector> acceptor_reply::finish(handshake_record m3) && {
  auto opened = opened_identity::open(m3.header, m3.body, said_, std::move(connector_));
  if (!opened) return opened.error();
  return unverified_connector(*std::move(opened), channel_, level_, std::move(master_), said_.value());
}

result<refusal> acceptor_reply::abort(handshake_record aborted) && {
  const std::span<std::byte> body(aborted.body);
  if (body.size() < tag_size) return errc::malformed_message;
  const auto content = body.first(body.size() - tag_size);
  const auto opened =
      std::move(connector_.box).open(aborted.header, said_.value(), content, body.last<tag_size>());
  if (!opened) return opened.error();
  reader in(content);
  refusal why = read_refusal(in);
  if (!in.complete()) return errc::malformed_message;
  return why;
}

result<proved_connector> unverified_connector::verify() && {
  const auto proved = opened_.verify(handshake_role::connector);
  if (!proved) return proved.error();
  return proved_connector(opened_.identity(), channel_, level_, std::move(master_), th7_);
}

peer_claim proved_connector::claim(std::string source) const {
  peer_claim claim;
  claim.role = peer_role::connector;
  claim.where = identity_.where;
  claim.pin_name = identity_.where;
  claim.key = identity_.key;
  claim.succession = identity_.succession;
  claim.level = level_;
  claim.source = std::move(source);
  return claim;
}

handshake_outcome proved_connector::into_outcome(std::shared_ptr<const loaded_identity> own) && {
  handshake_outcome agreed;
  agreed.level = level_;
  agreed.secrets = std::move(master_).into_traffic(handshake_role::acceptor, level_, th7_);
  agreed.peer_key = identity_.key;
  agreed.peer = std::move(identity_.where);
  agreed.peer_parameters = identity_.params;
  agreed.peer_channel = channel_;
  agreed.own = std::move(own);
  return agreed;
}

}  // namespace coseal
