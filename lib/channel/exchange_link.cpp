#include "channel/exchange_link.hpp"

#include <coseal/error.hpp>
#if defined(COSEAL_HAVE_HTTP)
#include "bytes/slab.hpp"
#include "channel/call_message.hpp"
#include "channel/error_end.hpp"

#include <coseal/exchange.hpp>

#include <algorithm>
#include <mutex>
#include <stop_token>
#endif

namespace coseal {
namespace {

#if defined(COSEAL_HAVE_HTTP)

constexpr std::uint64_t only_id = 0, no_deadline = 0;
/// What exchange_connect_options take.
constexpr std::uint32_t most_answer = 64 * 1024 * 1024;

exchange_connect_options exchange_wanted(const connect_options& wanted) {
  exchange_connect_options options;
  options.peer(wanted.peer())
      .level(wanted.level())
      .channel(wanted.channel())
      .time(wanted.time())
      .max_answer(std::min(wanted.limits().max_frame, most_answer));
  return options;
}

/// A body as a frame, which call_end keeps.
frame frame_of(const std::vector<std::byte>& body) {
  slab_ref memory = slab::acquire(std::max<std::size_t>(body.size(), 1));
  std::ranges::copy(body, memory->data());
  const std::span<const std::byte> bytes(memory->data(), body.size());
  return frame(std::move(memory), bytes);
}

/// The answer, which only the peer can have written.
call_end answered(const std::vector<std::byte>& body) {
  const frame memory = frame_of(body);
  const auto message = parse_call_message(memory.bytes(), message_sender::acceptor);
  if (message && message->id == only_id) {
    if (message->kind == message_kind::reply) return call_end::replied(memory, message->body);
    if (message->kind == message_kind::error) return end_of(*message, memory);
  }
  return {call_outcome::unexpected_error, call_errc::malformed_answer};
}

call_end end_of(const exchange_reply& reply) {
  switch (reply.outcome) {
    case exchange_outcome::answered: {
      call_end end = answered(reply.body);
      // That it did not run at the server which answered says nothing of the one that had it before.
      if (end.outcome() == call_outcome::not_sent && reply.sent_before)
        return {call_outcome::unknown, end.error(), end.text()};
      return end;
    }
    case exchange_outcome::refused:
    case exchange_outcome::not_sent:
      return {call_outcome::not_sent, reply.error, reply.explanation};
    case exchange_outcome::unknown:
      break;
  }
  return {call_outcome::unknown, reply.error, reply.explanation};
}

class http_link final : public exchange_link, public std::enable_shared_from_this<http_link> {
 public:
  http_link(const strand_type& strand, const endpoint& self, const http_target& where,
            const connect_options& wanted)
      : client_(strand, self, where, exchange_wanted(wanted)), wanted_(wanted), url_(where.url()) {
    meet(exchange_info());
  }

  task<result<void>> open(operation_options options) override {
    co_return co_await client_.open(std::move(options));
  }

  task<call_end> call(std::uint64_t position, std::vector<std::byte> fields, call_options options) override {
    const auto alive = shared_from_this();  // the caller may be on another execution context, and go first
    const auto head = message_head::call(only_id, position, no_deadline, false, options.trace());
    fields.insert(fields.begin(), head.bytes().begin(), head.bytes().end());
    std::stop_source ends;
    const auto end_it = [&ends] { ends.request_stop(); };
    const std::stop_callback by_caller(options.token(), end_it);
    const std::stop_callback by_client(stopped_.get_token(), end_it);
    exchange_call_options how;
    how.within(options.duration()).idempotent(options.is_idempotent()).stop(ends.get_token());
    const exchange_reply reply = co_await client_.call(std::move(fields), std::move(how));
    if (const exchange_info info = client_.info(); info.handshakes != handshakes_) meet(info);
    if (reply.error == errc::cancelled && stopped_.stop_requested())
      co_return call_end(
          reply.outcome == exchange_outcome::unknown ? call_outcome::unknown : call_outcome::not_sent,
          errc::closed);
    co_return end_of(reply);
  }

  void stop() noexcept override { stopped_.request_stop(); }

  std::shared_ptr<coseal::peer> peer() const override {
    const std::lock_guard lock(mutex_);
    return peer_;
  }

 private:
  void meet(const exchange_info& info) {
    auto met = std::make_shared<coseal::peer>(client_id(), wanted_.level(),
                                              info.peer_key ? info.peer : wanted_.peer(), info.peer_key,
                                              "http", url_);
    const std::lock_guard lock(mutex_);
    peer_ = std::move(met);
    handshakes_ = info.handshakes;
  }

  exchange_client client_;
  const connect_options wanted_;
  const std::string url_;
  std::stop_source stopped_;
  mutable std::mutex mutex_;
  std::shared_ptr<coseal::peer> peer_;
  std::uint64_t handshakes_ = 0;
};

#endif

}  // namespace

#if defined(COSEAL_HAVE_HTTP)
std::shared_ptr<exchange_link> exchange_link::make(strand_type strand, const endpoint& self,
                                                   const http_target& where, const connect_options& wanted) {
  return std::make_shared<http_link>(strand, self, where, wanted);
}
#else
std::shared_ptr<exchange_link> exchange_link::make(strand_type, const endpoint&, const http_target&,
                                                   const connect_options&) {
  throw error(errc::needs_duplex, "coseal was built without HTTP");
}
#endif

}  // namespace coseal
