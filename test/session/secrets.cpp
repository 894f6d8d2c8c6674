// The exporter, and padding.

#include "bytes/record_header.hpp"
#include "crypto/aead.hpp"
#include "session/stage.hpp"

namespace coseal::test {
namespace {

bytes exported(const session& from, std::string_view label, const bytes& context, std::size_t n) {
  const auto secret = from.export_secret(label, context, n);
  REQUIRE(secret);
  return *secret;
}

/// The lengths of the TRAFFIC records in a stream.
std::vector<std::size_t> traffic(const bytes& stream) {
  std::vector<std::size_t> lengths;
  for (std::size_t at = 0; at < stream.size();) {
    const auto header = record_header::parse(std::span(stream).subspan(at).first<8>());
    if (header.kind == record_kind::traffic) lengths.push_back(header.length);
    at += record_header::size + header.length;
  }
  return lengths;
}

}  // namespace

TEST_CASE("both ends export the same secrets, bound to label, context, length and session", "[session]") {
  encounter e(GENERATE(security_level::authenticated, security_level::encrypted));
  e.meet();
  const bytes nothing, context = pattern(5);
  for (const std::size_t n : {std::size_t{1}, std::size_t{32}, std::size_t{1024}})
    CHECK(exported(e.connector, "label", context, n) == exported(e.acceptor, "label", context, n));
  const auto secret = exported(e.connector, "label", context, 32);
  CHECK(secret != exported(e.connector, "other", context, 32));
  CHECK(secret != exported(e.connector, "label", nothing, 32));
  CHECK(secret != exported(e.connector, "label", pattern(6), 32));
  CHECK(exported(e.connector, "labelx", nothing, 32) != exported(e.connector, "label", {std::byte{'x'}}, 32));
  const auto longer = exported(e.connector, "label", context, 64);
  CHECK(!same(secret, std::span(longer).first(32)));

  encounter other(e.level);
  other.connector_store = e.connector_store;
  other.acceptor_store = e.acceptor_store;
  other.meet();
  CHECK(secret != exported(other.connector, "label", context, 32));
}

TEST_CASE("the exporter refuses what it can not give", "[session]") {
  encounter e(security_level::encrypted);
  e.meet();
  CHECK(e.connector.export_secret("label", {}, 0).error() == errc::invalid_option);
  CHECK(e.connector.export_secret("label", {}, 1025).error() == errc::invalid_option);
  CHECK(e.connector.export_secret("", {}, 32).error() == errc::invalid_option);
  encounter none(security_level::none);
  none.meet();
  CHECK(none.connector.export_secret("label", {}, 32).error() == errc::invalid_option);
  CHECK(none.acceptor.export_secret("label", {}, 32).error() == errc::invalid_option);
}

TEST_CASE("exported secrets do not change when keys do", "[session]") {
  encounter e;
  e.connector_limits.rekey.records = 1;
  e.meet();
  const auto before = exported(e.connector, "label", {}, 32);
  e.run([&]() -> task<void> {
    const auto frame = pattern(10);
    for (int i = 0; i < 3; ++i) {
      co_await e.connector.send(frame);
      (void)co_await e.acceptor.receive();
    }
  });
  CHECK(e.connector.info().send_epoch > 0);
  CHECK(exported(e.connector, "label", {}, 32) == before);
}

TEST_CASE("padded records say little about what is in them", "[session]") {
  encounter e;
  const std::size_t multiple = GENERATE(16, 256, 1024);
  const bool own_memory = GENERATE(false, true);
  e.connector_limits.padding = e.acceptor_limits.padding = multiple;
  const auto forth = std::make_shared<bytes>();
  e.connector_tap.written = forth;
  e.meet();
  const std::vector<std::size_t> sizes{0,    1,    13,      14,      250,     8191,
                                       8192, 8193, 100'000, 262'120, 262'144, 700'000};
  e.start([&]() -> task<void> {
    for (const auto n : sizes) {
      const auto frame = pattern(n, n);
      if (own_memory) {
        frame_buffer buffer = e.connector.make_frame(n);
        std::ranges::copy(frame, buffer.bytes().begin());
        co_await e.connector.send(std::move(buffer));
      } else {
        co_await e.connector.send(frame);
      }
      co_await e.connector.drain();
    }
    (void)co_await e.connector.ping();
  });
  e.run([&]() -> task<void> {
    for (const auto n : sizes) {
      const auto got = co_await e.acceptor.receive();
      CHECK(same(got.bytes(), pattern(n, n)));
    }
  });
  e.run([&]() -> task<void> { (void)co_await e.connector.ping(); });
  const auto lengths = traffic(*forth);
  CHECK(lengths.size() >= sizes.size());
  for (const auto length : lengths) {
    CAPTURE(length, multiple);
    CHECK(length <= 262'144);
    CHECK((length - tag_size) % multiple == 0);
  }
}

TEST_CASE("padding is for encrypted sessions alone", "[session]") {
  encounter e(GENERATE(security_level::none, security_level::authenticated));
  e.connector_limits.padding = 256;
  e.meet();
  e.run([&]() -> task<void> {
    const auto frame = pattern(10);
    co_await e.connector.send(frame);
    const auto got = co_await e.acceptor.receive();
    CHECK(same(got.bytes(), frame));
  });
}

}  // namespace coseal::test
