#include "session/connect_session.hpp"

#include "resume/connect_or_resume.hpp"
#include "resume/kept_bindings.hpp"
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
  request.own_parameters.time = wall_time(*options.time());
  std::optional<resumable_session> from;
  if (options.resume()) {
    auto parsed = resumable_session::parse(options.resume());
    if (!parsed) {
      core->abort();
      co_return errc::invalid_option;
    }
    from = *std::move(parsed);
  }
  auto begun =
      co_await connect_or_resume(*core, std::move(request), std::move(from), wall_time(*options.time()));
  if (!begun) {
    core->end_after_farewell(begun.error());
    co_return begun.error();
  }
  const security_level level = begun->agreed.level;
  auto pinned = begun->agreed.pinned;
  if (begun->next) core->prepare_binding(*std::move(begun->next));
  if (const auto established = core->establish(std::move(begun->agreed), options.aead()); !established) {
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
  if (session_binding binding = core->binding(); binding && !options.keep_as().empty()) {
    const auto kept =
        co_await kept_bindings(self.shared_state()).write(options.keep_as(), std::move(binding));
    if (!kept) {
      core->abort();
      co_return kept.error();
    }
  }
  co_return core;
}

task<result<std::shared_ptr<session::core>>> shake_hands(endpoint self,
                                                         std::unique_ptr<duplex_carrier> carrier,
                                                         connect_options options, std::stop_token stop,
                                                         handshake_report& report) {
  if (const auto valid = check(options.limits()); !valid) co_return valid.error();
  if (!options.keep_as().empty() && !kept_bindings::is_name(options.keep_as()))
    co_return errc::invalid_option;
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

task<result<connect_options>> with_kept_binding(endpoint self, connect_options options) {
  if (options.keep_as().empty() || options.resume()) co_return options;
  if (!kept_bindings::is_name(options.keep_as())) co_return errc::invalid_option;
  auto kept = co_await kept_bindings(self.shared_state()).read(options.keep_as());
  if (!kept) co_return kept.error();
  co_return options.resume(*std::move(kept));
}

task<result<session>> connect_session(as_result_t, endpoint self, std::unique_ptr<duplex_carrier> carrier,
                                      connect_options options, std::string* explanation) {
  auto complete = co_await with_kept_binding(self, std::move(options));
  if (!complete) co_return complete.error();
  options = *std::move(complete);
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
  auto complete = co_await with_kept_binding(self, std::move(options));
  if (!complete) co_return complete.error();
  options = *std::move(complete);
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
