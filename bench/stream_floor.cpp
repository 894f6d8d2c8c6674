// The floor: the records of docs/protocol.md section 6, sealed with the same backend and packed as the
// session packs them, in loops over raw non-blocking sockets. No session, no coroutine, nothing that an
// application could use: it shows what cipher and kernel alone allow.

#include "bytes/record_header.hpp"
#include "crypto/aead.hpp"
#include "sockets.hpp"
#include "stream.hpp"
#include "two_cores.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/uio.h>
#include <system_error>

namespace coseal::bench {
namespace {

constexpr std::size_t record_size = 64 * 1024;  // of packed small messages
constexpr std::size_t flush_size = 256 * 1024;  // handed to the kernel in one call
constexpr std::size_t read_size = 256 * 1024;
constexpr std::size_t largest_packed =
    4 * 1024;  // larger messages travel alone, sealed straight from where they are
constexpr int tries_before_sleep = 50;
constexpr std::byte content_pack{0x01};
constexpr std::byte content_frame{0x02};

/// One direction's key and sequence number.
class protection {
 public:
  protection(security_level level, const std::string& backend) : level_(level) {
    if (level == security_level::none) return;
    auto found = find_aead_backend(backend);
    constexpr std::array<std::byte, 32> key{std::byte{1}};
    key_ = found.value()->expand(key);
  }
  std::size_t tag_room() const { return level_ == security_level::none ? 0 : tag_size; }
  security_level level() const { return level_; }
  aead_key& key() { return *key_; }
  nonce_bytes next_nonce() {
    nonce_bytes nonce{};
    const std::uint64_t sequence = sequence_++;
    for (std::size_t i = 0; i < 8; ++i) nonce[4 + i] = static_cast<std::byte>(sequence >> (56 - 8 * i));
    return nonce;
  }

 private:
  security_level level_;
  std::unique_ptr<aead_key> key_;
  std::uint64_t sequence_ = 0;
};

void wait_for(int fd, short events) {
  pollfd waited{fd, events, 0};
  if (poll(&waited, 1, 10'000) == 0) throw std::runtime_error("the floor's peer stands still");
}

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::system_category(), what);
}

/// Records on their way out: those sealed into our memory, and messages that leave from where they are.
class flush {
 public:
  explicit flush(std::size_t message_size) : memory_(flush_size + record_size + message_size) {}

  std::byte* room() { return memory_.data() + used_; }
  /// The next n bytes of room() are part of the stream.
  void take(std::size_t n) {
    if (!pieces_.empty() &&
        static_cast<std::byte*>(pieces_.back().iov_base) + pieces_.back().iov_len == room()) {
      pieces_.back().iov_len += n;
    } else {
      pieces_.push_back({room(), n});
    }
    used_ += n;
    total_ += n;
  }
  void lend(std::span<const std::byte> bytes) {
    pieces_.push_back({const_cast<std::byte*>(bytes.data()), bytes.size()});
    total_ += bytes.size();
  }
  bool full() const { return total_ >= flush_size; }

  void write_all(int fd) {
    std::size_t first = 0;
    while (first < pieces_.size()) {
      msghdr message{};
      message.msg_iov = pieces_.data() + first;
      message.msg_iovlen = std::min<std::size_t>(pieces_.size() - first, 1000);
      ssize_t n = sendmsg(fd, &message, MSG_NOSIGNAL);
      if (n < 0) {
        if (errno != EAGAIN && errno != EINTR) fail("send");
        wait_for(fd, POLLOUT);
        continue;
      }
      for (; first < pieces_.size() && static_cast<std::size_t>(n) >= pieces_[first].iov_len; ++first)
        n -= static_cast<ssize_t>(pieces_[first].iov_len);
      if (first < pieces_.size()) {
        pieces_[first].iov_base = static_cast<std::byte*>(pieces_[first].iov_base) + n;
        pieces_[first].iov_len -= static_cast<std::size_t>(n);
      }
    }
    pieces_.clear();
    used_ = total_ = 0;
  }

