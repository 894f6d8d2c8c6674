#include "resume/connect_or_resume.hpp"

#include "handshake/handshake_exchange.hpp"
#include "resume/resumer_steps.hpp"

#include <utility>

namespace coseal {
namespace {

/// A session of this identity with whom is asked for, at the level that is asked for. Of any other nothing is
/// said, not even its name.
bool concerns(const resumable_session& from, const connect_request& request, const loaded_identity& own) {
  return from.terms.connector_key == own.key.public_part() && from.terms.level == request.level &&
         from.wanted == request.wanted;
}

/// Nothing that both sides agreed on has changed since.
bool still_agreed(const resumable_session& from, const connect_request& request, const loaded_identity& own,
                  std::chrono::milliseconds wall) {
  const session_terms& terms = from.terms;
  return wall < terms.expires && terms.auth_epoch == own.auth_epoch && terms.connector == own.where &&
         terms.connector_params == lasting(request.own_parameters) &&
         terms.connector_channel == version_of(request.channel);
}

peer_claim claim_of(const resumable_session& from) {
  peer_claim claim;
  claim.role = peer_role::acceptor;
  claim.where = from.terms.acceptor;
  claim.pin_name = from.wanted.empty() ? coordinate(from.terms.acceptor.environment()) : from.wanted;
  claim.key = from.terms.acceptor_key;
  claim.level = from.terms.level;
  return claim;
}

/// The body of RESUME_ACK; errc::session_expired for a clear REFUSED behind which HELLO may follow.
task<result<std::vector<std::byte>>> receive_ack(handshake_link& link, handshake_report* report) {
  auto record = co_await link.receive();
  if (!record) co_return record.error();
  const record_kind kind = record->header.kind;
  if (kind != record_kind::resume_ack && kind != record_kind::refused) co_return errc::unexpected_record;
  const auto well_formed = check_header(*record);
  if (!well_formed) co_return well_formed.error();
  if (kind == record_kind::resume_ack) co_return std::move(record->body);

  reader in(record->body);
  const refusal said = read_refusal(in);
  if (!in.complete() || !said.detail.empty()) co_return errc::malformed_message;
  if (said.code != refusal_code::busy) co_return errc::session_expired;
  if (report != nullptr) report->retry_after = said.retry_after;
  co_return errc::busy;
}

connect_or_resume_outcome outcome_of(resumed_session session, resumable_session from, peer_pinned pinned,
                                     std::shared_ptr<const loaded_identity> own) {
  connect_or_resume_outcome outcome;
  handshake_outcome& agreed = outcome.agreed;
  agreed.level = session.next.level;
  agreed.secrets = std::move(session.secrets);
  agreed.peer_key = session.next.acceptor_key;
  agreed.peer = session.next.acceptor;
  agreed.peer_parameters = session.next.acceptor_params;
  agreed.peer_channel = session.next.acceptor_channel;
  agreed.pinned = std::move(pinned);
  agreed.own = std::move(own);
  agreed.resumed = session.next.id;
  from.terms = std::move(session.next);
  outcome.next = std::move(from);
  return outcome;
}

}  // namespace

task<result<connect_or_resume_outcome>> connect_or_resume(handshake_link& link, connect_request request,
                                                          std::optional<resumable_session> from,
                                                          std::chrono::milliseconds wall) {
  auto own = co_await request.self->identity();
  if (!own) co_return own.error();
  if (from && !concerns(*from, request, **own)) from.reset();
  if (from) request.own_parameters.previous_session = from->terms.id;

  if (from && still_agreed(*from, request, **own, wall)) {
    peer_claim claim = claim_of(*from);
    auto pinned = co_await request.self->pins().check_known(std::move(claim));
    if (pinned) {
      // RESUME, RESUME_ACK
      resume_offer offer(*from, request.randomness);
      const auto asked = co_await link.send(offer.record());
      if (!asked) co_return asked.error();
      const auto ack = co_await receive_ack(link, request.report);
      if (ack) {
        auto resumed = std::move(offer).answer(*ack);
        if (!resumed) co_return resumed.error();
        co_return outcome_of(*std::move(resumed), *std::move(from), *std::move(pinned), *std::move(own));
      }
      if (ack.error() != errc::session_expired) co_return ack.error();
    }
  }

  const parameters own_parameters = request.own_parameters;
  const channel_version channel = version_of(request.channel);
  connect_or_resume_outcome outcome;
  resumable_session next;
  next.wanted = request.wanted;
  auto agreed = co_await connect_handshake(link, std::move(request));
  if (!agreed) co_return agreed.error();
  outcome.agreed = *std::move(agreed);
  if (outcome.agreed.secrets) {
    next.terms = terms_of(outcome.agreed, handshake_role::connector, own_parameters, channel);
    outcome.next = std::move(next);
  }
  co_return outcome;
}

}  // namespace coseal
