#include "crypto/token.hpp"
#include "fuzz/resume_messages.hpp"
#include "resume/answerer_steps.hpp"
#include "resume/resume_keys.hpp"
#include "resume/ticket_box.hpp"
#include "support/await.hpp"
#include "support/catch.hpp"
#include "trust/identity_store.hpp"

#include <coseal/error.hpp>

#include <random>

namespace coseal::test {
namespace {

using step_bytes = std::vector<std::byte>;

session_terms some_terms(std::uint8_t seed = 1) {
  session_terms terms;
  terms.id.fill(std::byte{seed});
  terms.level = security_level::authenticated;
  terms.generation = 3;
  std::ranges::fill(terms.binding.writable(), std::byte{seed});
  terms.connector_key.bytes.fill(std::byte{4});
  terms.acceptor_key.bytes.fill(std::byte{5});
  terms.connector = coordinate("frontend", "one");
  terms.acceptor = coordinate("backend", "main");
  terms.created = std::chrono::milliseconds(1'700'000'000'000);
  terms.renew(terms.created);
  return terms;
}

resumable_session some_session(std::uint8_t seed = 1) {
  resumable_session from;
  from.terms = some_terms(seed);
  from.wanted = coordinate("backend");
  from.ticket = step_bytes(400, std::byte{7});
  return from;
}

step_bytes body_of(const step_bytes& record) {
  return step_bytes(record.begin() + record_header::size, record.end());
}

result<resume_answer> answer_to(const resume_offer& offer) {
  auto proved = resume_claim(some_terms(), body_of(offer.record())).verify();
  if (!proved) return proved.error();
  own_randomness fresh;
  return std::move(*proved).answer(fresh);
}

std::shared_ptr<endpoint::state> some_endpoint(std::shared_ptr<storage> store = memory_storage()) {
  return std::make_shared<endpoint::state>(coordinate("backend", "main"), std::move(store),
                                           identity_mode::create_if_missing, trust_options());
}

}  // namespace

TEST_CASE("every byte of RESUME counts", "[resume]") {
  own_randomness fresh;
  const resume_offer offer(some_session(), fresh);
  const auto good = body_of(offer.record());
  REQUIRE(resume_claim(some_terms(), good).verify());
  for (std::size_t at = 0; at < good.size(); ++at) {
    INFO(at);
    auto bad = good;
    bad[at] ^= std::byte{0x40};
    CHECK(!resume_claim(some_terms(), bad).verify());
  }
  for (std::size_t n = 0; n < good.size(); ++n) {
    INFO(n);
    CHECK(!resume_claim(some_terms(), step_bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(n)))
               .verify());
  }
}

TEST_CASE("every byte of RESUME_ACK counts", "[resume]") {
  own_randomness fresh;
  const resume_offer first(some_session(), fresh);
  const auto good = body_of(answer_to(first)->record);
  // The flips are tried on offers of their own, each of which has one answer only.
  for (std::size_t at = 0; at < good.size(); ++at) {
    INFO(at);
    resume_offer offer(some_session(), fresh);
    auto bad = body_of(answer_to(offer)->record);
    bad[at] ^= std::byte{0x04};
    CHECK(!std::move(offer).answer(bad));
  }
  resume_offer other(some_session(), fresh);
  CHECK(std::move(other).answer(good).error() == errc::bad_finished);  // the answer to another RESUME
}

TEST_CASE("a RESUME is for one level and one generation", "[resume]") {
  own_randomness fresh;
  const resume_offer offer(some_session(), fresh);
  auto terms = some_terms();
  terms.level = security_level::encrypted;
  CHECK(resume_claim(std::move(terms), body_of(offer.record())).verify().error() == errc::level_changed);
  terms = some_terms();
  ++terms.generation;
  CHECK(resume_claim(std::move(terms), body_of(offer.record())).verify().error() == errc::session_expired);
  CHECK(resume_claim(some_terms(2), body_of(offer.record())).verify().error() == errc::bad_finished);
}

TEST_CASE("shares of small order and our own are refused", "[resume]") {
  own_randomness fresh;
  resume_offer offer(some_session(), fresh);
  const auto own = received_resume::parse(body_of(offer.record()))->message.share;
  const auto with_share = [](const key_share& share) {
    resume_ack ack;
    ack.share = share;
    auto body = ack.encode();
    body.resize(body.size() + 32);
    return body;
  };
  SECTION("the answer reflects it") {
    CHECK(std::move(offer).answer(with_share(own)).error() == errc::bad_key_share);
  }
  SECTION("the answer is of small order") {
    CHECK(std::move(offer).answer(with_share(key_share{})).error() == errc::bad_key_share);
  }
  SECTION("the offer is of small order") {
    resume_message message;
    message.level = 1;
    message.generation = 3;
    message.ticket = step_bytes(10);
    auto body = message.encode();
    const digest binder = binder_key(some_terms()).mac(body);
    body.insert(body.end(), binder.begin(), binder.end());
    auto proved = resume_claim(some_terms(), body).verify();
    REQUIRE(proved);
    CHECK(std::move(*proved).answer(fresh).error() == errc::bad_key_share);
  }
}

