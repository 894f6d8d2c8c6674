#include "handshake/admission.hpp"

#include <coseal/error.hpp>

#include <exception>

namespace coseal {

task<result<void>> authorise(const accept_policy& policy, authorisation_request who) {
  if (!policy.authorise) co_return result<void>();
  bool yes = false;
  try {
    yes = co_await policy.authorise(std::move(who));
  } catch (const std::exception& thrown) {
    if (policy.report != nullptr)
      policy.report->explanation = std::string("the authorise hook threw: ") + thrown.what();
  }
  if (!yes) co_return errc::not_authorised;
  co_return result<void>();
}

task<result<peer_pinned>> judge(const accept_policy& policy, peer_claim claim,
                                const channel_version& channel) {
  auto pinned = co_await policy.self->pins().check(claim);
  if (!pinned) {
    const std::error_code why = pinned.error();
    co_await explain_refused_pin(policy.report, policy.self->pins(), std::move(claim), why);
    co_return why;
  }
  if (!agrees(policy.channel, channel)) {
    if (policy.report != nullptr)
      policy.report->explanation = explain_channel_difference(policy.channel, channel);
    co_return errc::channel_mismatch;
  }
  authorisation_request who;
  who.where = claim.where;
  who.key = claim.key;
  who.level = claim.level;
  who.first_contact = pinned->first_contact();
  const auto authorised = co_await authorise(policy, std::move(who));
  if (!authorised) co_return authorised.error();
  co_return std::move(pinned);
}

std::vector<std::byte> refused_record(std::error_code why, std::chrono::milliseconds retry_after) {
  refusal said;
  said.code = to_refusal(why);
  if (said.code == refusal_code::busy) said.retry_after = retry_after;
  writer body;
  write_refusal(body, in_clear(std::move(said)));
  const record_header header{static_cast<std::uint32_t>(body.size()), record_kind::refused, 0, 0};
  writer record;
  record.reserve(record_header::size + body.size());
  record.bytes(header.bytes());
  record.bytes(body.view());
  return std::move(record).take();
}

refusal sealed_refusal(std::error_code why, const accept_policy& policy) {
  refusal said;
  said.code = to_refusal(why);
  if (said.code == refusal_code::busy) said.retry_after = policy.retry_after;
  if (said.code == refusal_code::channel) said.detail = channel_difference_detail(policy.channel);
  return said;
}

}  // namespace coseal
