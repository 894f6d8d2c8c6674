#pragma once
// shared secret -> handshake_secret (HS) -> handshake_keys (hi, hr) and master_secret (MS) ->
// traffic_secrets. Each stage consumes the one before: a key of a past stage can not be used again, and is
// wiped with the object it stood in.

#include "bytes/record_header.hpp"
#include "crypto/aead.hpp"
#include "crypto/hash.hpp"
#include "crypto/secret.hpp"

#include <coseal/result.hpp>
#include <coseal/security_level.hpp>

#include <span>
#include <utility>

namespace coseal {

/// Which side of the handshake somebody is.
enum class handshake_role { connector, acceptor };

/// The keys that a full handshake leaves behind, from this side's view.
struct traffic_secrets {
  secret32 send;
  secret32 receive;
  secret32 binding;
  secret32 exporter;
};

/// key(hi) or key(hr): seals or opens one thing, with sequence 0 and AAD = header | th.
class one_time_box {
 public:
  one_time_box(secret32 key, const nonce_bytes& iv) noexcept : key_(std::move(key)), iv_(iv) {}

  /// In place. errc::no_aead_backend, self_test_failed.
  result<void> seal(const record_header& header, const digest& th, std::span<std::byte> in_out,
                    tag_span tag) &&;
  /// In place; errc::bad_record_tag, and then the bytes are wiped.
  result<void> open(const record_header& header, const digest& th, std::span<std::byte> in_out,
                    const_tag_span tag) &&;

 private:
  secret32 key_;
  nonce_bytes iv_;
};

/// XL(hi or hr, "finished", ""): makes and checks fin_i or fin_r.
class finished_key {
 public:
  explicit finished_key(secret32 key) noexcept : key_(std::move(key)) {}

  digest mac(const digest& th) const noexcept;
  [[nodiscard]] bool verify(const digest& th, std::span<const std::byte> mac) const noexcept;

 private:
  secret32 key_;
};

/// All that hi or hr is for.
struct side_keys {
  one_time_box box;
  finished_key finished;

  explicit side_keys(const secret32& side) noexcept;

 private:
  explicit side_keys(const hmac_key& side) noexcept;
};

/// MS: waits for TH7.
class master_secret {
 public:
  explicit master_secret(secret32 ms) noexcept : ms_(std::move(ms)) {}

  traffic_secrets into_traffic(handshake_role own, security_level level, const digest& th7) && noexcept;

 private:
  secret32 ms_;
};

struct handshake_keys {
  side_keys connector;
  side_keys acceptor;
  master_secret master;
};

/// HS.
class handshake_secret {
 public:
  /// `shared` is X25519(e_i, e_r).
  explicit handshake_secret(secret32 shared) noexcept;

  handshake_keys into_keys(const digest& th1) && noexcept;

  /// HS itself, for an acceptor that keeps it in a token between two requests.
  secret32 into_secret() && noexcept { return std::move(hs_); }
  static handshake_secret from_secret(secret32 hs) noexcept {
    return handshake_secret(std::move(hs), kept());
  }
  handshake_secret clone() const noexcept { return from_secret(hs_.clone()); }

 private:
  struct kept {};
  handshake_secret(secret32 hs, kept) noexcept : hs_(std::move(hs)) {}

  secret32 hs_;
};

}  // namespace coseal
