#include "session/accept_session.hpp"

#include "crypto/random.hpp"
#include "handshake/admission.hpp"
#include "resume/accept_or_resume.hpp"
#include "resume/ticket_box.hpp"
#include "session/session_parameters.hpp"

namespace coseal {
namespace {

accept_policy policy_of(const endpoint& self, const accept_options& options, std::string source,
                        bool has_aead, handshake_report& report) {
  accept_policy policy;
  policy.self = self.shared_state();
  policy.none = options.minimum_level() == security_level::none;
  policy.authenticated = has_aead && options.minimum_level() <= security_level::authenticated;
  policy.encrypted = has_aead;
  policy.own_parameters = announced(options.limits());
  policy.own_parameters.time = wall_time(*options.time());
  policy.channel = options.channel();
  policy.authorise = options.authorise();
  policy.source = std::move(source);
  policy.report = &report;
  return policy;
}

/// The rest of what decides about a session that goes on, once its connector has shown that it is there: the
/// hook is asked about nobody whose RESUME was only recorded.
task<result<void>> admit_resumed(std::shared_ptr<session::core> core, const accept_policy& policy,
                                 authorisation_request who) {
  const auto there = co_await core->resumed();
  if (!there) {
    core->abort();
    co_return there.error();
  }
  const auto authorised = co_await authorise(policy, std::move(who));
  if (!authorised) {
    core->send_refused(sealed_refusal(authorised.error(), policy));
    core->end_after_farewell(authorised.error());
  }
  co_return authorised;
}

authorisation_request request_of(const handshake_outcome& agreed) {
  authorisation_request who;
  who.where = agreed.peer;
  who.key = agreed.peer_key;
  who.level = agreed.level;
  return who;
}

}  // namespace

task<result<std::shared_ptr<session::core>>> accept_on(endpoint self, std::shared_ptr<session::core> core,
                                                       std::string source, accept_options options,
                                                       std::function<bool()> room_for_half_open,
                                                       handshake_report& report) {
  // Without the means for the other levels, none is all that can be served, unless something else was asked
  // for.
  const auto usable = backend_for(options.aead());
  if (!usable && (!options.aead().empty() || options.minimum_level() != security_level::none)) {
    core->abort();
    co_return usable.error();
  }
  accept_policy asked = policy_of(self, options, std::move(source), usable.has_value(), report);
  asked.room_for_half_open = std::move(room_for_half_open);
  const accept_policy policy = policy_of(self, options, asked.source, usable.has_value(), report);

  std::function<std::chrono::milliseconds()> wall = [time = options.time()] { return wall_time(*time); };
  auto begun = co_await accept_or_resume(*core, std::move(asked), std::move(wall));
  if (!begun) {
    core->end_after_farewell(begun.error());
    co_return begun.error();
  }
  handshake_outcome& agreed = begun->accepted.agreed;
  const bool resumed = agreed.resumed.has_value();
  auto pinned = agreed.pinned;
  const auto identity = agreed.own;
  const auto peer_key = agreed.peer_key;
  const auto previous = agreed.peer_parameters.previous_session;
  authorisation_request who = request_of(agreed);
  std::optional<session_terms> terms = std::move(begun->terms);
  if (!terms && agreed.secrets)
    terms = terms_of(agreed, handshake_role::acceptor, policy.own_parameters, version_of(policy.channel));

  core->set_claims(identity ? identity->where : self.who(), options.channel());
  if (const auto established = core->establish(std::move(agreed), options.aead()); !established) {
    core->abort();
    co_return established.error();
  }
  if (begun->accepted.refused) {
    core->send_refused(*begun->accepted.refused);
    core->end_after_farewell(begun->accepted.refused_because);
    co_return begun->accepted.refused_because;
  }
  if (resumed) {
    const auto admitted = co_await admit_resumed(core, policy, std::move(who));
    if (!admitted) co_return admitted.error();
  }

  accept_message said;
  said.time = wall_time(*options.time());
  if (!terms) {
    said.id = random_array<16>();
  } else {
    if (!resumed) {
      terms->id = random_array<16>();
      terms->created = said.time;
    }
    terms->renew(said.time);
    said.id = terms->id;
    said.expires = terms->expires;
    said.auth_epoch = terms->auth_epoch;
    const std::uint64_t generation = terms->generation;
    auto ticket = co_await ticket_box(self.shared_state()).seal(identity, *std::move(terms));
    if (!ticket) {
      core->abort();
      co_return ticket.error();
    }
    said.ticket = *std::move(ticket);
    auto& sessions = self.shared_state()->sessions();
    // A connection that has died meanwhile takes nothing from one that lives.
    if (const auto dead = core->failure()) co_return dead;
    const std::uint64_t turn = resumed ? begun->turn : sessions.next_turn();
    if (!sessions.enter(said.id, *peer_key, generation, turn, core)) {
      core->abort();
      co_return errc::session_moved;
    }
    if (previous)
      said.previous =
          sessions.replace(*previous, *peer_key) ? previous_session::replaced : previous_session::gone;
  }
  if (const auto sent = core->send_accept(said, policy.own_parameters); !sent) {
    core->abort();
    co_return sent.error();
  }
  if (pinned) {
    const auto written = co_await self.shared_state()->pins().commit(*std::move(pinned));
    if (!written) {
      core->abort();
      co_return written.error();
    }
  }
  co_return core;
}

task<result<session>> accept_session(as_result_t, endpoint self, std::unique_ptr<duplex_carrier> carrier,
                                     accept_options options, std::string* explanation) {
  if (const auto valid = check(options.limits()); !valid) co_return valid.error();
  handshake_report report;
  std::string source = carrier->source();
  auto core = session::core::make(session::core::role::acceptor, std::move(carrier), options.limits(),
                                  options.time());
  core->watch(self);
  auto accepted =
      co_await accept_on(std::move(self), core, std::move(source), std::move(options), nullptr, report);
  core->handshake_ended(accepted ? std::error_code() : accepted.error(), report.explanation);
  if (accepted) co_return session(*std::move(accepted));
  if (explanation != nullptr)
    *explanation = report.explanation.empty() ? core->explain(accepted.error()) : report.explanation;
  co_return accepted.error();
}

task<session> accept_session(endpoint self, std::unique_ptr<duplex_carrier> carrier, accept_options options) {
  std::string explanation;
  auto made = co_await accept_session(as_result, std::move(self), std::move(carrier), std::move(options),
                                      &explanation);
  if (!made) throw error(made.error(), explanation);
  co_return *std::move(made);
}

}  // namespace coseal
