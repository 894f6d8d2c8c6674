#include "handshake/handshake_report.hpp"

#include "handshake/channel_version.hpp"

#include <coseal/error.hpp>

#include <string_view>

namespace coseal {
namespace {

std::string_view name_of(peer_role role) noexcept {
  return role == peer_role::acceptor ? "acceptor" : "connector";
}

std::string who(const peer_claim& claim) {
  return std::string(name_of(claim.role)) + " " + claim.pin_name.to_string();
}

std::string accepting_command(const peer_claim& claim) {
  return "; if you expected this: coseal pins accept --" + std::string(name_of(claim.role)) + " " +
         claim.pin_name.to_string() + " " + claim.key.to_hex() + " --store <store>";
}

std::string key_changed_text(const peer_claim& claim, const std::optional<public_key>& pinned) {
  const std::string before = pinned ? pinned->fingerprint() : "another key";
  return who(claim) + " was pinned as " + before + " and now shows " + claim.key.fingerprint() +
         accepting_command(claim);
}

}  // namespace

task<void> explain_refused_pin(handshake_report* report, pin_book& pins, peer_claim claim,
                               std::error_code why) {
  if (report == nullptr) co_return;
  report->shown = claim.key;
  if (why == errc::not_pinned) {
    report->explanation =
        who(claim) + " has no pin and shows " + claim.key.fingerprint() + accepting_command(claim);
  } else if (why == errc::revoked) {
    report->explanation = "the pin of " + who(claim) + " is revoked" + accepting_command(claim);
  } else if (why == errc::level_below_record) {
    report->explanation =
        who(claim) + " was seen at a stronger level than " + std::string(to_string(claim.level));
  } else if (why == errc::key_changed || why == errc::bad_succession) {
    const peer_role role = claim.role;
    coordinate name = claim.pin_name;
    const auto found = co_await pins.find(role, std::move(name));
    if (found && *found) report->pinned = (*found)->key;
    report->explanation = key_changed_text(claim, report->pinned);
  }
}

void explain_refusal(handshake_report* report, const refusal& said, const channel_definition& own) {
  if (report == nullptr) return;
  if (said.code == refusal_code::busy) report->retry_after = said.retry_after;
  if (said.code == refusal_code::channel && !said.detail.empty())
    report->explanation = explain_channel_difference(own, said.detail);
  if (said.code == refusal_code::unavailable) report->explanation = "the peer's storage failed";
}

}  // namespace coseal
