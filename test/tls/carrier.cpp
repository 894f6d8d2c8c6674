// TLS on a memory pair: the handshake, data both ways, ends.

#include "support/catch.hpp"
#include "tls/error.hpp"
#include "tls/tls_pair.hpp"

#include <random>
#include <thread>

using namespace coseal;
using namespace coseal::test;

namespace {

std::string noise(std::size_t n) {
  std::mt19937 random(static_cast<unsigned>(n));
  std::string text(n, '\0');
  for (auto& c : text) c = static_cast<char>(random());
  return text;
}

/// Sends `forth` and `back` at once, waiting as a session does.
void exchange(asio::io_context& io, duplex_carrier& one, duplex_carrier& other, const std::string& forth,
              const std::string& back) {
  struct direction final : carrier_observer, std::enable_shared_from_this<direction> {
    duplex_carrier* from;
    duplex_carrier* to;
    const std::string* text;
    std::size_t written = 0;
    std::string got;
    std::error_code failed;

    void push() {
      while (written < text->size() && !failed) {
        std::error_code error;
        written += test::write(*from, std::string_view(*text).substr(written), error);
        if (error == asio::error::would_block) return from->wait_writable(shared_from_this());
        failed = error;
      }
    }
    void pull() {
      while (got.size() < text->size() && !failed) {
        std::error_code error;
        got += test::read(*to, error, std::min<std::size_t>(text->size() - got.size(), 100'000));
        if (error == asio::error::would_block) return to->wait_readable(shared_from_this());
        failed = error;
      }
    }
    void on_readable(std::error_code) noexcept override { pull(); }
    void on_writable(std::error_code) noexcept override { push(); }
  };
  std::array<std::shared_ptr<direction>, 2> both{std::make_shared<direction>(),
                                                 std::make_shared<direction>()};
  both[0]->from = both[1]->to = &one;
  both[0]->to = both[1]->from = &other;
  both[0]->text = &forth;
  both[1]->text = &back;
  for (const auto& each : both) each->pull();
  for (const auto& each : both) each->push();
  io.restart();
  io.run();
  for (const auto& each : both) {
    CHECK(each->failed.message() == std::error_code().message());
    CHECK(each->written == each->text->size());
    CHECK((each->got == *each->text));
  }
}

}  // namespace

TEST_CASE("bytes pass both ways through any sizes of the stream's reads and writes", "[tls]") {
  for (const std::size_t capacity : {std::size_t{7}, std::size_t{1'000}, std::size_t{1'000'000}})
    for (const std::size_t largest : {std::size_t{0}, std::size_t{1}, std::size_t{13}}) {
      CAPTURE(capacity, largest);
      tls_pair::setup s;
      s.to_server.capacity = s.to_client.capacity = capacity;
      s.to_server.largest_read = s.to_server.largest_write = largest;
      s.to_client.largest_read = s.to_client.largest_write = largest;
      tls_pair t(s);
      // Starts with the handshake in the way: writes wait for it.
      const bool slow = largest == 1 || capacity == 7;
      exchange(t.io, *t.client, *t.server, noise(slow ? 3'000 : 300'000), noise(slow ? 1'000 : 200'001));
    }
}

TEST_CASE("a write of many pieces comes whole", "[tls]") {
  tls_pair t;
  CHECK_FALSE(t.shake_hands().first);
  std::string whole;
  std::vector<std::string> pieces;
  for (const std::size_t n : {1, 0, 16'383, 1, 16'384, 5, 40'000, 7, 7, 100'000}) pieces.push_back(noise(n));
  std::vector<asio::const_buffer> buffers;
  for (const auto& piece : pieces) {
    whole += piece;
    buffers.emplace_back(piece.data(), piece.size());
  }
  std::string got;
  while (!buffers.empty()) {
    std::error_code error;
    std::size_t n = t.client->try_write_some(buffers, error);
    REQUIRE_FALSE(error);
    REQUIRE(n != 0);
    while (!buffers.empty() && n >= buffers.front().size()) {
      n -= buffers.front().size();
      buffers.erase(buffers.begin());
    }
    if (n != 0) buffers.front() += n;
    got += read_all(t.io, *t.server, 1);
    std::error_code later;
    while (!later) got += read(*t.server, later, 10'000);
  }
  CHECK((got == whole));
}

TEST_CASE("what was written has left, so that closing loses nothing", "[tls]") {
  tls_pair::setup s;
  s.to_server.capacity = 5'000;
  tls_pair t(s);
  CHECK_FALSE(t.shake_hands().first);
  const auto text = noise(64 * 1024);
  std::size_t written = 0;
  std::string got;
  std::error_code error;
  while (written == 0) {
    written = write(*t.client, text, error);
    if (written != 0) break;
    CHECK(error == asio::error::would_block);
    const auto observer = std::make_shared<told_observer>();
    t.client->wait_writable(observer);
    std::error_code dry;
    while (!dry) got += read(*t.server, dry);
    t.io.restart();
    t.io.poll();
  }
  t.client->close();
  error.clear();
  while (!error) got += read(*t.server, error);
  CHECK(error == asio::error::eof);
  CHECK((got == text.substr(0, written)));
}

TEST_CASE("before the handshake is over a writer waits and is then told", "[tls]") {
  tls_pair t;
  std::error_code error;
  CHECK(write(*t.server, "x", error) == 0);
  CHECK(error == asio::error::would_block);
  const auto observer = std::make_shared<told_observer>();
  t.server->wait_writable(observer);
  t.io.poll();
  CHECK(observer->writable.empty());
  CHECK_FALSE(t.shake_hands().second);
  REQUIRE(observer->writable.size() == 1);
  CHECK(write(*t.server, "x") == 1);
  CHECK(read_all(t.io, *t.client, 1) == "x");
}

TEST_CASE("a writer that waits is told when the handshake fails", "[tls]") {
  tls_pair::setup s;
  s.showing = certificates::server("strangers");
  tls_pair t(s);
  const auto of_server = std::make_shared<told_observer>(), of_client = std::make_shared<told_observer>();
  t.server->wait_writable(of_server);
  t.client->wait_writable(of_client);
  t.shake_hands();
  t.io.restart();
  t.io.poll();
  CHECK(of_server->writable.size() == 1);
  CHECK(of_client->writable.size() == 1);
  std::error_code error;
  write(*t.server, "x", error);
  CHECK(error);
  CHECK(error != asio::error::would_block);
}

TEST_CASE("an end with close_notify is eof, one without is a truncation", "[tls]") {
  tls_pair t;
  CHECK_FALSE(t.shake_hands().first);
  SECTION("closed") {
    CHECK(write(*t.client, "last") == 4);
    t.client->close();
    CHECK(read_all(t.io, *t.server, 4) == "last");
    CHECK(read_error(*t.server) == asio::error::eof);
    CHECK(read_error(*t.server) == asio::error::eof);
  }
  SECTION("gone") {
    CHECK(write(*t.client, "last") == 4);
    t.client.reset();
    CHECK(read_all(t.io, *t.server, 4) == "last");
    CHECK(read_error(*t.server) == errc::truncated);
  }
  SECTION("each direction by itself") {
    t.client->shutdown_send();
    CHECK(read_error(*t.server) == asio::error::eof);
    CHECK(write(*t.server, "answer") == 6);
    CHECK(read_all(t.io, *t.client, 6) == "answer");
    std::error_code error;
    write(*t.client, "x", error);
    CHECK(error == asio::error::broken_pipe);
    t.server->close();
    CHECK(read_error(*t.client) == asio::error::eof);
  }
}

TEST_CASE("a connection that is cut anywhere ends at both ends", "[tls]") {
  std::size_t cut = 0;
  bool whole = false;
  int early = 0, late = 0;
  for (; !whole; cut += cut < 40 ? 1 : 37) {
    CAPTURE(cut);
    tls_pair::setup s;
    s.to_client.cut_after = cut;
    tls_pair t(s);
    auto [of_client, of_server] = t.shake_hands();
    REQUIRE(of_client != asio::error::would_block);
    if (of_client) {
      ++early;
      CHECK(of_client == asio::error::eof);
      continue;
    }
    const auto text = noise(3'000);
    std::error_code error;
    write(*t.server, text, error);
    const auto got = read_all(t.io, *t.client, text.size());
    whole = got.size() == text.size();
    if (whole) continue;
    ++late;
    CHECK(got.empty());
    CHECK(read_error(*t.client) == errc::truncated);  // told once more: it is never a clean end
  }
  CHECK(early > 40);
  CHECK(late > 10);
}

TEST_CASE("bytes that are no TLS fail, and nothing of theirs is data", "[tls]") {
  for (const std::string& text : {std::string("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
                                  std::string("\x00\x00\x00\x9c\x01 coseal", 12), std::string(70'000, '\0'),
                                  noise(5'000), std::string("\x16\x03\x01\x3f\xff", 5) + noise(0x3fff)}) {
    asio::io_context io;
    auto [stranger, beneath] = memory_pair(io.get_executor(), io.get_executor());
    tls::tls_carrier server(
        std::move(beneath),
        tls::engine::for_server(tls::context::for_server(certificates::server()).value()));
    write(*stranger, text);
    std::error_code error;
    CHECK(read(server, error).empty());
    CHECK(error.category() == tls::category());
    CHECK((error == condition::peer_misbehaved || error == condition::incompatible));
    CHECK(error.message().find("TLS failed: ") == 0);
    // Told once; the rest is dropped until the stranger has gone.
    write(*stranger, "more");
    CHECK(read_error(server) == asio::error::would_block);
    stranger->close();
    CHECK(read_error(server).category() == tls::category());
  }
}

TEST_CASE("a flipped bit ends the connection", "[tls]") {
  tls_pair t;
  CHECK_FALSE(t.shake_hands().first);
  // Between the two ends of TLS: a stream of our own beneath a second pair would show the same bytes, so the
  // client's own stream is played by a stranger who knows no key.
  asio::io_context io;
  auto [one, beneath] = memory_pair(io.get_executor(), io.get_executor());
  CHECK(write(*t.client, "secret") == 6);
  const std::string record("\x17\x03\x03\x00\x17", 5);
  auto engine = tls::engine::for_server(tls::context::for_server(certificates::server()).value());
  tls::tls_carrier server(std::move(beneath), std::move(engine));
  write(*one, record + noise(0x17));
  CHECK(read_error(server).category() == tls::category());
}

TEST_CASE("closing ends the waits of both directions", "[tls]") {
  tls_pair t;
  CHECK_FALSE(t.shake_hands().first);
  CHECK(read_error(*t.client) == asio::error::would_block);
  const auto reader = std::make_shared<told_observer>();
  t.client->wait_readable(reader);
  t.client->close();
  t.io.restart();
  t.io.poll();
  REQUIRE(reader->readable.size() == 1);
  CHECK(reader->readable[0] == asio::error::operation_aborted);

  tls_pair fresh;
  const auto writer = std::make_shared<told_observer>();
  fresh.server->wait_writable(writer);  // for the handshake
  fresh.server->close();
  fresh.io.poll();
  REQUIRE(writer->writable.size() == 1);
  CHECK(writer->writable[0] == asio::error::operation_aborted);
}

TEST_CASE("reading and writing go on at once on two threads", "[tls][threads]") {
  tls_pair t;
  CHECK_FALSE(t.shake_hands().first);
  const auto text = noise(2'000'000);
  const auto push = [&](duplex_carrier& to) {
    for (std::size_t written = 0; written < text.size();) {
      std::error_code error;
      written += write(to, std::string_view(text).substr(written, 50'000), error);
      if (error == asio::error::would_block) std::this_thread::yield();
    }
  };
  const auto pull = [&](duplex_carrier& from, std::string& got) {
    while (got.size() < text.size()) {
      std::error_code error;
      got += read(from, error);
      if (error == asio::error::would_block) std::this_thread::yield();
    }
  };
  std::string of_client, of_server;
  // What has no room waits for it on the executor.
  auto working = asio::make_work_guard(t.io);
  t.io.restart();
  std::thread loop([&] { t.io.run(); });
  std::thread one([&] { push(*t.client); }), two([&] { push(*t.server); });
  std::thread three([&] { pull(*t.client, of_client); }), four([&] { pull(*t.server, of_server); });
  for (auto* each : {&one, &two, &three, &four}) each->join();
  working.reset();
  t.client->close();
  t.server->close();
  loop.join();
  CHECK((of_client == text));
  CHECK((of_server == text));
}
