#include "handshake/connector_steps.hpp"

#include "crypto/random.hpp"
#include "handshake/hello.hpp"

#include <coseal/error.hpp>

namespace coseal {
namespace {

std::vector<std::byte> hello_record(std::span<const std::byte> m1) {
  const record_header header{static_cast<std::uint32_t>(m1.size()), record_kind::hello, 0, 0};
  writer out;
  out.bytes(header.bytes());
  out.bytes(m1);
  return std::move(out).take();
}

hello hello_for(const connect_request& request) {
  hello m1;
  m1.level = request.level;
  m1.random = request.randomness.random();
  m1.channel = version_of(request.channel);
  m1.wanted = request.wanted;
  return m1;
}

}  // namespace

connector_hello::connector_hello(connect_request& request)
    : level_(request.level), carrier_(request.carrier), ephemeral_(request.randomness.ephemeral()) {
  hello m1 = hello_for(request);
  m1.share = ephemeral_.share();
  m1_ = m1.encode();
}

std::vector<std::byte> connector_hello::record() const {
  return hello_record(m1_);
}

std::vector<std::byte> unproved_hello(const connect_request& request, const loaded_identity& own) {
  hello m1 = hello_for(request);
  m1.claimed = claimed_identity{own.where, request.own_parameters};
  return hello_record(m1.encode());
}

result<opened_reply> connector_hello::reply(handshake_record m2) && {
  const std::span<std::byte> body(m2.body);
  if (body.size() < hello_reply::size + tag_size) return errc::malformed_message;
  const auto clear = body.first<hello_reply::size>();
  const auto said_r = hello_reply::parse(clear);
  if (!said_r) return said_r.error();
  if (said_r->version != wire_version || said_r->suite != wire_suite) return errc::parameter_changed;
  if (said_r->level != static_cast<std::uint8_t>(level_)) return errc::level_changed;

  auto shared = std::move(ephemeral_).agree(said_r->share);
  if (!shared) return shared.error();
  transcript said(carrier_);
  said.append(m1_);
  auto keys = handshake_secret(*std::move(shared)).into_keys(said.add(clear));

  auto opened =
      opened_identity::open(m2.header, body.subspan(hello_reply::size), said, std::move(keys.acceptor));
  if (!opened) return opened.error();
  said.settle();
  return opened_reply{unverified_acceptor(*std::move(opened), said_r->channel),
                      connector_answer(said, std::move(keys.connector), std::move(keys.master), level_)};
}

result<verified_acceptor> unverified_acceptor::verify(const coordinate& wanted) && {
  if (!wanted.empty() && !wanted.matches(opened_.identity().where)) return errc::coordinate_refused;
  const auto proved = opened_.verify(handshake_role::acceptor);
  if (!proved) return proved.error();
  return verified_acceptor(opened_.identity(), channel_);
}

peer_claim verified_acceptor::claim(const coordinate& wanted, security_level level) const {
  peer_claim claim;
  claim.role = peer_role::acceptor;
  claim.where = identity_.where;
  claim.pin_name = wanted.empty() ? coordinate(identity_.where.environment()) : wanted;
  claim.key = identity_.key;
  claim.succession = identity_.succession;
  claim.level = level;
  return claim;
}

result<connector_finish> connector_answer::finish(verified_acceptor acceptor, peer_pinned pinned,
                                                  std::shared_ptr<const loaded_identity> own,
                                                  const parameters& params) && {
  const identity_block identity{own->key.public_part(), own->where, params, own->succession};
  auto record = seal_identity(record_kind::finish, {}, identity, own->key, handshake_role::connector, said_,
                              std::move(keys_));
  if (!record) return record.error();

  handshake_outcome agreed;
  agreed.level = level_;
  agreed.secrets = std::move(master_).into_traffic(handshake_role::connector, level_, said_.value());
  agreed.peer_key = acceptor.identity().key;
  agreed.peer = acceptor.identity().where;
  agreed.peer_parameters = acceptor.identity().params;
  agreed.peer_channel = acceptor.channel();
  agreed.pinned = std::move(pinned);
  agreed.own = std::move(own);
  return connector_finish{*std::move(record), std::move(agreed)};
}

result<std::vector<std::byte>> connector_answer::abort(const refusal& why) && {
  writer content;
  write_refusal(content, why);
  const std::size_t size = content.size();
  const record_header header{static_cast<std::uint32_t>(size + tag_size), record_kind::abort, 0, 0};
  writer out;
  out.bytes(header.bytes());
  out.bytes(content.view());
  auto record = std::move(out).take();
  record.resize(record.size() + tag_size);
  const auto box = std::span(record).subspan(record_header::size);
  const auto sealed = std::move(keys_.box).seal(header, said_.value(), box.first(size), box.last<tag_size>());
  if (!sealed) return sealed.error();
  return record;
}

}  // namespace coseal
