#include "handshake/acceptor_steps.hpp"
#include "handshake/admission.hpp"
#include "handshake/handshake_exchange.hpp"

namespace coseal {
namespace {

/// A HELLO. Whoever sends something else speaks another protocol and gets no answer.
task<result<handshake_record>> receive_hello(handshake_link& link) {
  auto record = co_await link.receive();
  if (!record) co_return record.error();
  if (record->header.kind != record_kind::hello) co_return errc::not_coseal;
  const auto well_formed = check_header(*record);
  if (!well_formed) co_return well_formed.error();
  co_return std::move(record);
}

/// FINISH or ABORT, to be checked with check_header.
result<void> check_answer(const handshake_record& record) noexcept {
  const record_kind kind = record.header.kind;
  if (kind != record_kind::finish && kind != record_kind::abort) return errc::unexpected_record;
  return check_header(record);
}

/// Says no in clear; the peer may be gone by now, so that a failing send changes nothing. Returns `why`.
task<std::error_code> refuse(handshake_link& link, std::error_code why,
                             std::chrono::milliseconds retry_after) {
  (void)co_await link.send(refused_record(why, retry_after));
  co_return why;
}

/// Level none: nothing is proved, so that pins can only say no.
task<result<void>> judge_claim(const accept_policy& policy, const hello& m1) {
  if (!agrees(policy.channel, m1.channel)) {
    if (policy.report != nullptr)
      policy.report->explanation = explain_channel_difference(policy.channel, m1.channel);
    co_return errc::channel_mismatch;
  }
  coordinate where = m1.claimed->where;
  const auto free_to_claim = co_await policy.self->pins().check_unproved(where);
  if (!free_to_claim) co_return free_to_claim.error();
  authorisation_request who;
  who.where = std::move(where);
  co_return co_await authorise(policy, std::move(who));
}

accept_outcome unproved_outcome(const hello& m1, std::shared_ptr<const loaded_identity> own) {
  accept_outcome outcome;
  outcome.agreed.level = security_level::none;
  outcome.agreed.peer = m1.claimed->where;
  outcome.agreed.peer_parameters = m1.claimed->params;
  outcome.agreed.peer_channel = m1.channel;
  outcome.agreed.own = std::move(own);
  return outcome;
}

}  // namespace

task<result<accept_outcome>> accept_handshake(handshake_link& link, accept_policy policy) {
  if (!writable(policy.own_parameters, policy.channel)) co_return errc::invalid_option;
  policy.own_parameters = at_present(policy.own_parameters);
  const std::chrono::milliseconds later = policy.retry_after;

  // M1
  const auto m1_record = co_await receive_hello(link);
  if (!m1_record) co_return m1_record.error();
  auto m1 = hello::parse(m1_record->body);
  if (!m1 && m1.error() == errc::not_coseal) co_return m1.error();
  if (!m1) co_return co_await refuse(link, m1.error(), later);
  auto own = co_await policy.self->identity();
  if (!own) co_return co_await refuse(link, own.error(), later);
  const auto admitted = admit(*m1, policy, **own);
  if (!admitted) co_return co_await refuse(link, admitted.error(), later);

  if (m1->level == security_level::none) {
    const auto judged = co_await judge_claim(policy, *m1);
    if (!judged) co_return co_await refuse(link, judged.error(), later);
    co_return unproved_outcome(*m1, *std::move(own));
  }

  // M2, M3
  if (policy.room_for_half_open && !policy.room_for_half_open())
    co_return co_await refuse(link, errc::busy, later);
  auto reply = acceptor_reply::make(*m1, m1_record->body, policy, **own);
  if (!reply) co_return co_await refuse(link, reply.error(), later);
  const auto replied = co_await link.send(reply->record());
  if (!replied) co_return replied.error();
  auto m3_record = co_await link.receive();
  if (!m3_record && m3_record.error() == condition::malformed)
    co_return co_await refuse(link, m3_record.error(), later);
  if (!m3_record) co_return m3_record.error();
  const auto legal = check_answer(*m3_record);
  if (!legal) co_return co_await refuse(link, legal.error(), later);

  if (m3_record->header.kind == record_kind::abort) {
    const auto aborted = std::move(*reply).abort(*std::move(m3_record));
    if (!aborted) co_return co_await refuse(link, aborted.error(), later);
    explain_refusal(policy.report, *aborted, policy.channel);
    co_return to_error(aborted->code);
  }
  auto m3 = std::move(*reply).finish(*std::move(m3_record));
  if (!m3) co_return co_await refuse(link, m3.error(), later);
  auto connector = std::move(*m3).verify();
  if (!connector) co_return co_await refuse(link, connector.error(), later);

  // Is it welcome? From here on a no is sealed, as R's first TRAFFIC record.
  auto judged = co_await judge(policy, connector->claim(policy.source), m1->channel);
  accept_outcome outcome;
  outcome.agreed = std::move(*connector).into_outcome(*std::move(own));
  if (judged) {
    outcome.agreed.pinned = *std::move(judged);
  } else {
    outcome.refused = sealed_refusal(judged.error(), policy);
    outcome.refused_because = judged.error();
  }
  co_return outcome;
}

}  // namespace coseal
