#include "handshake/forgery.hpp"
#include "handshake/refusal.hpp"
#include "support/catch.hpp"

#include <coseal/error.hpp>

namespace coseal::test {
namespace {

refusal through_the_wire(const refusal& said) {
  writer out;
  write_refusal(out, said);
  reader in(out.view());
  refusal heard = read_refusal(in);
  CHECK(in.complete());
  return heard;
}

}  // namespace

TEST_CASE("every refusal code survives the wire and names one error", "[handshake]") {
  for (const int code : {1, 2, 3, 4, 5, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28}) {
    refusal said;
    said.code = static_cast<refusal_code>(code);
    CHECK(through_the_wire(said).code == said.code);
    const auto error = to_error(said.code);
    CHECK(error);
    // Another's storage is not ours: it is told as busy.
    if (said.code != refusal_code::unavailable) CHECK(to_refusal(error) == said.code);
  }
}

TEST_CASE("unknown codes are handshake_failed and long waits a minute", "[handshake]") {
  for (const int code : {0, 6, 15, 29, 255}) {
    refusal said;
    said.code = static_cast<refusal_code>(code);
    CHECK(through_the_wire(said).code == refusal_code::handshake_failed);
  }
  refusal busy;
  busy.retry_after = std::chrono::milliseconds(59'999);
  CHECK(through_the_wire(busy).retry_after == std::chrono::milliseconds(59'999));
  busy.retry_after = std::chrono::hours(24 * 365);
  CHECK(through_the_wire(busy).retry_after == std::chrono::milliseconds(60'000));
  const auto loud = refused_record(4, 60'001);
  const auto body = std::span(loud).subspan(record_header::size);
  reader in(body);
  CHECK(read_refusal(in).retry_after == std::chrono::milliseconds(60'000));
}

TEST_CASE("in clear the codes from 16 on and the details are gone", "[handshake]") {
  refusal said;
  said.code = refusal_code::key_changed;
  said.detail.resize(3);
  CHECK(in_clear(said).code == refusal_code::handshake_failed);
  CHECK(in_clear(said).detail.empty());
  said.code = refusal_code::busy;
  CHECK(in_clear(said).code == refusal_code::busy);
}

TEST_CASE("causes without a code of their own are handshake_failed, storage is unavailable", "[handshake]") {
  for (const errc cause : {errc::bad_signature, errc::bad_finished, errc::bad_record_tag,
                           errc::malformed_message, errc::unexpected_record, errc::no_aead_backend})
    CHECK(to_refusal(cause) == refusal_code::handshake_failed);
  CHECK(to_refusal(errc::storage_failed) == refusal_code::unavailable);
  CHECK(to_refusal(errc::storage_corrupt) == refusal_code::unavailable);
}

}  // namespace coseal::test
