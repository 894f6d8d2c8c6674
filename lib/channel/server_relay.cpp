#include "channel/server_relay.hpp"

#include "channel/push_all.hpp"
#include "channel/server_core.hpp"
#include "crypto/hash.hpp"
#include "crypto/random.hpp"
#include "crypto/token.hpp"
#include "trust/endpoint_state.hpp"

#include <coseal/error.hpp>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

namespace coseal {
namespace {

using namespace std::chrono_literals;

constexpr std::uint8_t relay_token = 5;  // beside those of lib/exchange and lib/resume
/// What waits for a client that is behind waits no longer, since everybody else's messages wait behind it.
constexpr auto deliver_within = 5s;

std::array<std::byte, 8> action_hash(const channel_entry& entry) {
  const digest whole = sha256::of(std::as_bytes(std::span(entry.text)));
  std::array<std::byte, 8> first;
  std::copy_n(whole.begin(), first.size(), first.begin());
  return first;
}

std::chrono::milliseconds wall_time_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
}

}  // namespace

server_relay::server_relay(asio::any_io_executor executor, endpoint self, channel contract,
                           std::shared_ptr<message_bus> bus)
    : executor_(std::move(executor)),
      self_(std::move(self)),
      contract_(std::move(contract)),
      bus_(std::move(bus)),
      topic_("relay/" + self_.who().environment()),
      process_(random_array<16>()) {}

void server_relay::begin(std::weak_ptr<server_core> core) {
  core_ = std::move(core);
  auto listening = bus_->subscribe(topic_, [weak = weak_from_this()](const std::vector<std::byte>& sealed) {
    if (const auto alive = weak.lock()) alive->hear(sealed);
  });
  const std::lock_guard lock(mutex_);
  listening_ = std::move(listening);
}

void server_relay::stop() noexcept {
  message_bus::subscription ended;
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  ended.swap(listening_);
  waiting_.clear();
  waiting_bytes_ = 0;
}

relay_counters server_relay::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

task<bool> server_relay::publish(push_target to, std::uint64_t position, std::vector<std::byte> body) {
  const auto alive = shared_from_this();
  relayed_push message;
  message.process = process_;
  message.to = std::move(to);
  message.position = static_cast<std::uint16_t>(position);
  message.action = action_hash(contract_.to_connector()[message.position]);
  message.body = std::move(body);

  bool taken = false;
  if (message.body.size() <= max_body) taken = co_await hand_over(std::move(message));
  const std::lock_guard lock(mutex_);
  ++(taken ? counters_.published : counters_.unpublished);
  co_return taken;
}

task<bool> server_relay::hand_over(relayed_push message) {
  const auto own = co_await self_.shared_state()->identity_with_current_ring();
  if (!own) co_return false;
  message.time = static_cast<std::uint64_t>(wall_time_ms().count());
  {
    const std::lock_guard lock(mutex_);
    message.number = next_number_++;
  }
  const ring_key& ring = (*own)->request_ring.current();
  auto sealed =
      seal_token(ring.key, ring.id, relay_token, (*own)->key.public_part(), write_relayed_push(message));
  const auto published = co_await bus_->publish(topic_, std::move(sealed));
  co_return published.has_value();
}

/// On a thread of the bus.
void server_relay::hear(const std::vector<std::byte>& sealed) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return;
  if (waiting_.size() >= most_waiting || waiting_bytes_ + sealed.size() > most_waiting_bytes) {
    ++counters_.refused;
    return;
  }
  waiting_.push_back(sealed);
  waiting_bytes_ += sealed.size();
  // Queued under the mutex: the execution context can not go before stop() was called.
  if (!std::exchange(delivering_, true))
    asio::post(executor_, [self = shared_from_this()] {
      asio::co_spawn(self->executor_, deliver_all(self), asio::detached);
    });
}

/// One after the other, as they came.
task<void> server_relay::deliver_all(std::shared_ptr<server_relay> self) {
  for (;;) {
    std::vector<std::byte> next;
    {
      const std::lock_guard lock(self->mutex_);
      if (self->waiting_.empty() || self->stopped_) {
        self->delivering_ = false;
        co_return;
      }
      next = std::move(self->waiting_.front());
      self->waiting_.pop_front();
      self->waiting_bytes_ -= next.size();
    }
    co_await self->deliver(std::move(next));
  }
}

task<bool> server_relay::deliver(std::vector<std::byte> sealed) {
  const auto opened = co_await open(std::move(sealed));
  if (opened && opened->process == process_) co_return true;  // our own
  bool good = opened.has_value() && is_of_this_channel(*opened);
  {
    const std::lock_guard lock(mutex_);
    good = good &&
           windows_.admit(opened->process, opened->number,
                          std::chrono::milliseconds(static_cast<std::int64_t>(opened->time)), wall_time_ms());
    ++(good ? counters_.received : counters_.refused);
  }
  const auto core = core_.lock();
  if (!good || core == nullptr) co_return false;
  operation_options limits;
  limits.within(deliver_within);
  const payload body(opened->body);
  const auto pushed =
      co_await push_all(core->meant(opened->to), push_message(opened->position, body), body.size(), limits);
  co_return pushed.has_value();
}

task<result<relayed_push>> server_relay::open(std::vector<std::byte> sealed) {
  const auto id = token_key_id(sealed, relay_token);
  if (!id) co_return id.error();
  const auto own = co_await self_.shared_state()->identity_with_ring_key(*id);
  if (!own) co_return own.error();
  const ring_key* const ring = (*own)->request_ring.find(*id);
  if (ring == nullptr) co_return errc::session_expired;
  const auto plaintext = open_token(ring->key, relay_token, (*own)->key.public_part(), sealed);
  if (!plaintext) co_return plaintext.error();
  co_return parse_relayed_push(*plaintext);
}

bool server_relay::is_of_this_channel(const relayed_push& message) const {
  const auto& pushes = contract_.to_connector();
  const bool in_time = message.time < std::uint64_t{1} << 48;
  return in_time && message.position < pushes.size() &&
         action_hash(pushes[message.position]) == message.action;
}

}  // namespace coseal
