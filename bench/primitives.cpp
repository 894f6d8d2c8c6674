#include "primitives.hpp"

#include <sodium.h>

#include <array>
#include <stdexcept>

namespace coseal::bench {
namespace {

using bytes32 = std::array<unsigned char, 32>;

struct agreeing_side {
  bytes32 scalar, share, agreed;

  void make_share() {
    randombytes_buf(scalar.data(), scalar.size());
    crypto_scalarmult_curve25519_base(share.data(), scalar.data());
  }
  bool agree(const bytes32& other) {
    return crypto_scalarmult_curve25519(agreed.data(), scalar.data(), other.data()) == 0;
  }
};

struct signing_side {
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> open;
  std::array<unsigned char, crypto_sign_SECRETKEYBYTES> closed;
  std::array<unsigned char, crypto_sign_BYTES> signature;
  std::array<unsigned char, 130> text{};  // what a handshake signs: padding, label, transcript hash

  signing_side() { crypto_sign_keypair(open.data(), closed.data()); }
  void sign() { crypto_sign_detached(signature.data(), nullptr, text.data(), text.size(), closed.data()); }
  bool verify() const {
    return crypto_sign_verify_detached(signature.data(), text.data(), text.size(), open.data()) == 0;
  }
};

}  // namespace

run_result handshake_primitives(std::chrono::nanoseconds length, time_kind time) {
  if (sodium_init() < 0) throw std::runtime_error("libsodium does not start");
  signing_side signers[2];
  agreeing_side a, b;
  const auto began = time_now(time);
  auto now = began;
  std::size_t handshakes = 0;
  for (; now - began < length; now = time_now(time), ++handshakes) {
    a.make_share();
    b.make_share();
    bool good = a.agree(b.share) && b.agree(a.share) && a.agreed == b.agreed;
    for (auto& signer : signers) {
      signer.text[0] = static_cast<unsigned char>(handshakes);
      signer.sign();
      good = good && signer.verify();
    }
    if (!good) throw std::runtime_error("the primitives' floor gives wrong results");
  }
  run_result r;
  r.rate = static_cast<double>(handshakes) / std::chrono::duration<double>(now - began).count();
  r.p50_us = 1e6 / r.rate;
  return r;
}

}  // namespace coseal::bench
