// The parsers, each on its own: what they take, what they refuse, and that what they read is what was
// written.
#include "crypto/random.hpp"
#include "fuzz/handshake_messages.hpp"
#include "handshake/accept_message.hpp"
#include "handshake/hello.hpp"
#include "handshake/hello_reply.hpp"
#include "handshake/identity_proof.hpp"
#include "support/catch.hpp"

#include <coseal/error.hpp>

#include <chrono>
#include <random>

namespace coseal::test {
namespace {

using bytes = std::vector<std::byte>;

hello some_hello(security_level level) {
  hello m1;
  m1.level = level;
  m1.random = random_array<32>();
  m1.channel = version_of(channel_definition{{"a"}, {"b", "c"}});
  m1.wanted = coordinate("backend", "b1");
  if (level == security_level::none) {
    m1.claimed = claimed_identity{coordinate("frontend", "f1"), parameters{}};
  } else {
    m1.share = random_array<32>();
  }
  return m1;
}

identity_block some_identity() {
  const auto old_key = signing_key::generate();
  identity_block block;
  block.key = signing_key::generate().public_part();
  block.where = coordinate("backend", "b1");
  block.params.max_frame = 12345;
  block.params.time = std::chrono::milliseconds(1'700'000'000'000);
  block.succession.push_back(sign_succession(old_key, block.key, block.where, 7));
  return block;
}

accept_message some_accept() {
  accept_message message;
  message.id = random_array<16>();
  message.expires = std::chrono::milliseconds(5);
  message.auth_epoch = 6;
  message.time = std::chrono::milliseconds(7);
  message.ticket.assign(100, std::byte{8});
  return message;
}

accept_claim some_claim() {
  accept_claim message;
  message.id = random_array<16>();
  message.where = coordinate("backend", "b1");
  message.channel = version_of(channel_definition{{"a"}, {}});
  return message;
}

bytes proof_bytes() {
  identity_proof proof;
  proof.identity = some_identity();
  return proof.encode();
}

/// Every prefix fails, and so does the whole with a byte more.
template <typename Message>
void strict(const bytes& encoded) {
  REQUIRE(Message::parse(encoded));
  for (std::size_t n = 0; n < encoded.size(); ++n) CHECK(!Message::parse(std::span(encoded).first(n)));
  bytes longer = encoded;
  longer.push_back(std::byte{0});
  CHECK(Message::parse(longer).error() == errc::malformed_message);
}

struct raw_extension {
  std::uint16_t type;
  std::size_t size;
};

/// What read_parameters makes of a list; nothing if it fails.
std::optional<parameters> parse_parameters(const writer& list, errc* why = nullptr) {
  writer out;
  out.vec16(list.view());
  reader in(out.view());
  const auto p = read_parameters(in, why);
  if (!in.complete()) return std::nullopt;
  return p;
}

std::optional<parameters> with(std::uint16_t type, std::uint64_t value, std::size_t size = 4) {
  writer list;
  list.u16(type);
  list.u16(static_cast<std::uint16_t>(size));
  for (std::size_t i = size; i > 0; --i)
    list.u8(static_cast<std::uint8_t>(i > 8 ? 0 : value >> (8 * (i - 1))));
  return parse_parameters(list);
}

bytes hello_with_extensions(const writer& list) {
  bytes encoded = some_hello(security_level::encrypted).encode();
  encoded.resize(encoded.size() - 2);
  writer out;
  out.bytes(encoded);
  out.vec16(list.view());
  return std::move(out).take();
}

}  // namespace

TEST_CASE("each message reads back what it wrote", "[handshake]") {
  for (const auto level : {security_level::none, security_level::authenticated, security_level::encrypted}) {
    const auto m1 = some_hello(level);
    CHECK(*hello::parse(m1.encode()) == m1);
  }
  hello_reply m2;
  m2.level = 2;
  m2.share = random_array<32>();
  CHECK(*hello_reply::parse(m2.encode()) == m2);
  CHECK(m2.encode().size() == hello_reply::size);

  const auto block = some_identity();
  const auto read = identity_block::parse(block.encode());
  REQUIRE(read);
  CHECK(read->encode() == block.encode());
  CHECK(read->params == block.params);
  CHECK(read->where == block.where);

  const auto accept = some_accept();
  CHECK(*accept_message::parse(accept.encode()) == accept);
  const auto claim = some_claim();
  CHECK(*accept_claim::parse(claim.encode()) == claim);
}

TEST_CASE("no message is read from a part of it or with something behind it", "[handshake]") {
  strict<hello>(some_hello(security_level::none).encode());
  strict<hello>(some_hello(security_level::encrypted).encode());
  strict<hello_reply>(hello_reply{}.encode());
  strict<identity_block>(some_identity().encode());
  strict<accept_message>(some_accept().encode());
  strict<accept_claim>(some_claim().encode());
}

TEST_CASE("an identity proof that is cut or extended is malformed", "[handshake]") {
  const auto encoded = proof_bytes();
  CHECK(identity_proof::parse(encoded));
  for (std::size_t n = 0; n < encoded.size(); ++n) CHECK(!identity_proof::parse(std::span(encoded).first(n)));
}

TEST_CASE("hello says what is wrong with it", "[handshake]") {
  const auto error_of = [](std::function<void(bytes&)> change) {
    bytes encoded = some_hello(security_level::encrypted).encode();
    change(encoded);
    return hello::parse(encoded).error();
  };
  CHECK(error_of([](bytes& b) { b.resize(5); }) == errc::not_coseal);
  CHECK(error_of([](bytes& b) { b[5] = std::byte{'L'}; }) == errc::not_coseal);
  CHECK(error_of([](bytes& b) { b[6] = std::byte{0}; }) == errc::malformed_message);
  CHECK(error_of([](bytes& b) { b[7] = std::byte{2}; }) == errc::version_unsupported);
  CHECK(error_of([](bytes& b) { b[8] = std::byte{0}; }) == errc::malformed_message);
  CHECK(error_of([](bytes& b) { b[9] = std::byte{1}; }) == errc::version_unsupported);
  CHECK(error_of([](bytes& b) { b[11] = std::byte{3}; }) == errc::level_refused);
  CHECK(error_of([](bytes& b) { b[11] = std::byte{0}; }) == errc::malformed_message);
  CHECK(error_of([](bytes& b) { b[145] = std::byte{'/'}; }) == errc::malformed_message);
}

TEST_CASE("anybody may be wanted, an instance of nobody may not", "[handshake]") {
  auto m1 = some_hello(security_level::encrypted);
  m1.wanted = coordinate();
  CHECK(hello::parse(m1.encode())->wanted.empty());

  bytes encoded = m1.encode();  // ends: u8 0, u8 0, u16 0
  encoded.at(encoded.size() - 3) = std::byte{1};
  encoded.insert(encoded.end() - 2, std::byte{'x'});
  CHECK(hello::parse(encoded).error() == errc::malformed_message);
}

TEST_CASE("level none comes with a claim and without a key share", "[handshake]") {
  auto m1 = some_hello(security_level::none);
  m1.share[31] = std::byte{1};
  CHECK(hello::parse(m1.encode()).error() == errc::malformed_message);
  m1 = some_hello(security_level::none);
  m1.claimed.reset();
  CHECK(hello::parse(m1.encode()).error() == errc::malformed_message);
  m1 = some_hello(security_level::encrypted);
  m1.claimed = claimed_identity{coordinate("frontend"), parameters{}};
  CHECK(hello::parse(m1.encode()).error() == errc::malformed_message);
}

TEST_CASE("extensions ascend, are sixteen at most, and critical ones must be known", "[handshake]") {
  const auto error_of = [](std::initializer_list<raw_extension> extensions) {
    writer list;
    for (const auto& one : extensions) {
      list.u16(one.type);
      list.vec16(bytes(one.size));
    }
    return hello::parse(hello_with_extensions(list)).error();
  };
  CHECK(!error_of({}));
  CHECK(!error_of({{0, 0}, {1, 5}, {0x7fff, 0}}));
  CHECK(error_of({{1, 0}, {1, 0}}) == errc::malformed_message);
  CHECK(error_of({{2, 0}, {1, 0}}) == errc::malformed_message);
  CHECK(error_of({{0x8002, 0}}) == errc::unknown_critical_extension);
  CHECK(error_of({{1, 0}, {0xffff, 3}}) == errc::unknown_critical_extension);

  writer sixteen;
  for (std::uint16_t type = 0; type < 16; ++type) {
    sixteen.u16(type);
    sixteen.u16(0);
  }
  CHECK(hello::parse(hello_with_extensions(sixteen)));
  writer seventeen = sixteen;
  seventeen.u16(16);
  seventeen.u16(0);
  CHECK(hello::parse(hello_with_extensions(seventeen)).error() == errc::malformed_message);
  writer cut;
  cut.u16(1);
  cut.u8(0);
  CHECK(hello::parse(hello_with_extensions(cut)).error() == errc::malformed_message);
}

TEST_CASE("parameters outside their range or size are refused", "[handshake]") {
  CHECK(parse_parameters(writer()) == parameters{});
  CHECK(with(1, 4096)->max_record == 4096);
  CHECK(with(1, 262'144)->max_record == 262'144);
  CHECK(!with(1, 4095));
  CHECK(!with(1, 262'145));
  CHECK(with(2, 1)->max_frame == 1);
  CHECK(with(2, 0x7fff'ffff)->max_frame == 0x7fff'ffff);
  CHECK(!with(2, 0));
  CHECK(!with(2, 0x8000'0000));
  CHECK(with(3, 0)->keepalive.count() == 0);
  CHECK(with(3, 100)->keepalive.count() == 100);
  CHECK(with(3, 3'600'000)->keepalive.count() == 3'600'000);
  CHECK(!with(3, 99));
  CHECK(!with(3, 3'600'001));
  CHECK(with(4, 77, 8)->time.count() == 77);
  CHECK(with(4, ~std::uint64_t{0}, 8)->time.count() > 0);
  for (const int number : {1, 2, 3}) {
    const auto type = static_cast<std::uint16_t>(number);
    CHECK(!with(type, 4096, 3));
    CHECK(!with(type, 4096, 5));
  }
  CHECK(!with(4, 77, 4));
  CHECK(with(8, 1, 1) == parameters{});
  CHECK(!with(7, 1, 8));  // a session id has 16 bytes
  parameters back;
  back.previous_session.emplace().fill(std::byte{9});
  writer written;
  write_parameters(written, back);
  reader in(written.view());
  CHECK(read_parameters(in) == back);

  writer critical;
  critical.u16(0x8000);
  critical.u16(0);
  errc why = errc::malformed_message;
  CHECK(!parse_parameters(critical, &why));
  CHECK(why == errc::unknown_critical_extension);
}

TEST_CASE("an ACCEPT says what became of the previous session", "[handshake]") {
  for (const auto word : {previous_session::gone, previous_session::replaced}) {
    auto message = some_accept();
    message.previous = word;
    auto encoded = message.encode();
    CHECK(accept_message::parse(encoded).value() == message);
    encoded.back() = std::byte{2};
    CHECK(!accept_message::parse(encoded));
  }
}

TEST_CASE("an ACCEPT with an unknown critical extension is refused", "[handshake]") {
  auto encoded = some_accept().encode();
  encoded.resize(encoded.size() - 2);
  writer list;
  list.u16(0x8001);
  list.u16(0);
  writer out;
  out.bytes(encoded);
  out.vec16(list.view());
  CHECK(accept_message::parse(out.view()).error() == errc::unknown_critical_extension);
}

TEST_CASE("the fuzz target holds for valid messages and for what is near them", "[handshake]") {
  std::vector<bytes> corpus = {some_hello(security_level::none).encode(),
                               hello_reply{}.encode(),
                               some_identity().encode(),
                               proof_bytes(),
                               some_accept().encode(),
                               some_claim().encode(),
                               bytes(7),
                               channel_difference_detail({{"a", "x"}, {"c"}})};
  corpus[0].insert(corpus[0].begin(), std::byte{0});
  for (std::size_t i = 1; i < corpus.size(); ++i)
    corpus[i].insert(corpus[i].begin(), static_cast<std::byte>(i));
  corpus.push_back(some_hello(security_level::encrypted).encode());
  corpus.back().insert(corpus.back().begin(), std::byte{0});

  std::mt19937 random(20260101);
  for (const auto& valid : corpus) {
    fuzz_handshake_messages(valid);
    for (int round = 0; round < 3000; ++round) {
      bytes changed = valid;
      for (unsigned flips = 1 + random() % 4; flips > 0; --flips)
        changed[1 + random() % (changed.size() - 1)] = static_cast<std::byte>(random());
      if (random() % 4 == 0) changed.resize(1 + random() % changed.size());
      fuzz_handshake_messages(changed);
    }
  }
}

}  // namespace coseal::test
