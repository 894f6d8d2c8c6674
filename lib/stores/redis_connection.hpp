#pragma once

#include "stores/redis_answer.hpp"
#include "stores/redis_events.hpp"
#include "stores/redis_url.hpp"

#include <coseal/clock.hpp>
#include <coseal/result.hpp>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace coseal {

/// One connection to a Redis, made when it is first asked and again after a loss. Commands leave at once,
/// behind each other. Used on the one thread of its io_context.
class redis_connection : public std::enable_shared_from_this<redis_connection> {
 public:
  using on_answer = std::function<void(result<redis_answer>)>;

  redis_connection(asio::io_context& io, redis_url where, clock::duration within);

  /// `done` is called once, within the duration: with the reply, errors of Redis included,
  /// errc::storage_failed, or errc::storage_insecure. Never from inside of this call.
  void ask(std::vector<std::string> command, on_answer done);
  /// From now on `on_message` is called for what is published on `topic`; connects, and does so again after
  /// each loss. A connection that listens can not be asked.
  void listen(std::string topic, std::function<void(std::string_view)> on_message);
  /// For good.
  void close();

 private:
  struct request;
  enum class phase { away, resolving, connecting, ready, closed };

  void begin();
  void connect_next();
  void greet();
  void send(const std::shared_ptr<request>& asked);
  void send(std::vector<std::string> command, on_answer done);
  void on_greeting(const std::string& word, const result<redis_answer>& said);
  void become_ready();
  void subscribe();
  void try_again();
  /// Everybody who waits gets `why`; after an attempt that failed, the next one has to wait.
  void lose(std::error_code why);
  void on_gone(const redis_events& which);

  asio::io_context& io_;
  const redis_url where_;
  const clock::duration within_;
  phase phase_ = phase::away;
  asio::ip::tcp::resolver resolver_;
  std::deque<std::string> hosts_;  // numeric, still to be tried
  std::shared_ptr<redis_events> events_;
  int greetings_ = 0;           // replies still to come
  asio::steady_timer attempt_;  // bounds one, from name to greeting
  std::uint64_t attempts_ = 0;
  std::vector<std::shared_ptr<request>> waiting_;
  std::string topic_;
  std::function<void(std::string_view)> on_message_;
  asio::steady_timer retry_;  // of who listens
  clock::duration pause_{};
  clock::time_point next_attempt_ = clock::time_point::min();
  std::error_code last_failure_;
};

}  // namespace coseal
