#pragma once

#include "bytes/record_header.hpp"
#include "crypto/aead.hpp"
#include "crypto/secret.hpp"

#include <coseal/clock.hpp>
#include <coseal/result.hpp>
#include <coseal/security_level.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace coseal {

/// Turns TRAFFIC records of one direction back into contents, in place and in order. After an error it is
/// dead. One caller at a time.
class opener {
 public:
  virtual ~opener() = default;
  /// The content without tag and padding, never empty. errc::bad_record_tag (the bytes are wiped where they
  /// were decrypted), malformed_record, record_limit.
  virtual result<std::span<std::byte>> open(const record_header& header,
                                            std::span<std::byte> body) noexcept = 0;
  /// On REKEY. errc::rekey_too_often; malformed_record at level none.
  virtual result<void> rekey(clock::time_point now) = 0;
  /// Gives up memory that the next open takes again, and a few microseconds with it.
  virtual void drop_expanded_key() noexcept = 0;
  virtual std::uint64_t epoch() const noexcept = 0;
};

std::unique_ptr<opener> make_clear_opener();
/// `level` is authenticated or encrypted.
std::unique_ptr<opener> make_opener(security_level level, secret32 secret, const aead_backend& backend,
                                    clock::time_point now);

}  // namespace coseal
