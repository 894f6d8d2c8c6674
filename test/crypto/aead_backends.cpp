#include "crypto/aead_backends.hpp"

#include "crypto/self_test.hpp"
#include "support/catch.hpp"

#include <coseal/error.hpp>

#include <cstdlib>
#include <functional>
#include <string>

using namespace coseal;
using Catch::Matchers::Contains;

namespace {

enum class flaw {
  none,
  accepts_forgeries,
  keeps_forged_bytes,
  wrong_tag,
  wrong_seal_after,
  wrong_mac,
  wrong_long_seal
};

/// A correct key with one flaw.
class flawed_key final : public aead_key {
 public:
  flawed_key(std::unique_ptr<aead_key> key, flaw kind) : key_(std::move(key)), flaw_(kind) {}

  void seal(const nonce_bytes& nonce, std::span<const std::byte> aad, std::span<const std::byte> in,
            std::byte* out, tag_span tag) noexcept override {
    key_->seal(nonce, aad, in, out, tag);
    if (flaw_ == flaw::wrong_tag || (flaw_ == flaw::wrong_long_seal && in.size() > 1024))
      tag[3] ^= std::byte{1};
  }
  void seal_after(const nonce_bytes& nonce, std::span<const std::byte> aad, std::span<std::byte> head,
                  std::span<const std::byte> in, tag_span tag) noexcept override {
    key_->seal_after(nonce, aad, head, in, tag);
    if (flaw_ == flaw::wrong_seal_after) head[0] ^= std::byte{1};
  }
  bool open(const nonce_bytes& nonce, std::span<const std::byte> aad, std::span<std::byte> in_out,
            const_tag_span tag) noexcept override {
    const bool good = key_->open(nonce, aad, in_out, tag);
    if (!good && flaw_ == flaw::keeps_forged_bytes) in_out.back() = std::byte{1};
    return good || flaw_ == flaw::accepts_forgeries;
  }
  void mac(const nonce_bytes& nonce, std::span<const std::byte> a, std::span<const std::byte> b,
           tag_span tag) noexcept override {
    key_->mac(nonce, a, b, tag);
    if (flaw_ == flaw::wrong_mac) tag[0] ^= std::byte{1};
  }

 private:
  std::unique_ptr<aead_key> key_;
  flaw flaw_;
};

class flawed_backend final : public aead_backend {
 public:
  explicit flawed_backend(flaw kind) : flaw_(kind) {}
  std::string_view name() const noexcept override { return "flawed"; }
  bool constant_time() const noexcept override { return true; }
  std::unique_ptr<aead_key> expand(std::span<const std::byte, 32> key) const override {
    return std::make_unique<flawed_key>(usable_aead_backends().front()->expand(key), flaw_);
  }

 private:
  flaw flaw_;
};

}  // namespace

TEST_CASE("the self-test of a backend finds each kind of flaw", "[crypto]") {
  REQUIRE(aead_self_test(flawed_backend(flaw::none)));
  for (const auto kind : {flaw::accepts_forgeries, flaw::keeps_forged_bytes, flaw::wrong_tag,
                          flaw::wrong_seal_after, flaw::wrong_mac, flaw::wrong_long_seal}) {
    CAPTURE(static_cast<int>(kind));
    REQUIRE_FALSE(aead_self_test(flawed_backend(kind)));
  }
}

TEST_CASE("the primitives pass their known answers", "[crypto]") {
  REQUIRE(crypto_self_test());
}

TEST_CASE("without a name the first usable backend is chosen", "[crypto]") {
  REQUIRE(choose_aead_backend("").value() == usable_aead_backends().front());
}

TEST_CASE("a backend is found by its name", "[crypto]") {
  for (const aead_backend* backend : usable_aead_backends()) {
    REQUIRE(find_aead_backend(backend->name()).value() == backend);
    REQUIRE(choose_aead_backend(backend->name()).value() == backend);
  }
}

TEST_CASE("an unknown backend is an error and not a fallback", "[crypto]") {
  for (const auto name : {"nonsense", "libsodiu", "libsodium ", "LIBSODIUM"}) {
    REQUIRE(choose_aead_backend(name).error() == errc::no_aead_backend);
    REQUIRE(find_aead_backend(name).error() == errc::no_aead_backend);
  }
}

TEST_CASE("the explanation names every backend and how to force one", "[crypto]") {
  for (const auto word : {"ipsec-mb", "libsodium", "wolfssl", "COSEAL_AEAD"})
    REQUIRE_THAT(explain_aead_backends(), Contains(word));
}

TEST_CASE("COSEAL_AEAD decides what the default backend is", "[crypto][forced]") {
  const char* variable = std::getenv("COSEAL_AEAD");
  const std::string forced = variable != nullptr ? variable : "";
  const auto wanted = choose_aead_backend(forced);
  const auto chosen = default_aead_backend();
  REQUIRE(chosen.error() == wanted.error());
  if (wanted) REQUIRE(*chosen == *wanted);
  if (wanted && !forced.empty()) REQUIRE((*chosen)->name() == forced);
  if (wanted.error() == errc::no_aead_backend && !forced.empty())
    REQUIRE_THAT(explain_aead_backends(), Contains("COSEAL_AEAD=" + forced + " names none"));
}
