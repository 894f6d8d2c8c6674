#include "resume/accept_or_resume.hpp"

#include "handshake/admission.hpp"
#include "handshake/handshake_exchange.hpp"
#include "resume/answerer_steps.hpp"
#include "resume/ticket_box.hpp"

#include <utility>

namespace coseal {
namespace {

/// A link whose first record was read already.
class link_from_record final : public handshake_link {
 public:
  link_from_record(handshake_link& rest, handshake_record first) : rest_(rest), first_(std::move(first)) {}

  task<result<handshake_record>> receive() override {
    if (first_) {
      handshake_record record = *std::exchange(first_, std::nullopt);
      co_return record;
    }
    co_return co_await rest_.receive();
  }
  task<result<void>> send(std::vector<std::byte> records) override { return rest_.send(std::move(records)); }

 private:
  handshake_link& rest_;
  std::optional<handshake_record> first_;
};

/// Nothing that both sides agreed on has changed since.
result<void> still_agreed(const session_terms& terms, const accept_policy& policy, const loaded_identity& own,
                          std::chrono::milliseconds wall) {
  if (wall >= terms.expires || terms.auth_epoch != own.auth_epoch) return errc::session_expired;
  if (terms.acceptor_key != own.key.public_part() || terms.acceptor != own.where)
    return errc::coordinate_refused;
  if (!policy.serves(terms.level)) return errc::level_refused;
  if (terms.acceptor_params != lasting(policy.own_parameters)) return errc::parameter_changed;
  if (terms.acceptor_channel != version_of(policy.channel)) return errc::channel_mismatch;
  return {};
}

struct admitted_resumer {
  proved_resumer who;
  peer_pinned pinned;
  std::shared_ptr<const loaded_identity> own;
};

/// All checks before the answer, the cheap ones first. Writes nothing and asks nobody: this RESUME may have
/// been recorded.
task<result<admitted_resumer>> admit_resumer(const accept_policy& policy, handshake_record record,
                                             std::chrono::milliseconds wall) {
  const auto self = policy.self;
  const auto well_formed = check_header(record);
  if (!well_formed) co_return well_formed.error();
  auto got = received_resume::parse(record.body);
  if (!got) co_return got.error();
  auto terms = co_await ticket_box(self).open(std::move(got->message.ticket));
  if (!terms) co_return terms.error();
  auto who = resume_claim(*std::move(terms), std::move(record.body)).verify();
  if (!who) co_return who.error();

  auto own = co_await self->identity();
  if (!own) co_return own.error();
  const auto agreed = still_agreed(who->terms(), policy, **own, wall);
  if (!agreed) co_return agreed.error();
  const auto current = co_await self->sessions().check(who->terms().id, who->terms().generation);
  if (!current) co_return current.error();
  peer_claim claim = who->claim(policy.source);
  auto pinned = co_await self->pins().check_known(std::move(claim));
  if (!pinned) co_return pinned.error();
  co_return admitted_resumer{*std::move(who), *std::move(pinned), *std::move(own)};
}

accept_or_resume_outcome outcome_of(resumed_session session, peer_pinned pinned,
                                    std::shared_ptr<const loaded_identity> own) {
  accept_or_resume_outcome outcome;
  handshake_outcome& agreed = outcome.accepted.agreed;
  agreed.level = session.next.level;
  agreed.secrets = std::move(session.secrets);
  agreed.peer_key = session.next.connector_key;
  agreed.peer = session.next.connector;
  agreed.peer_parameters = session.next.connector_params;
  agreed.peer_channel = session.next.connector_channel;
  agreed.pinned = std::move(pinned);
  agreed.own = std::move(own);
  agreed.resumed = session.next.id;
  outcome.terms = std::move(session.next);
  return outcome;
}

task<result<accept_or_resume_outcome>> accept_fresh(handshake_link& link, accept_policy policy) {
  auto accepted = co_await accept_handshake(link, std::move(policy));
  if (!accepted) co_return accepted.error();
  accept_or_resume_outcome outcome;
  outcome.accepted = *std::move(accepted);
  co_return outcome;
}

}  // namespace

task<result<accept_or_resume_outcome>> accept_or_resume(handshake_link& link, accept_policy policy,
                                                        std::chrono::milliseconds wall) {
  auto first = co_await link.receive();
  if (!first) co_return first.error();
  if (first->header.kind != record_kind::resume) {
    link_from_record whole(link, *std::move(first));
    co_return co_await accept_fresh(whole, std::move(policy));
  }

  // RESUME, RESUME_ACK
  auto admitted = co_await admit_resumer(policy, *std::move(first), wall);
  std::error_code why = admitted.error();
  if (admitted) {
    auto made = std::move(admitted->who).answer(policy.randomness);
    why = made.error();
    if (made) {
      const auto sent = co_await link.send(std::move(made->record));
      if (!sent) co_return sent.error();
      co_return outcome_of(std::move(made->session), std::move(admitted->pinned), std::move(admitted->own));
    }
  }
  // It may still shake hands; whatever is wrong with it is said then, under seal.
  const auto refused = co_await link.send(refused_record(errc::session_expired, policy.retry_after));
  if (!refused) co_return refused.error();
  co_return co_await accept_fresh(link, std::move(policy));
}

}  // namespace coseal
