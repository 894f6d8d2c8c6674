#pragma once

#include "channel/relay_windows.hpp"
#include "channel/relayed_push.hpp"

#include <coseal/audience.hpp>
#include <coseal/channel.hpp>
#include <coseal/endpoint.hpp>
#include <coseal/message_bus.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace coseal {

class server_core;

/// What carries the pushes of a server to its other processes and theirs to its clients. Messages are tokens
/// under the request ring, so that who can write to the bus can push nothing. Thread-safe.
class server_relay : public std::enable_shared_from_this<server_relay> {
 public:
  server_relay(asio::any_io_executor executor, endpoint self, channel contract,
               std::shared_ptr<message_bus> bus);

  /// Hears from now on, for the clients of `core`.
  void begin(std::weak_ptr<server_core> core);
  /// Hears nothing more.
  void stop() noexcept;
  /// Whether the bus took it.
  task<bool> publish(push_target to, std::uint64_t position, std::vector<std::byte> body);
  relay_counters counters() const;

  static constexpr std::size_t max_body = 2 << 20;

 private:
  static constexpr std::size_t most_waiting = 1024;
  static constexpr std::size_t most_waiting_bytes = 16 << 20;

  task<bool> hand_over(relayed_push message);
  void hear(const std::vector<std::byte>& sealed);
  static task<void> deliver_all(std::shared_ptr<server_relay> self);
  task<result<relayed_push>> open(std::vector<std::byte> sealed);
  task<bool> deliver(std::vector<std::byte> sealed);
  bool is_of_this_channel(const relayed_push& message) const;

  const asio::any_io_executor executor_;
  const endpoint self_;
  const channel contract_;
  const std::shared_ptr<message_bus> bus_;
  const std::string topic_;
  const relay_windows::process_id process_;

  mutable std::mutex mutex_;
  std::weak_ptr<server_core> core_;
  message_bus::subscription listening_;
  bool stopped_ = false;
  bool delivering_ = false;
  std::deque<std::vector<std::byte>> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::uint64_t next_number_ = 1;
  relay_windows windows_;
  relay_counters counters_;
};

}  // namespace coseal
