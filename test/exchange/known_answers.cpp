#include "crypto/token.hpp"
#include "exchange/request_message.hpp"
#include "exchange/response_message.hpp"
#include "exchange/token_content.hpp"
#include "fuzz/exchange_messages.hpp"
#include "handshake/vector_file.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <random>

using namespace coseal;
using namespace coseal::test;

namespace {

using vector_bytes = std::vector<std::byte>;

vector_bytes from_hex(std::string_view text) {
  const auto digit = [](char c) { return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10); };
  vector_bytes bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<std::byte>(digit(text[i]) << 4 | digit(text[i + 1])));
  return bytes;
}

struct exchange_vectors {
  vector_values values = read_vector_file(std::string(COSEAL_TEST_VECTORS) + "/exchange/messages.txt");

  vector_bytes operator()(const std::string& name) const { return from_hex(values.at(name)); }
  secret32 key(const std::string& name) const {
    const auto bytes = (*this)(name);
    return secret32(std::span<const std::byte, 32>(bytes.data(), 32));
  }
  public_key owner() const {
    public_key pk;
    std::ranges::copy((*this)("pk_r"), pk.bytes.begin());
    return pk;
  }
};

/// As test/exchange/check_vectors.py fills it in.
request_prefix known_prefix(const exchange_vectors& known) {
  request_prefix prefix;
  prefix.token = known("session_token");
  std::ranges::copy(known("boot"), prefix.boot.begin());
  for (std::size_t i = 0; i < 32; ++i) prefix.salt[i] = static_cast<std::byte>(161 + i);
  prefix.time = std::chrono::milliseconds(1700000002345);
  prefix.idempotent = true;
  return prefix;
}

}  // namespace

TEST_CASE("tokens are those of a second implementation", "[exchange]") {
  const exchange_vectors known;
  const auto opened = open_token(known.key("ring_key"), 2, known.owner(), known("session_token")).value();
  CHECK(hex(opened) == known.values.at("session_plaintext"));
  const auto session = session_token::parse(opened).value();
  CHECK(hex(session.encode()) == known.values.at("session_plaintext"));
  CHECK(session.where == coordinate("frontend", "f1"));
  CHECK(session.level == security_level::encrypted);
  CHECK(hex(session.i_ap.view()) == known.values.at("i_ap"));
  CHECK(hex(session.r_ap.view()) == known.values.at("r_ap"));
  CHECK(session.auth_epoch == 3);

  const auto waiting = open_token(known.key("ring_key"), 1, known.owner(), known("handshake_token")).value();
  CHECK(hex(waiting) == known.values.at("handshake_plaintext"));
  auto half_open = handshake_token::parse(waiting).value();
  CHECK(half_open.rest.level == security_level::authenticated);
  CHECK(hex(std::move(half_open).encode()) == known.values.at("handshake_plaintext"));
}

TEST_CASE("requests and responses are those of a second implementation", "[exchange]") {
  const auto level = GENERATE(security_level::authenticated, security_level::encrypted);
  const std::string name(to_string(level));
  const exchange_vectors known;
  request_content content;
  content.within = std::chrono::seconds(30);
  for (const char c : std::string_view("what is asked")) content.body.push_back(static_cast<std::byte>(c));
  const auto request =
      seal_request(known_prefix(known), content.within, content.body, level, known.key("i_ap"), "backend")
          .value();
  CHECK(hex(request) == known.values.at(name + "_request"));
  auto parsed = request_message::parse(request).value();
  const digest hash = parsed.hash();
  const auto opened = std::move(parsed).open(level, known.key("i_ap"), "backend").value();
  CHECK(opened.body == content.body);
  CHECK(opened.within == content.within);

  for (const std::string& each : {name + "_answer", name + "_refusal"}) {
    auto record = known(each);
    const auto said = open_response(record, level, known.key("r_ap"), hash).value();
    message_salt salt;
    for (std::size_t i = 0; i < 32; ++i) salt[i] = static_cast<std::byte>(193 + i);
    CHECK(hex(seal_response(said, salt, level, known.key("r_ap"), hash).value()) == known.values.at(each));
    CHECK(said.accepted.has_value() == each.ends_with("answer"));
  }
}

TEST_CASE("the fuzz target holds for valid messages of calls and for what is near them", "[exchange]") {
  const exchange_vectors known;
  std::vector<vector_bytes> corpus;
  const auto add = [&](int which, vector_bytes bytes) {
    bytes.insert(bytes.begin(), static_cast<std::byte>(which));
    corpus.push_back(std::move(bytes));
  };
  response_content said;
  said.outcome = vector_bytes(10);
  add(0, known("encrypted_request"));
  add(0x80, known("authenticated_request"));
  writer written;
  said.write(written);
  add(1, std::move(written).take());
  add(2, known("encrypted_answer"));
  add(3, known("session_plaintext"));
  add(4, known("handshake_plaintext"));
  std::mt19937 random(20260101);
  for (const auto& valid : corpus) {
    fuzz_exchange_messages(valid);
    for (int round = 0; round < 2000; ++round) {
      vector_bytes changed = valid;
      for (unsigned flips = 1 + random() % 4; flips > 0; --flips)
        changed[1 + random() % (changed.size() - 1)] = static_cast<std::byte>(random());
      if (random() % 4 == 0) changed.resize(1 + random() % changed.size());
      fuzz_exchange_messages(changed);
    }
  }
}
