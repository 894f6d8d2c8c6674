#include "trust/succession.hpp"

#include "support/catch.hpp"

#include <coseal/error.hpp>

using namespace coseal;

namespace {

const coordinate where("backend", "a");

/// Keys 0..n and the statements that lead from each to the next, with serials 1..n.
struct history {
  std::vector<signing_key> keys;
  succession_chain chain;

  explicit history(std::size_t n) {
    keys.push_back(signing_key::generate());
    for (std::size_t i = 0; i < n; ++i) {
      keys.push_back(signing_key::generate());
      chain.push_back(sign_succession(keys[i], keys[i + 1].public_part(), where, i + 1));
    }
  }
  const public_key& key(std::size_t i) const { return keys[i].public_part(); }
  auto follow(std::size_t pinned, std::uint64_t serial, std::size_t shown) const {
    return follow_succession(chain, key(pinned), serial, key(shown), where);
  }
};

}  // namespace

TEST_CASE("a succession leads from any key of the chain to the last", "[trust]") {
  const history h(max_succession);
  for (std::size_t pinned = 0; pinned < max_succession; ++pinned) {
    CHECK(h.follow(pinned, pinned, max_succession).value() == max_succession);
    CHECK(h.follow(pinned, 0, max_succession).value() == max_succession);
  }
}

TEST_CASE("a succession that does not start at the pin is a changed key", "[trust]") {
  const history h(2);
  const auto stranger = signing_key::generate().public_part();
  CHECK(follow_succession(h.chain, stranger, 0, h.key(2), where).error() == errc::key_changed);
  CHECK(follow_succession({}, h.key(0), 0, h.key(1), where).error() == errc::key_changed);
  CHECK(h.follow(2, 2, 0).error() == errc::key_changed);  // back to an old key
}

TEST_CASE("a succession must end at the key shown", "[trust]") {
  const history h(3);
  CHECK(h.follow(0, 0, 1).error() == errc::bad_succession);
  CHECK(follow_succession(h.chain, h.key(0), 0, signing_key::generate().public_part(), where).error() ==
        errc::bad_succession);
}

TEST_CASE("a succession must rise above the pinned serial and within itself", "[trust]") {
  history h(3);
  CHECK(h.follow(1, 1, 3));
  CHECK(h.follow(1, 2, 3).error() == errc::bad_succession);
  CHECK(h.follow(1, 9, 3).error() == errc::bad_succession);
  h.chain[2] = sign_succession(h.keys[2], h.key(3), where, 2);
  CHECK(h.follow(0, 0, 3).error() == errc::bad_succession);
}

TEST_CASE("a succession is bound to its coordinate", "[trust]") {
  const history h(2);
  for (const auto& other : {coordinate("backend", "b"), coordinate("backend"), coordinate("frontend", "a")})
    CHECK(follow_succession(h.chain, h.key(0), 0, h.key(2), other).error() == errc::bad_succession);
}

TEST_CASE("every byte of a statement on the way is signed", "[trust]") {
  const history good(2);
  for (int field = 0; field < 4; ++field) {
    history h(2);
    auto& statement = h.chain[1];
    if (field == 0) statement.signature[0] ^= std::byte{1};
    if (field == 1) statement.serial = 7;
    if (field == 2) statement.where = coordinate("backend", "b");
    if (field == 3) statement.next = good.key(2);
    CHECK(follow_succession(h.chain, h.key(0), 0, statement.next, where).error() == errc::bad_succession);
  }
}

TEST_CASE("a chain that is broken or too long is refused", "[trust]") {
  history broken(3);
  broken.chain.erase(broken.chain.begin() + 1);
  CHECK(broken.follow(0, 0, 3).error() == errc::bad_succession);
  CHECK(broken.follow(2, 0, 3).error() == errc::bad_succession);
  const history longer(max_succession + 1);
  CHECK(longer.follow(1, 0, max_succession + 1).error() == errc::bad_succession);
}

TEST_CASE("the signed bytes of a statement are those of the protocol", "[trust]") {
  const history h(1);
  writer out;
  for (int i = 0; i < 64; ++i) out.u8(0x20);
  out.text("coseal/1 succession");
  out.u8(0);
  out.bytes(h.key(0).bytes);
  out.bytes(h.key(1).bytes);
  out.u8(7);
  out.text("backend");
  out.u8(1);
  out.text("a");
  out.u64(1);
  CHECK(verify_signature(h.key(0), out.view(), h.chain[0].signature));
}

TEST_CASE("successions are read as they were written", "[trust]") {
  for (const std::size_t n : {std::size_t{0}, std::size_t{1}, max_succession}) {
    const history h(n);
    writer out;
    write_succession(out, h.chain);
    reader in(out.view());
    const auto chain = read_succession(in);
    CHECK(in.complete());
    REQUIRE(chain.size() == n);
    if (n > 0) CHECK(follow_succession(chain, h.key(0), 0, h.key(n), where).value() == n);

    for (std::size_t cut = 0; cut < out.size(); ++cut) {
      reader shorter(out.view().first(cut));
      CHECK(read_succession(shorter).empty());
      CHECK(shorter.failed());
    }
  }
  const history longer(max_succession + 1);
  writer out;
  write_succession(out, longer.chain);
  reader in(out.view());
  read_succession(in);
  CHECK(in.failed());
}

TEST_CASE("coordinates are read as they were written and refused otherwise", "[trust]") {
  const auto round = [](const coordinate& c, bool allow_empty) {
    writer out;
    write_coordinate(out, c);
    reader in(out.view());
    const auto read = read_coordinate(in, allow_empty);
    return in.complete() && read == c;
  };
  CHECK(round(coordinate("backend"), false));
  CHECK(round(coordinate("A-z0.9_", std::string(64, 'x')), false));
  CHECK(round(coordinate(), true));
  CHECK(!round(coordinate(), false));

  const auto refused = [](std::string_view environment, std::string_view instance) {
    writer out;
    out.vec8(environment);
    out.vec8(instance);
    reader in(out.view());
    return read_coordinate(in, true).empty() && in.failed();
  };
  CHECK(refused("", "instance"));
  CHECK(refused("back/end", ""));
  CHECK(refused("backend", "a b"));
  CHECK(refused("backend", std::string_view("\0", 1)));
  CHECK(refused("b\xc3\xa4", ""));
  CHECK(refused(std::string(65, 'e'), ""));
  CHECK(refused("backend", std::string(65, 'i')));
}
