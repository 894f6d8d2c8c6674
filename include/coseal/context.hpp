#pragma once

#include <coseal/audience.hpp>
#include <coseal/clock.hpp>
#include <coseal/peer.hpp>
#include <coseal/trace.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace coseal {

/// What a handler knows besides its input. Lives as long as the handler runs and belongs to it. The handlers
/// of one connection run one at a time between their suspensions, also where many threads run the executor.
class context {
 public:
  context(std::shared_ptr<coseal::peer> with, std::string_view action, coseal::audience around,
          std::optional<clock::time_point> deadline)
      : peer_(std::move(with)), action_(action), audience_(std::move(around)), deadline_(deadline) {}
  context(const context&) = delete;
  context& operator=(const context&) = delete;

  coseal::peer& peer() const noexcept { return *peer_; }
  /// The caller as the handshake proved it; absent at level none.
  std::optional<coordinate> caller() const { return peer_->verified_coordinate(); }
  const coordinate& claimed_coordinate() const noexcept { return peer_->claimed_coordinate(); }
  const std::optional<public_key>& key() const noexcept { return peer_->key(); }
  security_level level() const noexcept { return peer_->level(); }
  client_id client() const noexcept { return peer_->id(); }
  /// "domain/action"
  std::string_view action() const noexcept { return action_; }
  template <typename T>
  T& state() const {
    return peer_->template state<T>();
  }
  /// All connected clients, to push to. Empty on the connector's side.
  const coseal::audience& audience() const noexcept { return audience_; }

  /// When the caller stops waiting, by the runtime's clock; the handler is cancelled then.
  std::optional<clock::time_point> deadline() const noexcept { return deadline_; }
  /// The trace that this call is part of: where the endpoint is traced, the span of this call, else the
  /// caller's. For call_options::trace of the calls that the handler makes, and for its log.
  const std::optional<trace_context>& trace() const noexcept { return trace_; }
  /// The caller gave up, its deadline passed or its connection is gone. What the handler awaits then ends
  /// with operation_aborted; one that computes may look here.
  bool cancelled() const noexcept { return cancelled_; }

 private:
  friend class running_call;
  friend class exchanged_call;
  friend class server_connection;
  std::shared_ptr<coseal::peer> peer_;
  std::string_view action_;
  coseal::audience audience_;
  std::optional<clock::time_point> deadline_;
  bool cancelled_ = false;
  std::optional<trace_context> trace_;
};

}  // namespace coseal
