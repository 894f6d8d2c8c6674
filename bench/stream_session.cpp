// The subject of the stream: coseal through its public session API.

#include "session_pair.hpp"
#include "stream.hpp"

#include <array>

namespace coseal::bench {
namespace {

// What one call of send_some is given: enough to make the call itself negligible, little enough to stay in
// the cache.
constexpr std::size_t messages_a_call = 256;
constexpr std::size_t bytes_a_call = 256 * 1024;

task<void> send_in_batches(session s, std::span<const std::byte> message, const stream_reader& reader,
                           std::uint64_t& sent) {
  const std::size_t fitting = std::max<std::size_t>(bytes_a_call / message.size(), 1);
  const std::vector<std::span<const std::byte>> batch(std::min(messages_a_call, fitting), message);
  while (!reader.enough()) {
    const std::span<const std::span<const std::byte>> frames(batch);
    auto taken = co_await s.send_some(as_result, frames);
    sent += value_or_throw(taken, s);
  }
  co_await s.close();
}

task<void> send_one_by_one(session s, std::span<const std::byte> message, const stream_reader& reader,
                           std::uint64_t& sent) {
  while (!reader.enough()) {
    const auto queued = co_await s.send(as_result, message);
    if (!queued) throw error(queued.error(), s.explain(queued.error()));
    ++sent;
  }
  co_await s.close();
}

task<void> receive_batches(session s, stream_reader& reader) {
  while (true) {
    auto received = co_await s.receive_some(as_result);
    if (received.error() == errc::peer_closed) break;
    for (const auto frame : value_or_throw(received, s)) reader.message(frame);
    reader.batch_ends();
  }
  co_await s.close();
}

}  // namespace

run_result stream_session(const stream_load& load, api_form form) {
  const auto message = stream_message(load.message_size);
  stream_reader reader(load);
  std::uint64_t sent = 0;
  session_link link;
  link.carrier = load.carrier;
  link.level = load.level;
  link.aead = load.aead;
  link.congestion = load.congestion;
  link.pin = load.pin;
  run_session_pair(
      link,
      [&](session s) {
        return form == api_form::batch ? send_in_batches(std::move(s), message, reader, sent)
                                       : send_one_by_one(std::move(s), message, reader, sent);
      },
      [&](session s) { return receive_batches(std::move(s), reader); });
  return reader.result(sent, message);
}

}  // namespace coseal::bench
