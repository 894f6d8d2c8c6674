// Somebody on the path who changes, cuts or extends what passes.
#include "handshake/meeting.hpp"
#include "support/catch.hpp"

#include <coseal/error.hpp>

namespace coseal::test {
namespace {

enum class way { to_acceptor, to_connector };
struct message {
  const char* name;
  way direction;
  int index;
};
const message messages[] = {
    {"HELLO", way::to_acceptor, 0}, {"HELLO_REPLY", way::to_connector, 0}, {"FINISH", way::to_acceptor, 1}};

/// Stores that are made once: a key pair for each of some thousand handshakes would be the whole time of the
/// test.
struct stores {
  std::shared_ptr<storage> connector = memory_storage();
  std::shared_ptr<storage> acceptor = memory_storage();
};

meeting meet(const stores& s, security_level level, const message& target, wire_hook hook) {
  meeting m(level);
  m.connector_store = s.connector;
  m.acceptor_store = s.acceptor;
  (target.direction == way::to_acceptor ? m.from_connector : m.from_acceptor) = std::move(hook);
  m.run();
  return m;
}

std::size_t size_of(const stores& s, security_level level, const message& target) {
  std::size_t size = 0;
  auto m = meet(s, level, target, change_record(target.index, [&](auto& record) { size = record.size(); }));
  REQUIRE(m.agreed());
  return size;
}

wire_hook cut_record(int n, std::size_t length) {
  return [=, seen = 0](std::vector<std::byte>& record) mutable {
    if (seen++ != n) return passage::open;
    record.resize(length);
    return passage::cut;
  };
}

bool is_typed(std::error_code failure) {
  return failure.category() == error_category();
}

/// M1 and M2 changed: both notice. M3 changed: R notices; I has said its last word and learns it from R.
void fails(const meeting& m, const message& target) {
  CHECK(m.acceptor_error());
  CHECK(is_typed(m.acceptor_error()));
  CHECK(!(*m.acceptor));
  if (target.index == 0) {
    CHECK(m.connector_error());
    CHECK(is_typed(m.connector_error()));
  }
}

}  // namespace

TEST_CASE("a changed bit in any byte of the handshake ends it", "[handshake]") {
  const stores s;
  for (const auto level : {security_level::authenticated, security_level::encrypted}) {
    for (const auto& target : messages) {
      const std::size_t size = size_of(s, level, target);
      for (std::size_t at = 0; at < size; ++at) {
        for (const auto mask : {std::byte{0x01}, std::byte{0x80}}) {
          INFO(target.name << " byte " << at << " mask " << std::to_integer<int>(mask));
          const auto m =
              meet(s, level, target, change_record(target.index, [=](auto& record) { record[at] ^= mask; }));
          fails(m, target);
        }
      }
    }
  }
  CHECK(meeting::pins_in(s.connector).empty());
  CHECK(meeting::pins_in(s.acceptor).empty());
}

TEST_CASE("a handshake that is cut at any byte ends as truncated", "[handshake]") {
  const stores s;
  for (const auto& target : messages) {
    const std::size_t size = size_of(s, security_level::encrypted, target);
    for (std::size_t length = 0; length < size; ++length) {
      INFO(target.name << " cut at " << length);
      const auto m = meet(s, security_level::encrypted, target, cut_record(target.index, length));
      fails(m, target);
      const auto victim = target.direction == way::to_acceptor ? m.acceptor_error() : m.connector_error();
      CHECK(victim == errc::truncated);
    }
  }
}

TEST_CASE("a prefix of a message with a fitting length is refused", "[handshake]") {
  const stores s;
  for (const auto& target : messages) {
    const std::size_t size = size_of(s, security_level::encrypted, target);
    for (std::size_t length = record_header::size; length < size; ++length) {
      INFO(target.name << " shortened to " << length);
      const auto m =
          meet(s, security_level::encrypted, target, change_record(target.index, [=](auto& record) {
                 record.resize(length);
                 fix_length(record);
               }));
      fails(m, target);
    }
  }
}

TEST_CASE("a trailing byte is refused in each message", "[handshake]") {
  const stores s;
  const errc expected[] = {errc::malformed_message, errc::bad_record_tag, errc::bad_record_tag};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto m =
        meet(s, security_level::encrypted, messages[i], change_record(messages[i].index, [](auto& record) {
               record.push_back(std::byte{0});
               fix_length(record);
             }));
    fails(m, messages[i]);
    const auto victim = messages[i].direction == way::to_acceptor ? m.acceptor_error() : m.connector_error();
    CHECK(victim == expected[i]);
  }
}

TEST_CASE("a record header with an epoch or a third field is malformed", "[handshake]") {
  const stores s;
  for (const auto& target : messages) {
    for (const std::size_t at : {std::size_t{5}, std::size_t{6}, std::size_t{7}}) {
      const auto m = meet(s, security_level::encrypted, target,
                          change_record(target.index, [=](auto& record) { record[at] = std::byte{1}; }));
      fails(m, target);
      const auto victim = target.direction == way::to_acceptor ? m.acceptor_error() : m.connector_error();
      CHECK(victim == errc::malformed_record);
    }
  }
}

TEST_CASE("a body above the limit of its kind is refused whatever the link let through", "[handshake]") {
  // The memory link lets 4 KiB through for kinds that it does not know; HELLO has 1 KiB.
  meeting m;
  m.from_connector = change_record(0, [](auto& record) {
    record.resize(record_header::size + 1025);
    fix_length(record);
  });
  m.run();
  CHECK(m.acceptor_error() == errc::record_too_large);
}

TEST_CASE("messages of another handshake of the same peers do not fit", "[handshake]") {
  const stores s;
  for (const auto& target : messages) {
    std::vector<std::byte> recorded;
    meet(s, security_level::encrypted, target, change_record(target.index, [&](auto& r) { recorded = r; }));
    const auto m = meet(s, security_level::encrypted, target,
                        change_record(target.index, [&](auto& record) { record = recorded; }));
    fails(m, target);
  }
}

TEST_CASE("an abort that somebody changed tells nothing", "[handshake]") {
  for (const std::size_t at : {record_header::size, record_header::size + 6}) {
    meeting m;
    m.connector_trust.policy = pin_policy::pinned_only;
    m.from_connector = change_record(1, [=](auto& record) { record[at] ^= std::byte{1}; });
    m.run();
    CHECK(m.acceptor_error() == errc::bad_record_tag);
  }
}

}  // namespace coseal::test
