#include "stores/redis_connection.hpp"

#include "crypto/secret.hpp"

#include <coseal/error.hpp>

#include <asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <span>
#include <string_view>
#include <utility>

namespace coseal {
namespace {

using namespace std::chrono_literals;

constexpr clock::duration first_pause = 50ms;
constexpr clock::duration longest_pause = 1s;

/// What INFO says under a name; empty if it does not.
std::string_view info_field(std::string_view info, std::string_view name) {
  for (std::size_t at = 0; at < info.size();) {
    const auto end = std::min(info.find("\r\n", at), info.size());
    auto line = info.substr(at, end - at);
    at = end + 2;
    if (!line.starts_with(name)) continue;
    line.remove_prefix(name.size());
    if (line.starts_with(':')) return line.substr(1);
  }
  return {};
}

/// Whether what INFO says is of a Redis that keeps what it was given and shows what was written last.
result<void> check_info(std::string_view info) {
  if (info_field(info, "role") == "slave" || info_field(info, "loading") == "1") return errc::storage_failed;
  const auto most = info_field(info, "maxmemory");
  const auto policy = info_field(info, "maxmemory_policy");
  if (!most.empty() && most != "0" && policy != "noeviction") return errc::storage_insecure;
  return {};
}

void wipe_text(std::string& text) noexcept {
  wipe(std::as_writable_bytes(std::span(text)));
}

}  // namespace

redis_answer to_answer(const ::redisReply& reply) {
  redis_answer made;
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      made.what = redis_answer::kind::integer;
      made.integer = reply.integer;
      break;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      made.what = redis_answer::kind::text;
      made.text.assign(reply.str, reply.len);
      break;
    case REDIS_REPLY_ERROR:
      made.what = redis_answer::kind::error;
      made.text.assign(reply.str, reply.len);
      break;
    case REDIS_REPLY_ARRAY:
      made.what = redis_answer::kind::list;
      for (std::size_t i = 0; i < reply.elements; ++i) made.list.push_back(to_answer(*reply.element[i]));
      break;
    default:
      break;
  }
  return made;
}

struct redis_connection::request {
  request(asio::io_context& io, std::vector<std::string> words, on_answer what)
      : command(std::move(words)), done(std::move(what)), deadline(io) {}

  void finish(result<redis_answer> answer) {
    deadline.cancel();
    if (done) std::exchange(done, nullptr)(std::move(answer));
  }

  std::vector<std::string> command;
  on_answer done;
  asio::steady_timer deadline;
};

redis_connection::redis_connection(asio::io_context& io, redis_url where, clock::duration within)
    : io_(io), where_(std::move(where)), within_(within), resolver_(io), attempt_(io), retry_(io) {}

void redis_connection::ask(std::vector<std::string> command, on_answer done) {
  auto asked = std::make_shared<request>(io_, std::move(command), std::move(done));
  const auto fail = [&](std::error_code why) { asio::post(io_, [asked, why] { asked->finish(why); }); };
  if (phase_ == phase::closed) return fail(errc::storage_failed);
  if (phase_ == phase::away && clock::time_point::clock::now() < next_attempt_) return fail(last_failure_);

  asked->deadline.expires_after(within_);
  asked->deadline.async_wait([self = shared_from_this(), asked](std::error_code cancelled) {
    // Replies come in order: behind one that does not come there is none.
    if (!cancelled && asked->done) self->lose(errc::storage_failed);
  });
  waiting_.push_back(asked);
  if (phase_ == phase::away) begin();
  if (phase_ == phase::ready) send(asked);
}

void redis_connection::begin() {
  phase_ = phase::resolving;
  hosts_.clear();
  attempt_.expires_after(within_);
  attempt_.async_wait([self = shared_from_this(), mine = ++attempts_](std::error_code cancelled) {
    if (!cancelled && mine == self->attempts_ && self->phase_ != phase::ready)
      self->lose(errc::storage_failed);
  });
  if (!where_.path.empty()) return connect_next();
  resolver_.async_resolve(where_.host, std::to_string(where_.port),
                          [self = shared_from_this()](std::error_code failed, const auto& found) {
                            if (self->phase_ != phase::resolving || failed == asio::error::operation_aborted)
                              return;
                            for (const auto& each : found)
                              self->hosts_.push_back(each.endpoint().address().to_string());
                            if (failed || self->hosts_.empty()) return self->lose(errc::storage_failed);
                            self->connect_next();
                          });
}

void redis_connection::connect_next() {
  phase_ = phase::connecting;
  ::redisAsyncContext* context = nullptr;
  if (!where_.path.empty()) {
    context = ::redisAsyncConnectUnix(where_.path.c_str());
  } else {
    context = ::redisAsyncConnect(hosts_.front().c_str(), where_.port);
    hosts_.pop_front();
  }
  if (context == nullptr || context->err != 0) {
    if (context != nullptr) ::redisAsyncFree(context);
    if (!hosts_.empty()) return connect_next();
    // Not at once: whoever asks shall not be answered from inside.
    return asio::post(io_, [self = shared_from_this()] {
      if (self->phase_ == phase::connecting && self->events_ == nullptr) self->lose(errc::storage_failed);
    });
  }
  events_ = redis_events::attach(io_, context, [self = weak_from_this()](const redis_events& which) {
    if (const auto alive = self.lock()) alive->on_gone(which);
  });
  greet();
}

