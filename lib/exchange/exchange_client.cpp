#include "bytes/reader.hpp"
#include "crypto/process.hpp"
#include "exchange/connection_pool.hpp"
#include "exchange/exchange_session.hpp"
#include "exchange/post_link.hpp"
#include "exchange/request_clock.hpp"

#include <coseal/error.hpp>
#include <coseal/exchange.hpp>

#include <asio/post.hpp>
#include <asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <utility>
#include <vector>

namespace coseal {
namespace {

using std::chrono::milliseconds;

/// REQUESTs made for one call, and how often the bytes of one are sent.
constexpr int most_requests = 4;
constexpr int most_transmissions = 3;
constexpr milliseconds first_pause{50};
/// By how much the clocks of an acceptor's processes may differ.
constexpr milliseconds clock_margin = std::chrono::seconds(10);
constexpr std::uint64_t answer_overhead = 8192;

/// What one REQUEST came to.
struct step {
  step() {}
  step(exchange_outcome outcome, std::error_code why, std::string text = std::string()) {
    reply.outcome = outcome;
    reply.error = why;
    reply.explanation = std::move(text);
  }

  exchange_reply reply;
  bool again =
      false;  ///< another REQUEST may be made for the call: this one did not run, or that does not matter
};

/// A handshake under way, for those who wait for its end.
struct opening {
  std::error_code error;
  std::string explanation;
  bool done = false;
  std::vector<std::weak_ptr<asio::steady_timer>> waiting;

  void end() {
    done = true;
    for (const auto& each : waiting)
      if (const auto timer = each.lock()) timer->cancel();
  }
  /// It failed by what its own call allowed, which says nothing about others.
  bool failed_by_itself() const noexcept {
    return error == condition::timed_out || error == condition::cancelled || error == errc::frame_too_large;
  }
};

/// A clear REFUSED, which anybody on the way can say.
std::error_code clear_refusal(const std::vector<std::byte>& answer) noexcept {
  reader in(answer);
  const auto header = record_header::parse(in.array<record_header::size>());
  const refusal said = read_refusal(in);
  if (!in.complete() || header.length + record_header::size != answer.size()) return errc::malformed_message;
  return to_error(in_clear(said).code);
}

bool is_clear_refusal(const std::vector<std::byte>& answer) noexcept {
  return answer.size() > record_header::size && static_cast<record_kind>(answer[4]) == record_kind::refused;
}

}  // namespace

class exchange_client::state : public std::enable_shared_from_this<state> {
 public:
  state(asio::any_io_executor executor, endpoint self, http_target where, exchange_connect_options options)
      : executor_(std::move(executor)),
        self_(std::move(self)),
        options_(std::move(options)),
        pool_(executor_, std::move(where), options_.time(), options_.idle_connections(),
              options_.max_answer() + answer_overhead) {
    if (options_.level() == security_level::none)
      throw error(errc::invalid_option, "level none has no secure exchange");
  }

  task<exchange_reply> call(std::vector<std::byte> body, exchange_call_options options);
  task<result<void>> open(operation_options options);
  exchange_info info() const;
  void close() noexcept { pool_.close(); }

 private:
  using session_ptr = std::shared_ptr<exchange_session>;
  struct asking {
    const std::vector<std::byte>* body;
    bool idempotent;
    clock::time_point deadline;
    std::stop_token token;
  };

  task<step> open_session(asking what);
  task<step> shake_hands(asking what, std::shared_ptr<opening> mine);
  task<step> ask(session_ptr session, asking what);
  task<step> exchange_once(session_ptr session, sealed_request asked, std::vector<std::byte> finish,
                           std::optional<peer_pinned> pinned, asking what);
  task<posted> transmit(std::span<const std::byte> bytes, asking what);
  task<result<std::vector<std::byte>>> post_hello(std::vector<std::byte> m1, asking what);
  task<void> wait_for(std::shared_ptr<opening> other, asking what);
  step judge(const session_ptr& session, const sealed_request& asked, response_content said, bool idempotent);
  void drop(const session_ptr& session) noexcept {
    if (session_ == session) session_.reset();
  }
  clock::time_point now() const noexcept { return options_.time()->now(); }
  milliseconds left(clock::time_point deadline) const noexcept {
    return std::max(
        std::chrono::ceil<milliseconds>(std::min<clock::duration>(deadline - now(), std::chrono::hours(24))),
        milliseconds(0));
  }
  std::string context(const std::string& why) const;

