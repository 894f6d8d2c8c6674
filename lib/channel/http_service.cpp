#include "channel/http_service.hpp"

#include "carrier/port_notice.hpp"
#include "channel/handler_run.hpp"
#include "exchange/plain_http.hpp"
#include "exchange/server_state.hpp"
#include "http/public_handler.hpp"
#include "http/screening.hpp"

#include <coseal/error.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/co_spawn.hpp>

#include <algorithm>
#include <chrono>

namespace coseal {
namespace {

constexpr std::string_view carrier_name = "http";
/// Servers count their connections from 1: nobody is pushed to under this one.
constexpr client_id no_connection{};
/// How long a plain call may take, which can not say so itself.
constexpr std::chrono::seconds plain_time(30);
/// How long any other may take: nothing but its own deadline ends it, and it holds a place.
constexpr std::chrono::minutes longest_call(10);

exchange_server_options exchange_options(const server_settings& settings) {
  exchange_server_options options = settings.exchange.value_or(exchange_server_options());
  const accept_options& accepting = settings.accepting;
  if (options.authorise() || options.on_refused() || !options.plain().empty())
    throw error(errc::invalid_option,
                "serve_options::exchange takes no authorise, on_refused or plain: serve_options say them");
  options
      .minimum_level(
          std::max({accepting.minimum_level(), options.minimum_level(), security_level::authenticated}))
      .channel(accepting.channel())
      .authorise(accepting.authorise())
      .time(accepting.time())
      .on_refused(accepting.on_refused());
  return options;
}

/// Of an answer of ours: what its ERROR says; nothing if it is a REPLY.
std::optional<error_kind> error_in(const std::vector<std::byte>& answer) {
  const auto said = parse_call_message(answer, message_sender::acceptor);
  if (said && said->kind == message_kind::error) return said->error;
  return std::nullopt;
}

/// Why a call that was understood does not run; nothing if it does.
std::optional<error_kind> refusal_of(const handler* by, security_level level) noexcept {
  if (by == nullptr) return error_kind::no_handler;
  if (level < by->weakest()) return error_kind::level;
  if (by->streams()) return error_kind::duplex;
  return std::nullopt;
}

}  // namespace

http_service::http_service(asio::any_io_executor executor, std::shared_ptr<const server_settings> settings,
                           std::function<void()> idle)
    : executor_(std::move(executor)), settings_(std::move(settings)), idle_(std::move(idle)) {
  // Refers to this service, which holds it: no owner, or neither would ever go.
  exchange_.emplace(
      settings_->self, [this](exchange_request asked) { return answer_exchange(std::move(asked)); },
      exchange_options(*settings_));
  if (!settings_->plain_http) return;
  if (settings_->accepting.minimum_level() != security_level::none)
    throw error(errc::invalid_option, "plain_http is level none: it needs minimum_level none beside it");
  plain_.emplace(settings_->contract);
}

http_handler http_service::answers() {
  return [weak = weak_from_this()](http_request asked) { return answer_public(weak, std::move(asked)); };
}

task<http_response> http_service::answer_public(std::weak_ptr<http_service> of, http_request asked) {
  const auto self = of.lock();
  if (!self) co_return port_notice(asked);
  auto made = co_await answer(self, http::from_public(std::move(asked)));
  co_return http::to_public(std::move(made));
}

task<http_response> http_service::fetch(std::shared_ptr<http_service> self, http_request asked) {
  const http::handler by = [self](http::request screened) { return answer(self, std::move(screened)); };
  auto made = co_await http::answer_screened(http::from_public(std::move(asked)),
                                             self->exchange_->shared_state()->http_options(), by);
  co_return http::to_public(std::move(made));
}

task<http::response> http_service::answer(std::shared_ptr<http_service> self, http::request asked) {
  if (self->plain_) {
    auto made = co_await answer_plain(self, asked);
    if (made) co_return *std::move(made);
  }
  if (asked.head.method == "POST")
    co_return co_await self->exchange_->shared_state()->answer(std::move(asked));
  http_request shown;
  shown.method = asked.head.method;
  co_return http::from_public(port_notice(shown));
}

task<std::optional<http::response>> http_service::answer_plain(std::shared_ptr<http_service> self,
                                                               const http::request& asked) {
  const std::string path(asked.head.path());
  const auto position = self->plain_->position_of(path);
  const bool reads = asked.head.method == "GET" || asked.head.method == "HEAD";
  if (!position) {
    const std::string* const type = asked.head.find("Content-Type");
    const bool exchange = asked.head.method == "POST" && type != nullptr && !is_json_type(type);
    if (exchange) co_return std::nullopt;
  }
  // First, since every other answer says something about what there is.
  const bool admitted = co_await self->admits_plain(asked.source);
  if (!admitted) co_return problem(403, "not authorised");
  if (!position && path == "/" && reads) co_return self->plain_->document();
  if (!position) co_return problem(404, "there is no such action: GET / says which there are");
  auto call = self->plain_->ask(*position, asked);
  if (auto* refused = std::get_if<http::response>(&call)) co_return std::move(*refused);
  auto nobody = std::make_shared<coseal::peer>(no_connection, security_level::none, coordinate(),
                                               std::nullopt, std::string(carrier_name), asked.source);
  const auto deadline = self->settings_->accepting.time()->now() + plain_time;
  auto message = std::get<std::vector<std::byte>>(std::move(call));
  const auto said = co_await self->run(std::move(nobody), std::move(message), deadline);
  co_return self->plain_->answer(*position, said);
}

/// As every newcomer at level none: nobody is proved, and this one does not even say who it is.
task<bool> http_service::admits_plain(std::string source) {
  const auto& accepting = settings_->accepting;
  if (!accepting.authorise()) co_return true;
  bool yes = false;
  try {
    yes = co_await accepting.authorise()(authorisation_request());
  } catch (...) {  // a hook that fails lets nobody in
  }
  if (!yes && accepting.on_refused())
    accepting.on_refused()(errc::not_authorised, source, "a plain call over HTTP was not authorised");
  co_return yes;
}

task<std::vector<std::byte>> http_service::answer_exchange(exchange_request asked) {
  auto from = std::make_shared<coseal::peer>(no_connection, asked.level, std::move(asked.caller), asked.key,
                                             std::string(carrier_name), std::move(asked.source));
  const auto latest = settings_->accepting.time()->now() + longest_call;
  co_return co_await run(std::move(from), std::move(asked.body), std::min(asked.deadline, latest));
}

task<std::vector<std::byte>> http_service::run(std::shared_ptr<coseal::peer> from,
                                               std::vector<std::byte> asked, clock::time_point deadline) {
  const auto alive = shared_from_this();
  const auto message = parse_call_message(asked, message_sender::connector);
  // One call, its deadline said by what carries it.
  if (!message || message->kind != message_kind::call || message->id != 0 || message->deadline != 0)
    co_return exchanged_error(error_kind::malformed, "not one CALL with id 0 and deadline 0");
  const handler* const by = settings_->handler_at(message->position);
  auto why = refusal_of(by, from->level());
  if (!why && message->takes_items) why = error_kind::duplex;
  if (why) {
    if (settings_->watch) settings_->watch->refused(message->position, message->trace, *why);
    co_return exchanged_error(*why);
  }

  std::optional<clock::time_point> until;
  if (deadline != clock::time_point::max()) until = deadline;
  const auto call = std::make_shared<exchanged_call>(asio::make_strand(executor_), std::move(from),
                                                     settings_->name_at(message->position), audience_, until,
                                                     message->body);
  watched_call watched;
  if (settings_->watch) settings_->watch->begin(watched, message->position, message->trace);
  call->trace(settings_->watch ? watched.trace() : message->trace);
  if (!enter(call)) {
    watched.ended(outcome_word(error_kind::draining));
    co_return exchanged_error(error_kind::draining);
  }
  const std::shared_ptr<void> leaves(nullptr, [this, &call](void*) { leave(call); });
  auto work = handle(call, *by);
  auto answer = co_await asio::co_spawn(call->strand(), std::move(work), asio::use_awaitable);
  watched.ended(outcome_word(error_in(answer)));
  co_return answer;
}

/// On the call's strand, as its alarm and its cancellation are.
task<std::vector<std::byte>> http_service::handle(std::shared_ptr<exchanged_call> call, const handler& by) {
  const auto settings = settings_;
  std::unique_ptr<clock::alarm> alarm;
  if (const auto until = call->context().deadline()) {
    alarm = settings->accepting.time()->make_alarm(call->strand());
    alarm->set(*until, [weak = std::weak_ptr(call)] {
      if (const auto alive = weak.lock()) alive->cancel(error_kind::timed_out);
    });
  }
  std::exception_ptr failure;
  try {
    auto work = run_handler(call, by, settings->around);
    co_await asio::co_spawn(call->strand(), std::move(work),
                            asio::bind_cancellation_slot(call->stop_slot(), asio::use_awaitable));
  } catch (...) {
    failure = std::current_exception();
  }
  const handler_end end = judge_handler(failure, call->cancelled(), call->cancelled_because());
  // What it threw is for our log, not for the peer.
  if (end.report && settings->on_failure) settings->on_failure(call->context().action(), failure);
  auto answer = call->take_answer();
  if (answer.empty()) co_return exchanged_error(end.kind, end.text);
  if (answer.size() > settings->accepting.limits().max_frame)
    co_return exchanged_error(error_kind::failed, "the answer is larger than a frame");
  co_return answer;
}

bool http_service::enter(const std::shared_ptr<exchanged_call>& call) {
  const std::lock_guard lock(mutex_);
  if (draining_) return false;
  running_.insert(call);
  return true;
}

void http_service::leave(const std::shared_ptr<exchanged_call>& call) noexcept {
  bool last = false;
  {
    const std::lock_guard lock(mutex_);
    running_.erase(call);
    last = running_.empty();
  }
  if (last) idle_();
}

void http_service::drain() noexcept {
  const std::lock_guard lock(mutex_);
  draining_ = true;
}

void http_service::stop() noexcept {
  std::set<std::shared_ptr<exchanged_call>> running;
  {
    const std::lock_guard lock(mutex_);
    draining_ = true;
    running = running_;
  }
  for (const auto& call : running) call->cancel(error_kind::cancelled);
}

std::size_t http_service::calls() const {
  const std::lock_guard lock(mutex_);
  return running_.size();
}

}  // namespace coseal
