#include "resume/answerer_steps.hpp"

#include "resume/resume_keys.hpp"

#include <coseal/error.hpp>

namespace coseal {

result<proved_resumer> resume_claim::verify() && {
  const auto got = received_resume::parse(body_);
  if (!got) return got.error();
  if (got->message.level != static_cast<std::uint8_t>(terms_.level)) return errc::level_changed;
  if (got->message.generation != terms_.generation) return errc::session_expired;
  if (!binder_key(terms_).verify(got->unbound, got->binder)) return errc::bad_finished;
  return proved_resumer(std::move(terms_), got->message.share, std::move(body_));
}

peer_claim proved_resumer::claim(std::string source) const {
  peer_claim claim;
  claim.role = peer_role::connector;
  claim.where = terms_.connector;
  claim.pin_name = terms_.connector;
  claim.key = terms_.connector_key;
  claim.level = terms_.level;
  claim.source = std::move(source);
  return claim;
}

result<resume_answer> proved_resumer::answer(own_randomness& randomness) && {
  ephemeral_key ephemeral = randomness.ephemeral();
  resume_ack ack;
  ack.share = ephemeral.share();
  ack.salt = randomness.random();
  auto shared = std::move(ephemeral).agree(share_);
  if (!shared) return shared.error();
  const auto unfinished = ack.encode();
  const digest th = resume_transcript(body_, unfinished);
  auto keys = resume_keys::derive(terms_.binding, *std::move(shared), th);

  const digest finished = keys.finished.mac(th);
  const record_header header{static_cast<std::uint32_t>(unfinished.size() + finished.size()),
                             record_kind::resume_ack, 0, 0};
  writer record;
  record.bytes(header.bytes());
  record.bytes(unfinished);
  record.bytes(finished);
  resume_answer made{
      std::move(record).take(),
      {std::move(keys.traffic).into_traffic(handshake_role::acceptor, terms_.level, th), std::move(terms_)}};
  made.session.next.binding = std::move(made.session.secrets.binding);
  ++made.session.next.generation;
  return made;
}

}  // namespace coseal
