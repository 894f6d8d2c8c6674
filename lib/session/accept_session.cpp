#include "session/accept_session.hpp"

#include "crypto/random.hpp"
#include "session/session_parameters.hpp"

namespace coseal {

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
  accept_policy policy;
  policy.self = self.shared_state();
  policy.none = options.minimum_level() == security_level::none;
  policy.authenticated = usable && options.minimum_level() <= security_level::authenticated;
  policy.encrypted = usable.has_value();
  policy.own_parameters = announced(options.limits());
  policy.own_parameters.time = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  policy.channel = options.channel();
  policy.authorise = options.authorise();
  policy.source = std::move(source);
  policy.room_for_half_open = std::move(room_for_half_open);
  policy.report = &report;
  const parameters own = policy.own_parameters;

  auto outcome = co_await accept_handshake(*core, std::move(policy));
  if (!outcome) {
    core->end_after_farewell(outcome.error());
    co_return outcome.error();
  }
  auto pinned = outcome->agreed.pinned;
  const auto identity = outcome->agreed.own;
  core->set_claims(identity ? identity->where : self.who(), options.channel());
  if (const auto established = core->establish(std::move(outcome->agreed), options.aead()); !established) {
    core->abort();
    co_return established.error();
  }
  if (outcome->refused) {
    core->send_refused(*outcome->refused);
    core->end_after_farewell(outcome->refused_because);
    co_return outcome->refused_because;
  }
  if (const auto sent = core->send_accept(random_array<16>(), own); !sent) {
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