  asio::any_io_executor executor_;
  endpoint self_;
  exchange_connect_options options_;
  connection_pool pool_;
  session_ptr session_;
  std::shared_ptr<opening> opening_;
  exchange_info info_;
  const std::uint32_t generation_ = process_generation();  // its connections belong to this process
};

std::string exchange_client::state::context(const std::string& why) const {
  return "calling " + pool_.where().url() + " as a peer of " +
         (options_.peer().empty() ? std::string("anybody") : options_.peer().to_string()) + " at level " +
         std::string(to_string(options_.level())) + ": " + why;
}

task<exchange_reply> exchange_client::state::call(std::vector<std::byte> body,
                                                  exchange_call_options options) {
  const auto alive = shared_from_this();
  asking what{&body, options.idempotent(), now() + options.within(), options.token()};
  step last(exchange_outcome::not_sent, errc::timed_out);
  if (generation_ != process_generation()) {
    last.reply.error = errc::used_after_fork;
    what.deadline = now();
  }
  bool maybe_ran = false;  // an earlier REQUEST of this call, which was idempotent then
  for (int requests = 0; requests < most_requests && left(what.deadline) > milliseconds(0);) {
    if (session_ && session_->alive(now())) {
      ++requests;
      last = co_await ask(session_, what);
    } else if (const auto other = opening_) {
      co_await wait_for(other, what);
      if (what.token.stop_requested())
        last = step(exchange_outcome::not_sent, errc::cancelled);
      else if (!other->done)
        last = step(exchange_outcome::not_sent, errc::timed_out);
      else if (!other->error || other->failed_by_itself())
        continue;
      else
        last = step(exchange_outcome::not_sent, other->error, other->explanation);
    } else {
      ++requests;
      last = co_await open_session(what);
    }
    if (!last.again) break;
    maybe_ran = maybe_ran || last.reply.outcome == exchange_outcome::unknown;
  }
  exchange_reply& reply = last.reply;
  if (maybe_ran && !reply) reply.outcome = exchange_outcome::unknown;
  if (!reply)
    reply.explanation = context(reply.explanation.empty() ? reply.error.message() : reply.explanation);
  co_return std::move(reply);
}

task<result<void>> exchange_client::state::open(operation_options options) {
  const auto alive = shared_from_this();
  if (generation_ != process_generation()) co_return errc::used_after_fork;
  co_return co_await pool_.open(std::move(options));
}

task<void> exchange_client::state::wait_for(std::shared_ptr<opening> other, asking what) {
  const auto timer = std::make_shared<asio::steady_timer>(executor_);
  timer->expires_after(left(what.deadline));
  std::erase_if(other->waiting, [](const auto& each) { return each.expired(); });
  other->waiting.push_back(timer);
  const auto wake = [executor = executor_, weak = std::weak_ptr(timer)] {
    asio::post(executor, [weak] {
      if (const auto alive = weak.lock()) alive->cancel();
    });
  };
  const std::stop_callback on_stop(what.token, wake);
  std::error_code ignored;
  co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

task<step> exchange_client::state::open_session(asking what) {
  const auto mine = std::make_shared<opening>();
  // Whatever ends this coroutine, nobody waits for it any longer.
  const std::shared_ptr<void> ends(nullptr, [self = shared_from_this(), mine](void*) {
    if (self->opening_ == mine) self->opening_.reset();
    mine->end();
  });
  mine->error = errc::cancelled;
  opening_ = mine;
  co_return co_await shake_hands(std::move(what), mine);
}

task<result<std::vector<std::byte>>> exchange_client::state::post_hello(std::vector<std::byte> m1,
                                                                        asking what) {
  auto answer = co_await pool_.post(m1, std::string(octet_stream), what.deadline, what.token);
  if (answer.error) co_return answer.error;
  co_return std::move(answer.body);
}

task<step> exchange_client::state::shake_hands(asking what, std::shared_ptr<opening> mine) {
  handshake_report report;
  const auto failed = [&](std::error_code why) {
    mine->error = why;
    mine->explanation = report.explanation;
    return step(exchange_outcome::not_sent, why, report.explanation);
  };
  connect_request request;
  request.self = self_.shared_state();
  request.wanted = options_.peer();
  request.level = options_.level();
  request.own_parameters.max_frame = options_.max_answer();
  request.channel = options_.channel();
  request.carrier = carrier_kind::exchange;
  request.report = &report;
  post_link link([this, what](std::vector<std::byte> m1) { return post_hello(std::move(m1), what); });
  auto agreed = co_await connect_handshake(link, std::move(request));
  if (!agreed) co_return failed(agreed.error());

  auto pinned = std::move(agreed->pinned);
  auto made = exchange_session::make(*std::move(agreed), link.take_token(), now());
  if (!made) co_return failed(made.error());
  const auto session = std::make_shared<exchange_session>(*std::move(made));
  auto asked = session->seal(*what.body, left(what.deadline), what.idempotent, now());
  if (!asked) co_return failed(asked.error());
  step first =
      co_await exchange_once(session, *std::move(asked), link.take_finish(), std::move(pinned), what);
  mine->error = session_ == session ? std::error_code() : first.reply.error;
  mine->explanation = first.reply.explanation;
  co_return first;
}

task<step> exchange_client::state::ask(session_ptr session, asking what) {
  auto asked = session->seal(*what.body, left(what.deadline), what.idempotent, now());
  if (!asked) co_return step(exchange_outcome::not_sent, asked.error());
  std::vector<std::byte> nothing;
  co_return co_await exchange_once(std::move(session), *std::move(asked), std::move(nothing), std::nullopt,
                                   std::move(what));
}

/// Sends one REQUEST, behind FINISH if there is one, and takes its answer apart.
task<step> exchange_client::state::exchange_once(session_ptr session, sealed_request asked,
                                                 std::vector<std::byte> finish,
                                                 std::optional<peer_pinned> pinned, asking what) {
  if (!finish.empty()) finish.insert(finish.end(), asked.record.begin(), asked.record.end());
  const std::span<const std::byte> bytes = finish.empty() ? asked.record : finish;
  auto answer = co_await transmit(bytes, what);
  if (answer.error) {
    step ended(answer.left ? exchange_outcome::unknown : exchange_outcome::not_sent, answer.error);
    if (answer.status != 0)
      ended.reply.explanation = answer.error.message() + " (status " + std::to_string(answer.status) + ")";
    co_return ended;
  }
  if (is_clear_refusal(answer.body)) {
    drop(session);
    step ended(exchange_outcome::unknown, clear_refusal(answer.body));
    ended.again = what.idempotent;
    co_return ended;
  }
  auto said = session->open(std::move(answer.body), asked, now());
  if (!said) co_return step(exchange_outcome::unknown, said.error());
  if (pinned && session->accepted()) {
    const bool first_contact = pinned->first_contact(), below_record = pinned->below_record();
    const auto written = co_await self_.shared_state()->pins().commit(*std::move(pinned));
    if (!written) co_return step(exchange_outcome::unknown, written.error());
    session_ = session;
    ++info_.handshakes;
    info_.first_contact = first_contact;
    info_.below_record = below_record;
  }
  step ended = judge(session, asked, *std::move(said), what.idempotent);
  // The one that refused may not be the one that got the bytes before.
  if (answer.left_before && ended.reply.outcome == exchange_outcome::refused)
    ended.reply.outcome = exchange_outcome::unknown;
  co_return ended;
}

step exchange_client::state::judge(const session_ptr& session, const sealed_request& asked,
                                   response_content said, bool idempotent) {
  if (auto* answer = std::get_if<std::vector<std::byte>>(&said.outcome)) {
    step done;
    done.reply.outcome = exchange_outcome::answered;
    done.reply.body = std::move(*answer);
    return done;
  }
  const refusal& no = std::get<refusal>(said.outcome);
  handshake_report report;
  explain_refusal(&report, no, options_.channel());
  step ended(exchange_outcome::refused, to_error(no.code), report.explanation);
  const auto may_have_run = [&ended] { ended.reply.outcome = exchange_outcome::unknown; };
  switch (no.code) {
    // Said by a guard that has not written the request down: another process, or this one earlier, may have
    // run it.
    case refusal_code::request_replayed:
      may_have_run();
      ended.again = idempotent;
      break;
    case refusal_code::once_not_promised:
    case refusal_code::handler_failed:
      may_have_run();
      break;
    case refusal_code::request_time: {
      // It never ran if it was too old already when it was made: our clock has stood still, as in a machine
      // asleep.
      const auto waited = std::chrono::ceil<milliseconds>(now() - asked.sealed_at);
      const bool too_old_at_once = said.time - waited - asked.time > request_window + clock_margin;
      if (!too_old_at_once) may_have_run();
      ended.again = too_old_at_once || idempotent;
      break;
    }
    case refusal_code::session_expired:
      drop(session);
      ended.again = true;
      break;
    case refusal_code::busy:
    case refusal_code::unavailable:
      break;
    default:
      drop(session);
      break;
  }
  return ended;
}

/// The same bytes, up to three times where the network fails: whoever has seen them before does not run them
/// again.
task<posted> exchange_client::state::transmit(std::span<const std::byte> bytes, asking what) {
  bool left_before = false;
  for (int times = 1;; ++times) {
    auto answer = co_await pool_.post(bytes, std::string(octet_stream), what.deadline, what.token);
    answer.left_before = answer.left_before || left_before;
    left_before = left_before || answer.left;
    const bool network =
        answer.error == condition::transport || answer.error == make_error_code(errc::http_status);
    const bool passing = network && answer.left && (answer.status == 0 || answer.status >= 500);
    answer.left = left_before;
    const auto pause = first_pause * times;
    if (!answer.error || !passing || times == most_transmissions || left(what.deadline) <= pause)
      co_return answer;
    asio::steady_timer timer(executor_, pause);
    std::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

exchange_info exchange_client::state::info() const {
  exchange_info info = info_;
  info.level = options_.level();
  if (session_) {
    info.peer = session_->peer();
    info.peer_key = session_->peer_key();
    info.session_id = session_->id();
  }
  return info;
}

exchange_client::exchange_client(asio::any_io_executor executor, endpoint self, http_target where,
                                 exchange_connect_options options)
    : state_(std::make_shared<state>(std::move(executor), std::move(self), std::move(where),
                                     std::move(options))) {}

task<exchange_reply> exchange_client::call(std::vector<std::byte> body, exchange_call_options options) {
  const auto alive = state_;
  co_return co_await alive->call(std::move(body), std::move(options));
}

task<result<void>> exchange_client::open(operation_options options) {
  const auto alive = state_;
  co_return co_await alive->open(std::move(options));
}

exchange_info exchange_client::info() const {
  return state_->info();
}

void exchange_client::close() noexcept {
  state_->close();
}

}  // namespace coseal
