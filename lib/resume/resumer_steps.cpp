#include "resume/resumer_steps.hpp"

#include "resume/resume_keys.hpp"
#include "resume/resume_message.hpp"

#include <coseal/error.hpp>

namespace coseal {
namespace {

session_terms copy_of(const session_terms& terms) {
  writer out;
  out.reserve(longest_terms);
  write_terms(out, terms);
  auto bytes = std::move(out).take();
  reader in(bytes);
  session_terms copy = read_terms(in);
  wipe(bytes);
  return copy;
}

}  // namespace

resume_offer::resume_offer(const resumable_session& from, own_randomness& randomness)
    : terms_(copy_of(from.terms)), ephemeral_(randomness.ephemeral()) {
  resume_message message;
  message.level = static_cast<std::uint8_t>(terms_.level);
  message.generation = terms_.generation;
  message.salt = randomness.random();
  message.share = ephemeral_.share();
  message.ticket = from.ticket;
  body_ = message.encode();
  const digest binder = binder_key(terms_).mac(body_);
  body_.insert(body_.end(), binder.begin(), binder.end());
}

std::vector<std::byte> resume_offer::record() const {
  const record_header header{static_cast<std::uint32_t>(body_.size()), record_kind::resume, 0, 0};
  writer out;
  out.bytes(header.bytes());
  out.bytes(body_);
  return std::move(out).take();
}

result<resumed_session> resume_offer::answer(std::span<const std::byte> ack) && {
  const auto got = received_resume_ack::parse(ack);
  if (!got) return got.error();
  auto shared = std::move(ephemeral_).agree(got->message.share);
  if (!shared) return shared.error();
  const digest th = resume_transcript(body_, got->unfinished);
  auto keys = resume_keys::derive(terms_.binding, *std::move(shared), th);
  if (!keys.finished.verify(th, got->finished)) return errc::bad_finished;

  resumed_session resumed{std::move(keys.traffic).into_traffic(handshake_role::connector, terms_.level, th),
                          std::move(terms_)};
  resumed.next.binding = std::move(resumed.secrets.binding);
  ++resumed.next.generation;
  return resumed;
}

}  // namespace coseal
