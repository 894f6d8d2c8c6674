#include "handshake/forgery.hpp"

#include "crypto/random.hpp"
#include "support/catch.hpp"

#include <string_view>

namespace coseal::test {
namespace {

/// sig over th, by docs/protocol.md section 4.
signature_bytes sign(const signing_key& key, handshake_role role, const digest& th) {
  writer message;
  message.text(std::string(64, ' '));
  message.text(role == handshake_role::acceptor ? "coseal/1 acceptor handshake"
                                                : "coseal/1 connector handshake");
  message.u8(0);
  message.bytes(th);
  return key.sign(message.view());
}

handshake_role other(handshake_role role) {
  return role == handshake_role::acceptor ? handshake_role::connector : handshake_role::acceptor;
}

std::vector<std::byte> seal(const forgery& lie, record_kind kind, handshake_role role,
                            std::span<const std::byte> clear, transcript& said, side_keys keys) {
  const digest aad = said.value();
  auto identity = lie.identity.encode();
  lie.change_identity(identity);
  const auto signing_role = lie.sign_as_the_other_role ? other(role) : role;
  const auto signature = sign(lie.signer, signing_role, said.add(identity));
  digest finished = keys.finished.mac(said.add(signature));
  if (lie.wrong_finished) finished[0] ^= std::byte{1};
  said.append(finished);
  writer content;
  content.bytes(identity);
  content.bytes(signature);
  content.bytes(finished);
  auto plaintext = std::move(content).take();
  lie.change_plaintext(plaintext);

  std::vector<std::byte> body(clear.begin(), clear.end());
  body.insert(body.end(), plaintext.begin(), plaintext.end());
  body.resize(body.size() + tag_size);
  const record_header header{static_cast<std::uint32_t>(body.size()), kind, 0, 0};
  const auto box = std::span(body).subspan(clear.size());
  const auto sealed =
      std::move(keys.box).seal(header, aad, box.first(plaintext.size()), box.last<tag_size>());
  REQUIRE(sealed);
  return record_of(kind, body);
}

void note_abort(forgery& lie, handshake_record& record, const digest& th4, side_keys keys) {
  lie.answer_kind = record.header.kind;
  if (record.header.kind != record_kind::abort) return;
  const std::span<std::byte> body(record.body);
  const auto content = body.first(body.size() - tag_size);
  const auto opened = std::move(keys.box).open(record.header, th4, content, body.last<tag_size>());
  REQUIRE(opened);
  reader in(content);
  lie.answer = read_refusal(in);
  REQUIRE(in.complete());
}

task<void> be_acceptor(handshake_link& link, std::shared_ptr<forgery> lie) {
  auto first = co_await link.receive();
  REQUIRE(first);
  const auto m1 = hello::parse(first->body);
  REQUIRE(m1);
  auto ephemeral = ephemeral_key::generate();
  hello_reply m2;
  m2.level = static_cast<std::uint8_t>(m1->level);
  m2.channel = version_of(channel_definition{});
  m2.share = ephemeral.share();
  m2.random = random_array<32>();
  lie->change_reply(m2);
  const auto clear = m2.encode();
  auto shared = std::move(ephemeral).agree(m1->share);
  REQUIRE(shared);
  transcript said(carrier_kind::duplex);
  said.append(first->body);
  auto keys = handshake_secret(*std::move(shared)).into_keys(said.add(clear));
  auto record =
      seal(*lie, record_kind::hello_reply, handshake_role::acceptor, clear, said, std::move(keys.acceptor));
  (void)co_await link.send(std::move(record));
  auto answer = co_await link.receive();
  if (answer) note_abort(*lie, *answer, said.value(), std::move(keys.connector));
}

task<void> be_connector(handshake_link& link, std::shared_ptr<forgery> lie, security_level level) {
  auto ephemeral = ephemeral_key::generate();
  hello m1;
  m1.level = level;
  m1.share = ephemeral.share();
  m1.random = random_array<32>();
  m1.channel = version_of(channel_definition{});
  m1.wanted = coordinate("backend");
  lie->change_hello(m1);
  const auto m1_body = m1.encode();
  auto hello_bytes = record_of(record_kind::hello, m1_body);
  (void)co_await link.send(std::move(hello_bytes));

  auto record = co_await link.receive();
  if (record && record->header.kind == record_kind::hello_reply) {
    const auto clear = std::span<std::byte>(record->body).first<hello_reply::size>();
    const auto m2 = hello_reply::parse(clear);
    REQUIRE(m2);
    auto shared = std::move(ephemeral).agree(m2->share);
    REQUIRE(shared);
    transcript said(carrier_kind::duplex);
    said.append(m1_body);
    auto keys = handshake_secret(*std::move(shared)).into_keys(said.add(clear));
    const auto opened =
        opened_identity::open(record->header, std::span<std::byte>(record->body).subspan(hello_reply::size),
                              said, std::move(keys.acceptor));
    REQUIRE(opened);
    auto m3 = seal(*lie, record_kind::finish, handshake_role::connector, {}, said, std::move(keys.connector));
    (void)co_await link.send(std::move(m3));
    record = co_await link.receive();
  }
  if (!record) co_return;
  lie->answer_kind = record->header.kind;
  if (record->header.kind != record_kind::refused) co_return;
  reader in(record->body);
  lie->answer = read_refusal(in);
  REQUIRE(in.complete());
}

task<void> say(handshake_link& link, std::vector<std::byte> record) {
  (void)co_await link.receive();
  (void)co_await link.send(std::move(record));
}

}  // namespace

forgery::forgery(coordinate where) {
  identity.key = signer.public_part();
  identity.where = std::move(where);
}

role_on_link forged_acceptor(std::shared_ptr<forgery> lie) {
  return [lie](handshake_link& link) { return be_acceptor(link, lie); };
}

role_on_link forged_connector(std::shared_ptr<forgery> lie, security_level level) {
  return [lie, level](handshake_link& link) { return be_connector(link, lie, level); };
}

role_on_link acceptor_that_says(std::vector<std::byte> record) {
  return [record](handshake_link& link) { return say(link, record); };
}

std::vector<std::byte> record_of(record_kind kind, std::span<const std::byte> body) {
  writer out;
  out.bytes(record_header{static_cast<std::uint32_t>(body.size()), kind, 0, 0}.bytes());
  out.bytes(body);
  return std::move(out).take();
}

std::vector<std::byte> refused_record(std::uint8_t code, std::uint32_t retry_after, std::size_t detail) {
  writer body;
  body.u8(code);
  body.u32(retry_after);
  body.vec16(std::vector<std::byte>(detail));
  return record_of(record_kind::refused, body.view());
}

}  // namespace coseal::test
