#pragma once

#include "bytes/record_header.hpp"
#include "crypto/aead.hpp"
#include "crypto/secret.hpp"

#include <coseal/clock.hpp>
#include <coseal/result.hpp>
#include <coseal/security_level.hpp>
#include <coseal/session_options.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace coseal {

/// Turns contents into TRAFFIC records of one direction, in order. The seam of the three levels; each is a
/// class of its own and `none` is a real one. Errors: errc::record_limit. One caller at a time.
class sealer {
 public:
  virtual ~sealer() = default;

  /// Bytes of a tag behind the content.
  virtual std::size_t overhead() const noexcept = 0;
  /// `record` is header | content | tag room, with the content in place; fills in the rest.
  virtual result<void> seal(std::span<std::byte> record) noexcept = 0;
  /// The same with content = head | payload, where only `head` bytes are in place: the seal is the copy.
  virtual result<void> seal_copy(std::span<std::byte> record, std::size_t head,
                                 std::span<const std::byte> payload) noexcept = 0;
  /// True if seal_gather works: a level whose content travels in clear.
  virtual bool gathers() const noexcept = 0;
  /// `start` is header | head; the payload follows it on the wire from where it lies, then `tag`.
  virtual result<void> seal_gather(std::span<std::byte> start, std::span<const std::byte> payload,
                                   std::span<std::byte> tag) noexcept = 0;
  virtual bool rekey_due(const rekey_limits& limits, clock::time_point now) const noexcept = 0;
  /// After the REKEY record was sealed.
  virtual void rekey(clock::time_point now) = 0;
  /// Gives up memory that the next seal takes again, and a few microseconds with it.
  virtual void drop_expanded_key() noexcept = 0;
  virtual std::uint64_t epoch() const noexcept = 0;
};

std::unique_ptr<sealer> make_clear_sealer();
/// `level` is authenticated or encrypted.
std::unique_ptr<sealer> make_sealer(security_level level, secret32 secret, const aead_backend& backend,
                                    clock::time_point now);

}  // namespace coseal
