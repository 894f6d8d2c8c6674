#pragma once
// What a server is behind its handle: listeners, one coroutine each, and the connections that they gave.

#include "channel/server_connection.hpp"
#include "channel/server_settings.hpp"
#include "observe/registry.hpp"

#include <coseal/http.hpp>
#include <coseal/session.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace coseal {

class http_service;
class server_relay;

class server_core final : public waiter_owner, private metrics_source {
 public:
  /// Binds at once; throws coseal::error.
  static std::shared_ptr<server_core> start(asio::any_io_executor executor, server_settings settings);
  ~server_core() override;

  /// Until it is closed.
  task<result<void>> run(operation_options options);
  /// Until the identity is loaded.
  task<result<void>> ready(operation_options options);
  /// No more connections and calls; waits for those that run, then closes.
  task<result<void>> drain(operation_options options);
  task<void> close();
  void abort() noexcept;
  std::vector<std::string> addresses() const;
  /// Serves a session that was accepted elsewhere.
  void adopt(session made);

  std::vector<std::shared_ptr<server_connection>> connections() const;
  std::shared_ptr<server_connection> find(client_id id) const;
  /// Those of our clients that a push to `to` is for.
  std::vector<std::shared_ptr<server_connection>> meant(const push_target& to) const;
  /// Null without one.
  const std::shared_ptr<server_relay>& relay() const noexcept { return relay_; }
  push_counters counters() const;
  /// One request of HTTP that somebody else's server has read.
  task<http_response> fetch(http_request asked);
  const std::shared_ptr<const server_settings>& settings() const noexcept { return settings_; }

  std::mutex& mutex() noexcept override { return mutex_; }
  clock& time() noexcept override { return *settings_->accepting.time(); }
  void give_up(waiter& node, std::error_code error, completions& done) noexcept override {
    done.add(node, error);
  }
  void note_deadline(clock::time_point when) override;
  void on_context_shutdown() noexcept override;

 private:
  using lock_type = std::unique_lock<std::mutex>;

  server_core(asio::any_io_executor executor, server_settings settings)
      : executor_(std::move(executor)),
        settings_(std::make_shared<const server_settings>(std::move(settings))) {}
  std::shared_ptr<server_core> self() { return std::static_pointer_cast<server_core>(shared_from_this()); }

  /// A connection that is no longer served.
  struct left_behind {
    server_core& core;
    server_connection& connection;
    enum class outcome { failed, ended, quiet } how = outcome::failed;
    ~left_behind();
  };

  static task<void> load(std::shared_ptr<server_core> self);
  static task<void> accept(std::shared_ptr<server_core> self, std::shared_ptr<listener> from);
  void begin(std::shared_ptr<session> over, std::optional<frame_batch> first);
  enum class turn { first, again };
  static task<void> serve(std::shared_ptr<server_core> self, std::shared_ptr<server_connection> connection,
                          std::optional<frame_batch> first, turn which);
  static void serve_when_receivable(std::shared_ptr<server_core> self,
                                    std::shared_ptr<server_connection> connection);
  bool keep(server_connection& connection, std::error_code why);
  void no_longer_away(const server_connection& connection);
  void stop_accepting() noexcept;
  // server_http.cpp
  void serve_http();
  listen_address with_answers(const listen_address& where) const;
  void drain_http() noexcept;
  void stop_http() noexcept;
  std::size_t http_calls() const noexcept;
  void on_alarm();
  void read(metrics_readings& into) const override;

  mutable std::mutex mutex_;
  const asio::any_io_executor executor_;
  const std::shared_ptr<const server_settings> settings_;
  std::shared_ptr<http_service> http_;  // null in a build without HTTP
  std::shared_ptr<server_relay> relay_;
  std::vector<std::shared_ptr<listener>> listeners_;
  std::map<client_id, std::shared_ptr<server_connection>> connections_;
  std::map<std::array<std::byte, 16>, client_id> by_session_;  // above level none
  std::multiset<std::optional<public_key>> away_;              // clients without a connection
  std::uint64_t next_client_ = 1;
  bool loaded_ = false;
  bool draining_ = false;
  bool closed_ = false;
  std::error_code failure_;
  push_counters gone_;  // of the connections that have ended
  wait_list running_, loading_, emptying_, http_idle_;
  wait_alarm alarm_;
  std::shared_ptr<const server_metrics> series_;
  read_source counted_;
};

}  // namespace coseal
