#include "handshake/channel_version.hpp"

#include "support/catch.hpp"

namespace coseal::test {
namespace {

using Catch::Matchers::Contains;

channel_definition to_acceptor(std::vector<std::string> texts) {
  channel_definition channel;
  channel.to_acceptor = std::move(texts);
  return channel;
}

digest hash(std::initializer_list<std::span<const std::byte>> pieces) {
  sha256 h;
  for (const auto piece : pieces) h.update(piece);
  return h.value();
}

std::span<const std::byte> text(std::string_view t) {
  return std::as_bytes(std::span(t));
}

}  // namespace

TEST_CASE("a direction's hash is the chain of the protocol text", "[handshake]") {
  const std::byte two[] = {std::byte{0}, std::byte{0}, std::byte{0}, std::byte{2}};
  const std::byte one[] = {std::byte{0}, std::byte{0}, std::byte{0}, std::byte{1}};
  const digest h0 = hash({text("coseal/1 channel")});
  const digest h1 = hash({h0, two, text("ab")});
  const digest h2 = hash({h1, one, text("c")});
  const auto version = version_of(to_acceptor({"ab", "c"}));
  CHECK(version.to_acceptor.count == 2);
  CHECK(version.to_acceptor.hash == h2);
  CHECK(version.to_connector.count == 0);
  CHECK(version.to_connector.hash == h0);
}

TEST_CASE("appending keeps two channels in agreement, anything else does not", "[handshake]") {
  const auto own = to_acceptor({"a", "b"});
  CHECK(agrees(own, version_of(to_acceptor({}))));
  CHECK(agrees(own, version_of(to_acceptor({"a"}))));
  CHECK(agrees(own, version_of(to_acceptor({"a", "b"}))));
  CHECK(agrees(own, version_of(to_acceptor({"a", "b", "c"}))));
  CHECK(!agrees(own, version_of(to_acceptor({"b", "a"}))));
  CHECK(!agrees(own, version_of(to_acceptor({"b"}))));
  CHECK(!agrees(own, version_of(to_acceptor({"ab"}))));
  // Only the longer side can tell.
  CHECK(agrees(to_acceptor({"b"}), version_of(own)));
  channel_definition pushes;
  pushes.to_connector = {"a", "b"};
  CHECK(agrees(own, version_of(pushes)));
  pushes.to_acceptor = {"x"};
  CHECK(!agrees(own, version_of(pushes)));
}

TEST_CASE("a difference is named by direction, position and own text", "[handshake]") {
  channel_definition own{{"a", "b"}, {"n"}};
  const channel_definition peer{{"a", "c"}, {"m", "n"}};
  CHECK(explain_channel_difference(own, channel_difference_detail(peer)) ==
        "the channel definitions of the two sides differ: to_acceptor differs first at position 2, which is "
        "\"b\" "
        "here; to_connector differs first at position 1, which is \"n\" here");
  CHECK_THAT(explain_channel_difference(own, channel_difference_detail(own)),
             Contains("behind the positions"));
  CHECK_THAT(explain_channel_difference(own, std::span<const std::byte>{}), Contains("did not say where"));
  const std::byte odd[] = {std::byte{0}, std::byte{9}, std::byte{1}};
  CHECK_THAT(explain_channel_difference(own, odd), Contains("did not say where"));
}

TEST_CASE("a detail is cut to fit and shared by both directions", "[handshake]") {
  const std::vector<std::string> many(1000, "x");
  const auto size = [](const channel_definition& c, std::size_t limit) {
    return channel_difference_detail(c, limit).size();
  };
  for (const auto limit : {traffic_detail_limit, abort_detail_limit}) {
    const std::size_t room = (limit - 4) / 8;
    CHECK(size({many, many}, limit) == 4 + 8 * room);
    CHECK(size({many, {}}, limit) == 4 + 8 * room);
    CHECK(size({{}, many}, limit) == 4 + 8 * room);
    CHECK(size({many, {"a", "b"}}, limit) == 4 + 8 * room);
    CHECK(size({{"a"}, {"b", "c"}}, limit) == 4 + 8 * 3);
  }
  // The second direction is not crowded out.
  const channel_definition peer{many, {"a", "b"}};
  CHECK_THAT(explain_channel_difference({many, {"a", "c"}}, channel_difference_detail(peer)),
             Contains("to_connector differs first at position 2"));
}

}  // namespace coseal::test