// Sent before it is known whether the connection comes about: hiredis keeps it until then.
void redis_connection::greet() {
  std::vector<std::vector<std::string>> greetings;
  if (!where_.user.empty())
    greetings.push_back({"AUTH", where_.user, where_.password});
  else if (!where_.password.empty())
    greetings.push_back({"AUTH", where_.password});
  if (where_.database != 0) greetings.push_back({"SELECT", std::to_string(where_.database)});
  greetings.push_back({"INFO"});
  greetings_ = static_cast<int>(greetings.size());
  for (auto& greeting : greetings) {
    const std::string word = greeting.front();
    send(std::move(greeting), [self = shared_from_this(), word](const result<redis_answer>& said) {
      self->on_greeting(word, said);
    });
  }
}

void redis_connection::on_greeting(const std::string& word, const result<redis_answer>& said) {
  if (!said || phase_ != phase::connecting) return;
  // Whom an access list forbids INFO may use the rest.
  const bool unknown = word == "INFO" && said->is_error("NOPERM");
  if (said->what == redis_answer::kind::error && !unknown) return lose(errc::storage_failed);
  if (word == "INFO" && !unknown)
    if (const auto fit = check_info(said->text); !fit) return lose(fit.error());
  if (--greetings_ == 0) become_ready();
}

void redis_connection::become_ready() {
  phase_ = phase::ready;
  attempt_.cancel();
  pause_ = {};
  if (on_message_) return subscribe();
  for (const auto& asked : std::vector(waiting_)) send(asked);
}

void redis_connection::send(const std::shared_ptr<request>& asked) {
  send(std::move(asked->command), [self = shared_from_this(), asked](result<redis_answer> said) {
    std::erase(self->waiting_, asked);
    asked->finish(std::move(said));
  });
}

void redis_connection::send(std::vector<std::string> command, on_answer done) {
  std::vector<const char*> words;
  std::vector<std::size_t> sizes;
  for (const auto& word : command) {
    words.push_back(word.data());
    sizes.push_back(word.size());
  }
  const auto on_reply = [](::redisAsyncContext*, void* reply, void* data) {
    const std::unique_ptr<on_answer> to(static_cast<on_answer*>(data));
    if (reply == nullptr)
      (*to)(errc::storage_failed);
    else
      (*to)(to_answer(*static_cast<const ::redisReply*>(reply)));
  };
  auto kept = std::make_unique<on_answer>(std::move(done));
  auto* context = events_->context();
  const bool sent = context != nullptr &&
                    ::redisAsyncCommandArgv(context, on_reply, kept.get(), static_cast<int>(words.size()),
                                            words.data(), sizes.data()) == REDIS_OK;
  for (auto& word : command) wipe_text(word);
  if (sent)
    kept.release();
  else
    asio::post(io_, [to = std::shared_ptr<on_answer>(std::move(kept))] { (*to)(errc::storage_failed); });
}

void redis_connection::lose(std::error_code why) {
  if (phase_ == phase::away || phase_ == phase::closed) return;
  const bool was_ready = phase_ == phase::ready;
  phase_ = phase::away;
  last_failure_ = why;
  // A connection that worked may be made again at once.
  pause_ = was_ready ? clock::duration{} : std::clamp(2 * pause_, first_pause, longest_pause);
  next_attempt_ = clock::time_point::clock::now() + pause_;
  attempt_.cancel();
  resolver_.cancel();
  const auto asked = std::exchange(waiting_, {});
  for (const auto& each : asked) each->finish(why);
  if (const auto events = std::exchange(events_, nullptr)) events->close();
  if (on_message_) try_again();
}

void redis_connection::listen(std::string topic, std::function<void(std::string_view)> on_message) {
  topic_ = std::move(topic);
  on_message_ = std::move(on_message);
  if (phase_ == phase::away) begin();
}

void redis_connection::subscribe() {
  const char* words[] = {"SUBSCRIBE", topic_.c_str()};
  const std::size_t sizes[] = {9, topic_.size()};
  const auto on_reply = [](::redisAsyncContext*, void* reply, void* data) {
    auto* const self = static_cast<redis_connection*>(data);
    if (reply == nullptr || !self->on_message_) return;
    const auto said = to_answer(*static_cast<const ::redisReply*>(reply));
    if (said.list.size() == 3 && said.list[0].text == "message") self->on_message_(said.list[2].text);
  };
  // `this` closes the context before it goes.
  // Nothing else tells that the other machine is gone.
  if (where_.path.empty()) ::redisEnableKeepAlive(&events_->context()->c);
  if (::redisAsyncCommandArgv(events_->context(), on_reply, this, 2, words, sizes) != REDIS_OK)
    lose(errc::storage_failed);
}

void redis_connection::try_again() {
  retry_.expires_at(std::max(next_attempt_, clock::time_point::clock::now() + first_pause));
  retry_.async_wait([weak = weak_from_this()](std::error_code cancelled) {
    const auto self = weak.lock();
    if (!cancelled && self && self->phase_ == phase::away) self->begin();
  });
}

void redis_connection::on_gone(const redis_events& which) {
  if (&which != events_.get()) return;
  events_ = nullptr;
  if (phase_ == phase::connecting && !hosts_.empty()) return connect_next();
  lose(errc::storage_failed);
}

void redis_connection::close() {
  on_message_ = nullptr;
  retry_.cancel();
  lose(errc::storage_failed);
  phase_ = phase::closed;
}

}  // namespace coseal
