#include "session/connect_session.hpp"

#include "session/session_parameters.hpp"

#include <coseal/session.hpp>

#include <algorithm>
#include <stop_token>
#include <utility>

namespace coseal {
namespace {

/// The connector's handshake on an open carrier, to the end: ACCEPT was read, the pin is written.
task<result<std::shared_ptr<session::core>>> shake_hands_on(std::shared_ptr<session::core> core,
                                                            endpoint self, connect_options options,
                                                            std::stop_token stop, handshake_report& report) {
  core->set_claims(options.peer(), options.channel());
  const auto abort = [core] { core->abort(); };
  const std::stop_callback on_stop(std::move(stop), abort);
  connect_request request;
  request.self = self.shared_state();
  request.wanted = options.peer();
  request.level = options.level();
  request.own_parameters = announced(options.limits());
  request.channel = options.channel();
  request.report = &report;
  auto agreed = co_await connect_handshake(*core, std::move(request));
  if (!agreed) {
    core->end_after_farewell(agreed.error());
    co_return agreed.error();
  }
  const security_level level = agreed->level;
  auto pinned = agreed->pinned;
  if (const auto established = core->establish(*std::move(agreed), options.aead()); !established) {
    core->abort();
    co_return established.error();
  }
  if (level == security_level::none) co_return core;  // no round trip; session::accepted tells the rest
  const auto accepted = co_await core->accepted(operation_options());
  if (!accepted) {
    report.explanation = core->explain(accepted.error());
    report.retry_after = core->retry_after();
    core->abort();
    co_return accepted.error();
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

task<result<std::shared_ptr<session::core>>> shake_hands(endpoint self,
                                                         std::unique_ptr<duplex_carrier> carrier,
                                                         connect_options options, std::stop_token stop,
                                                         handshake_report& report) {
  if (const auto valid = check(options.limits()); !valid) co_return valid.error();
  if (options.level() != security_level::none)
    if (const auto usable = backend_for(options.aead()); !usable) co_return usable.error();
  auto core = session::core::make(session::core::role::connector, std::move(carrier), options.limits(),
                                  options.time());
  core->watch(self, options.level());
  auto made = co_await shake_hands_on(core, std::move(self), std::move(options), std::move(stop), report);
  core->handshake_ended(made ? std::error_code() : made.error(), report.explanation);
  co_return made;
}

/// The handshake's time is part of what connecting may take in all.
connect_options bounded(connect_options options, clock::duration left) {
  session_limits limits = options.limits();
  limits.handshake = std::min(limits.handshake, std::chrono::ceil<std::chrono::milliseconds>(left));
  return options.limits(limits);
}

}  // namespace

std::string explain_attempt(const handshake_report& report, std::error_code error, const std::string& where,
                            const connect_options& options) {
  std::string text = "connecting to " + where + " as a peer of " +
                     (options.peer().empty() ? std::string("anybody") : options.peer().to_string()) +
                     " at level " + std::string(to_string(options.level())) + ": ";
  return text + (report.explanation.empty() ? error.message() : report.explanation);
}

task<result<std::shared_ptr<session::core>>> connect_over(endpoint self, transport where,
                                                          connect_options options, std::stop_token stop,
                                                          handshake_report& report) {
  const auto executor = co_await asio::this_coro::executor;
  const auto start = options.time()->now();
  operation_options reaching = within(options.within());
  reaching.stop(stop);
  auto carrier = co_await where.open(executor, std::move(reaching));
  if (!carrier) co_return carrier.error();
  const auto left = options.within() - (options.time()->now() - start);
  options = bounded(std::move(options), std::max(left, clock::duration::zero()));
  co_return co_await shake_hands(std::move(self), *std::move(carrier), std::move(options), std::move(stop),
                                 report);
}

task<result<session>> connect_session(as_result_t, endpoint self, std::unique_ptr<duplex_carrier> carrier,
                                      connect_options options, std::string* explanation) {
  const auto left = options.within();
  options = bounded(std::move(options), left);
  handshake_report report;
  const std::string where = carrier->peer_address();
  std::stop_token nobody_stops;
  auto core =
      co_await shake_hands(std::move(self), std::move(carrier), options, std::move(nobody_stops), report);
  if (core) co_return session(*std::move(core));
  if (explanation != nullptr) *explanation = explain_attempt(report, core.error(), where, options);
  co_return core.error();
}

task<result<session>> connect_session(as_result_t, endpoint self, transport where, connect_options options,
                                      std::string* explanation) {
  handshake_report report;
  std::stop_token nobody_stops;
  auto core = co_await connect_over(std::move(self), where, options, std::move(nobody_stops), report);
  if (core) co_return session(*std::move(core));
  if (explanation != nullptr) *explanation = explain_attempt(report, core.error(), where.name(), options);
  co_return core.error();
}

task<session> connect_session(endpoint self, transport where, connect_options options) {
  std::string explanation;
  auto made = co_await connect_session(as_result, std::move(self), std::move(where), std::move(options),
                                       &explanation);
  if (!made) throw error(made.error(), explanation);
  co_return *std::move(made);
}

task<session> connect_session(endpoint self, std::unique_ptr<duplex_carrier> carrier,
                              connect_options options) {
  std::string explanation;
  auto made = co_await connect_session(as_result, std::move(self), std::move(carrier), std::move(options),
                                       &explanation);
  if (!made) throw error(made.error(), explanation);
  co_return *std::move(made);
}

}  // namespace coseal