TEST_CASE("both sides have the same keys, and others each time", "[resume]") {
  own_randomness fresh;
  secret32 before;
  for (int i = 0; i < 2; ++i) {
    resume_offer offer(some_session(), fresh);
    auto answer = answer_to(offer);
    REQUIRE(answer);
    auto resumed = std::move(offer).answer(body_of(answer->record));
    REQUIRE(resumed);
    CHECK(equal_constant_time(resumed->secrets.send.view(), answer->session.secrets.receive.view()));
    CHECK(equal_constant_time(resumed->secrets.receive.view(), answer->session.secrets.send.view()));
    CHECK(equal_constant_time(resumed->next.binding.view(), answer->session.next.binding.view()));
    CHECK(!equal_constant_time(resumed->secrets.send.view(), resumed->secrets.receive.view()));
    CHECK(!equal_constant_time(resumed->secrets.send.view(), before.view()));
    before = std::move(resumed->secrets.send);
    CHECK(resumed->next.generation == 4);
  }
}

TEST_CASE("a ticket opens for its maker alone, and only whole", "[resume]") {
  const auto self = some_endpoint();
  const auto own = *await(self->identity());
  const auto sealed = [&] { return *await(ticket_box(self).seal(own, some_terms())); };
  const auto ticket = sealed();
  CHECK(ticket.size() <= longest_ticket);
  const auto opened = await(ticket_box(self).open(ticket));
  REQUIRE(opened);
  writer a, b;
  write_terms(a, *opened);
  write_terms(b, some_terms());
  CHECK(std::ranges::equal(a.view(), b.view()));

  for (std::size_t at = 0; at < ticket.size(); ++at) {
    INFO(at);
    auto bad = ticket;
    bad[at] ^= std::byte{0x10};
    CHECK(!await(ticket_box(self).open(bad)));
  }
  CHECK(!await(ticket_box(some_endpoint()).open(ticket)));
  // A token of another type under the same ring.
  const auto& key = own->ticket_ring.current();
  const auto typed = seal_token(key.key, key.id, 2, own->key.public_part(), step_bytes(10));
  CHECK(await(ticket_box(self).open(typed)).error() == errc::malformed_message);
}

TEST_CASE("the longest terms make a ticket that a RESUME has room for", "[resume]") {
  const std::string longest(64, 'x');
  auto from = some_session();
  from.terms.connector = coordinate(longest, longest);
  from.terms.acceptor = coordinate(longest, longest);
  writer plaintext;
  write_terms(plaintext, from.terms);
  CHECK(plaintext.size() <= longest_terms);
  const auto self = some_endpoint();
  const auto own = *await(self->identity());
  from.ticket = *await(ticket_box(self).seal(own, std::move(from.terms)));
  CHECK(from.ticket.size() <= longest_ticket);
  from.terms = some_terms();
  own_randomness fresh;
  CHECK(resume_offer(from, fresh).record().size() - record_header::size <=
        handshake_limit(record_kind::resume));
}

TEST_CASE("a ring that nobody has rolled is rolled when a ticket is made", "[resume]") {
  auto now = std::chrono::system_clock::now();
  trust_clock clock;
  clock.system = [&now] { return now; };
  const auto store = memory_storage();
  const auto self = std::make_shared<endpoint::state>(
      coordinate("backend"), store, identity_mode::create_if_missing, trust_options(), clock);
  const auto own = *await(self->identity());
  const auto before = own->ticket_ring.current().id;
  now += std::chrono::hours(25);
  static_cast<void>(await(ticket_box(self).seal(own, some_terms())));
  const auto stored = await(read_identity(store));
  REQUIRE(stored);
  CHECK((*stored)->document.ticket_ring.current().id == before + 1);
}

TEST_CASE("what is kept of a session is read back, and nothing else is", "[resume]") {
  const auto kept = some_session().encode();
  const auto back = resumable_session::parse(kept);
  REQUIRE(back);
  CHECK(std::ranges::equal(back->encode().bytes(), kept.bytes()));
  const step_bytes whole(kept.bytes().begin(), kept.bytes().end());
  for (std::size_t n = 0; n < whole.size(); ++n)
    CHECK(!resumable_session::parse(
        session_binding(step_bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)))));
}

TEST_CASE("the fuzz target for resuming holds on messages and on noise", "[resume]") {
  own_randomness fresh;
  resume_offer offer(some_session(), fresh);
  std::vector<step_bytes> seeds{body_of(offer.record()), body_of(answer_to(offer)->record)};
  const auto kept = some_session().encode();
  seeds.emplace_back(kept.bytes().begin(), kept.bytes().end());
  writer terms;
  write_terms(terms, some_terms());
  seeds.push_back(std::move(terms).take());
  std::minstd_rand random(1);
  for (const auto& seed : seeds)
    for (int which = 0; which < 4; ++which)
      for (int i = 0; i < 200; ++i) {
        step_bytes input{static_cast<std::byte>(which)};
        input.insert(input.end(), seed.begin(), seed.end());
        if (i != 0) input[1 + random() % seed.size()] ^= static_cast<std::byte>(random());
        if (i % 3 == 2) input.resize(1 + random() % input.size());
        fuzz_resume_messages(input);
      }
}

}  // namespace coseal::test
