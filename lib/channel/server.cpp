#include "channel/channel_log.hpp"
#include "channel/handler_table.hpp"
#include "channel/server_core.hpp"
#include "trust/endpoint_state.hpp"

#include <coseal/channel_description.hpp>
#include <coseal/error.hpp>
#include <coseal/server.hpp>

namespace coseal {
namespace {

void value_or_throw(const result<void>& outcome, const char* what) {
  if (!outcome) throw error(outcome.error(), what);
}

}  // namespace

server serve_channel(const runtime& of, const channel& what, serve_options options) {
  server_settings settings(of.self());
  settings.contract = what;
  settings.carriers = std::move(options.carriers);
  settings.accepting.minimum_level(options.minimum_level)
      .channel(what.definition())
      .limits(options.limits)
      .time(options.time)
      .authorise(std::move(options.authorise))
      .on_refused(std::move(options.on_refused));
  settings.names = names_of(what.to_acceptor());
  settings.handlers = handler_table(what.to_acceptor(), of.handlers(), options.handlers);
  settings.around = of.around();
  settings.around.insert(settings.around.end(), options.around.begin(), options.around.end());
  settings.pushes = options.pushes;
  settings.lost = options.lost;
  settings.relay = std::move(options.relay);
  settings.uploads = options.uploads;
  const observation& watched = of.self().shared_state()->watched();
  settings.watch = call_watch::make(watched, call_span::side::server, settings.names);
  settings.numbers = watched.numbers;
  settings.on_failure = logged(watched.lines, std::move(options.on_failure));
  settings.on_connected = std::move(options.on_connected);
  settings.on_disconnected = std::move(options.on_disconnected);
  settings.exchange = std::move(options.exchange);
  settings.plain_http = options.plain_http;
  if (options.describe_from)
    settings.describe = describe_handler(describe_channel(what), *options.describe_from);
  return server(server_core::start(of.executor(), std::move(settings)));
}

server::server(std::shared_ptr<server_core> core) : coseal::audience(core), core_(std::move(core)) {}

server& server::operator=(server&& other) noexcept {
  if (this == &other) return *this;
  if (core_) core_->abort();
  coseal::audience::operator=(std::move(other));
  core_ = std::move(other.core_);
  return *this;
}

server::~server() {
  if (core_) core_->abort();
}

task<void> server::run(operation_options options) {
  const auto core = core_;
  value_or_throw(co_await core->run(std::move(options)), "serving a channel");
}

task<void> server::ready(operation_options options) {
  const auto core = core_;
  value_or_throw(co_await core->ready(std::move(options)), "starting to serve a channel");
}

task<void> server::drain(operation_options options) {
  const auto core = core_;
  value_or_throw(co_await core->drain(std::move(options)), "draining a server");
}

task<void> server::close() {
  const auto core = core_;
  co_await core->close();
}

std::vector<std::string> server::addresses() const {
  return core_->addresses();
}

task<http_response> server::fetch(http_request asked) {
  const auto core = core_;
  co_return co_await core->fetch(std::move(asked));
}

void server::adopt(session made) {
  core_->adopt(std::move(made));
}

}  // namespace coseal