 private:
  std::vector<std::byte> memory_;
  std::vector<iovec> pieces_;
  std::size_t used_ = 0;
  std::size_t total_ = 0;
};

/// Copies with two overlapping wide moves where that is enough; reads and writes nothing beyond n.
void copy_message(std::byte* to, const std::byte* from, std::size_t n) {
  if (n < 32 || n > 64) {
    std::memcpy(to, from, n);
    return;
  }
  std::array<std::byte, 32> head, tail;
  std::memcpy(head.data(), from, 32);
  std::memcpy(tail.data(), from + n - 32, 32);
  std::memcpy(to, head.data(), 32);
  std::memcpy(to + n - 32, tail.data(), 32);
}

std::span<const std::byte> write_header(std::byte* at, std::size_t length) {
  record_header header;
  header.length = static_cast<std::uint32_t>(length);
  header.write(std::span<std::byte, record_header::size>(at, record_header::size));
  return {at, record_header::size};
}

/// As many small messages as one record takes; says how many.
std::size_t pack_record(flush& out, protection& keys, std::span<const std::byte> message) {
  std::byte* const start = out.room();
  std::byte* const content = start + record_header::size;
  const std::size_t each = 2 + message.size();
  const std::size_t count = (record_size - 1) / each;
  content[0] = content_pack;
  std::byte* at = content + 1;
  for (std::size_t i = 0; i < count; ++i, at += each) {
    at[0] = static_cast<std::byte>(message.size() >> 8);
    at[1] = static_cast<std::byte>(message.size());
    copy_message(at + 2, message.data(), message.size());
  }
  const std::span<std::byte> packed(content, at);
  const auto header = write_header(start, packed.size() + keys.tag_room());
  const tag_span tag(at, tag_size);
  if (keys.level() == security_level::encrypted)
    keys.key().seal(keys.next_nonce(), header, packed, content, tag);
  if (keys.level() == security_level::authenticated) keys.key().mac(keys.next_nonce(), header, packed, tag);
  out.take(record_header::size + packed.size() + keys.tag_room());
  return count;
}

/// One large message as one record: sealed from where it lies, or, in clear, sent from there.
void frame_record(flush& out, protection& keys, std::span<const std::byte> message) {
  std::byte* const start = out.room();
  const auto header = write_header(start, 1 + message.size() + keys.tag_room());
  const std::span<std::byte> type(start + record_header::size, 1);
  type[0] = content_frame;
  if (keys.level() == security_level::encrypted) {
    keys.key().seal_after(keys.next_nonce(), header, type, message,
                          tag_span(type.data() + 1 + message.size(), tag_size));
    out.take(record_header::size + 1 + message.size() + tag_size);
    return;
  }
  out.take(record_header::size + 1);
  out.lend(message);
  if (keys.level() == security_level::none) return;
  const std::span<const std::byte> head(start, record_header::size + 1);
  keys.key().mac(keys.next_nonce(), head, message, tag_span(out.room(), tag_size));
  out.take(tag_size);
}

void send_records(int fd, protection keys, std::span<const std::byte> message, const stream_reader& reader,
                  std::uint64_t& sent) {
  flush out(message.size() + 64);
  while (!reader.enough()) {
    while (!out.full()) {
      if (message.size() <= largest_packed) {
        sent += pack_record(out, keys, message);
      } else {
        frame_record(out, keys, message);
        ++sent;
      }
    }
    out.write_all(fd);
  }
  shutdown(fd, SHUT_WR);
}

void open_record(protection& keys, std::span<std::byte> header, std::span<std::byte> body,
                 stream_reader& reader) {
  const std::span<std::byte> content = body.first(body.size() - keys.tag_room());
  if (keys.level() != security_level::none) {
    const const_tag_span tag(body.last(tag_size));
    const bool right = keys.level() == security_level::encrypted
                           ? keys.key().open(keys.next_nonce(), header, content, tag)
                           : keys.key().verify(keys.next_nonce(), header, content, tag);
    if (!right) throw std::runtime_error("a record of the floor does not open");
  }
  if (content[0] == content_frame) {
    reader.message(content.subspan(1));
    return;
  }
  const std::byte* at = content.data() + 1;
  const std::byte* const end = content.data() + content.size();
  while (end - at > 2) {
    const std::size_t size = std::to_integer<std::size_t>(at[0]) << 8 | std::to_integer<std::size_t>(at[1]);
    if (static_cast<std::size_t>(end - at - 2) < size)
      throw std::runtime_error("a record of the floor is malformed");
    reader.message({at + 2, size});
    at += 2 + size;
  }
}

void receive_records(int fd, protection keys, std::size_t message_size, stream_reader& reader) {
  std::vector<std::byte> buffer(std::max(read_size, 2 * message_size));
  std::size_t filled = 0;
  int dry = 0;
  while (true) {
    const ssize_t n = recv(fd, buffer.data() + filled, buffer.size() - filled, 0);
    if (n == 0) return;
    if (n < 0) {
      if (errno != EAGAIN && errno != EINTR) fail("receive");
      if (++dry > tries_before_sleep) wait_for(fd, POLLIN);
      continue;
    }
    dry = 0;
    filled += static_cast<std::size_t>(n);
    std::size_t at = 0;
    while (filled - at >= record_header::size) {
      const std::span<std::byte> header(buffer.data() + at, record_header::size);
      const auto length = record_header::parse(header.first<record_header::size>()).length;
      if (filled - at - record_header::size < length) break;
      open_record(keys, header, {header.data() + record_header::size, length}, reader);
      at += record_header::size + length;
    }
    reader.batch_ends();
    std::memmove(buffer.data(), buffer.data() + at, filled - at);
    filled -= at;
  }
}

void make_non_blocking(int fd) {
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

}  // namespace

run_result stream_floor(const stream_load& load) {
  const auto message = stream_message(load.message_size);
  stream_reader reader(load);
  std::uint64_t sent = 0;
  auto [from, to] = connected_pair(load.carrier, load.congestion);
  make_non_blocking(from.number());
  make_non_blocking(to.number());
  run_on_two_cores(
      load.pin,
      [&] { send_records(from.number(), protection(load.level, load.aead), message, reader, sent); },
      [&] { receive_records(to.number(), protection(load.level, load.aead), load.message_size, reader); },
      [&] {
        shutdown(from.number(), SHUT_RDWR);
        shutdown(to.number(), SHUT_RDWR);
      });
  return reader.result(sent, message);
}

}  // namespace coseal::bench
