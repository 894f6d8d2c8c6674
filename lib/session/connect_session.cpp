#include "crypto/random.hpp"
#include "session/session_core.hpp"
#include "session/session_parameters.hpp"

#include <coseal/session.hpp>

#include <algorithm>

namespace coseal {
namespace {

/// The connector's handshake on an open carrier, to the end: ACCEPT was read, the pin is written.
task<result<std::shared_ptr<session::core>>> shake_hands(endpoint self,
                                                         std::unique_ptr<duplex_carrier> carrier,
                                                         connect_options options, handshake_report& report) {
  if (const auto valid = check(options.limits()); !valid) co_return valid.error();
  if (options.level() != security_level::none)
    if (const auto usable = backend_for(options.aead()); !usable) co_return usable.error();
  auto core = session::core::make(session::core::role::connector, std::move(carrier), options.limits(),
                                  options.time());
  core->set_claims(options.peer(), options.channel());
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

/// The handshake's time is part of what connecting may take in all.
connect_options bounded(connect_options options, clock::duration left) {
  session_limits limits = options.limits();
  limits.handshake = std::min(limits.handshake, std::chrono::ceil<std::chrono::milliseconds>(left));
  return options.limits(limits);
}

std::string explain(const handshake_report& report, std::error_code error, const std::string& where,
                    const connect_options& options) {
  std::string text = "connecting to " + where + " as a peer of " +
                     (options.peer().empty() ? std::string("anybody") : options.peer().to_string()) +
                     " at level " + std::string(to_string(options.level())) + ": ";
  return text + (report.explanation.empty() ? error.message() : report.explanation);
}

}  // namespace

task<result<session>> connect_session(as_result_t, endpoint self, std::unique_ptr<duplex_carrier> carrier,
                                      connect_options options, std::string* explanation) {
  const auto left = options.within();
  options = bounded(std::move(options), left);
  handshake_report report;
  const std::string where = carrier->peer_address();
  auto core = co_await shake_hands(std::move(self), std::move(carrier), options, report);
  if (core) co_return session(*std::move(core));
  if (explanation != nullptr) *explanation = explain(report, core.error(), where, options);
  co_return core.error();
}

task<result<session>> connect_session(as_result_t, endpoint self, transport where, connect_options options,
                                      std::string* explanation) {
  const auto executor = co_await asio::this_coro::executor;
  const auto start = options.time()->now();
  auto carrier = co_await where.open(executor, within(options.within()));
  if (!carrier) {
    if (explanation != nullptr)
      *explanation = explain(handshake_report(), carrier.error(), where.name(), options);
    co_return carrier.error();
  }
  const auto left = options.within() - (options.time()->now() - start);
  options.within(std::max(left, clock::duration::zero()));
  co_return co_await connect_session(as_result, std::move(self), *std::move(carrier), std::move(options),
                                     explanation);
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
