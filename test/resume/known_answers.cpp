// RESUME and RESUME_ACK with fixed keys against test/vectors/resume, which check_vectors.py computes from the
// text of the protocol.
#include "handshake/vector_file.hpp"
#include "resume/answerer_steps.hpp"
#include "resume/resume_keys.hpp"
#include "support/catch.hpp"

namespace coseal::test {
namespace {

using resume_bytes = std::vector<std::byte>;

resume_bytes from_hex(const std::string& text) {
  resume_bytes out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    out.push_back(static_cast<std::byte>(std::stoi(text.substr(i, 2), nullptr, 16)));
  return out;
}

std::array<std::byte, 32> array_of(const std::string& text) {
  return reader(from_hex(text)).array<32>();
}

session_terms terms_in(const resume_bytes& written) {
  reader in(written);
  session_terms terms = read_terms(in);
  REQUIRE(in.complete());
  writer again;
  write_terms(again, terms);
  CHECK(std::ranges::equal(again.view(), written));
  return terms;
}

void check_keys(const resumed_session& got, bool connector, vector_values& v) {
  CHECK(hex(got.secrets.send.view()) == v[connector ? "i_ap" : "r_ap"]);
  CHECK(hex(got.secrets.receive.view()) == v[connector ? "r_ap" : "i_ap"]);
  CHECK(hex(got.secrets.exporter.view()) == v["exp"]);
  CHECK(hex(got.next.binding.view()) == v["binding"]);
  CHECK(got.next.generation == 8);
}

}  // namespace

TEST_CASE("resuming with fixed keys gives the recorded bytes and secrets", "[resume]") {
  const std::string level = GENERATE("authenticated", "encrypted");
  auto v = read_vector_file(std::string(COSEAL_TEST_VECTORS) + "/resume/" + level + ".txt");
  const auto written = from_hex(v["terms"]);
  own_randomness of_i(ephemeral_key::of_scalar(array_of(v["scalar_i"])), array_of(v["salt_i"]));
  own_randomness of_r(ephemeral_key::of_scalar(array_of(v["scalar_r"])), array_of(v["salt_r"]));

  resumable_session from;
  from.terms = terms_in(written);
  from.ticket = from_hex(v["ticket"]);
  resume_offer offer(from, of_i);
  const auto resume = offer.record();
  CHECK(hex(resume) == v["RESUME"]);

  auto proved = resume_claim(terms_in(written), resume_bytes(resume.begin() + 8, resume.end())).verify();
  REQUIRE(proved);
  auto answer = std::move(*proved).answer(of_r);
  REQUIRE(answer);
  CHECK(hex(answer->record) == v["RESUME_ACK"]);
  check_keys(answer->session, false, v);

  auto resumed = std::move(offer).answer(std::span(answer->record).subspan(8));
  REQUIRE(resumed);
  check_keys(*resumed, true, v);
}

}  // namespace coseal::test
