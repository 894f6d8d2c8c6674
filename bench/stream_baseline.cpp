// The baseline: what a good Asio programmer writes. Coroutines, messages with a length before them, collected
// into contiguous batches of 128 KiB that one async_write sends, read with async_read_some into 256 KiB. No
// tricks.

#include "plain_socket.hpp"
#include "stream.hpp"
#include "two_cores.hpp"

#include <asio/awaitable.hpp>
#include <asio/buffer.hpp>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

#include <algorithm>
#include <cstring>

namespace coseal::bench {
namespace {

constexpr std::size_t batch_size = 128 * 1024;
constexpr std::size_t read_size = 256 * 1024;

asio::awaitable<void> send_messages(plain_socket socket, std::span<const std::byte> message,
                                    const stream_reader& reader, std::uint64_t& sent) {
  const std::size_t framed = sizeof(std::uint32_t) + message.size();
  std::vector<std::byte> batch(std::max(batch_size / framed, std::size_t{1}) * framed);
  std::error_code error;
  while (!error && !reader.enough()) {
    for (std::size_t at = 0; at < batch.size(); at += framed) {
      write_length(batch.data() + at, message.size());
      std::memcpy(batch.data() + at + sizeof(std::uint32_t), message.data(), message.size());
    }
    co_await asio::async_write(socket, asio::buffer(batch), asio::redirect_error(asio::use_awaitable, error));
    sent += batch.size() / framed;
  }
}

asio::awaitable<void> receive_messages(plain_socket socket, std::size_t message_size, stream_reader& reader) {
  std::vector<std::byte> buffer(std::max(read_size, 2 * (message_size + sizeof(std::uint32_t))));
  std::size_t filled = 0;
  std::error_code error;
  while (true) {
    const auto room = asio::buffer(buffer.data() + filled, buffer.size() - filled);
    filled += co_await socket.async_read_some(room, asio::redirect_error(asio::use_awaitable, error));
    if (error) break;
    std::size_t at = 0;
    while (filled - at >= sizeof(std::uint32_t)) {
      const std::size_t size = read_length(buffer.data() + at);
      if (filled - at - sizeof(std::uint32_t) < size) break;
      reader.message({buffer.data() + at + sizeof(std::uint32_t), size});
      at += sizeof(std::uint32_t) + size;
    }
    reader.batch_ends();
    std::memmove(buffer.data(), buffer.data() + at, filled - at);
    filled -= at;
  }
}

}  // namespace

run_result stream_baseline(const stream_load& load) {
  const auto message = stream_message(load.message_size);
  stream_reader reader(load);
  std::uint64_t sent = 0;
  asio::io_context sending(1), receiving(1);
  auto [from, to] = plain_pair(sending, receiving, load.carrier, load.congestion);
  asio::co_spawn(sending, send_messages(std::move(from), message, reader, sent), rethrow);
  asio::co_spawn(receiving, receive_messages(std::move(to), load.message_size, reader), rethrow);
  run_on_two_cores(
      load.pin, [&] { sending.run(); }, [&] { receiving.run(); },
      [&] {
        sending.stop();
        receiving.stop();
      });
  return reader.result(sent, message);
}

}  // namespace coseal::bench
