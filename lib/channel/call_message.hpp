#pragma once
// What frames say once both ends speak a channel; docs/protocol.md section "Calls". Pure: bytes in, fields
// out.

#include <coseal/result.hpp>
#include <coseal/trace.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace coseal {

enum class message_kind : std::uint8_t {
  call = 1,           ///< connector: starts a call
  reply = 2,          ///< acceptor: the answer; ends the call
  error = 3,          ///< acceptor: why there is none; ends the call
  cancel = 4,         ///< connector: the answer is not wanted any more
  push = 5,           ///< acceptor: a message without an answer
  item = 6,           ///< one item of a stream
  end = 7,            ///< no more items in this direction; from the acceptor it ends the call
  credit = 8,         ///< the receiver of items takes more
  push_credit = 9,    ///< connector: takes more pushes
  pushes_taken = 10,  ///< connector: how many pushes it has, where they are kept for it
};

/// Who wrote a message.
enum class message_sender : std::uint8_t { connector, acceptor };

/// Why a call has no answer, as it travels in ERROR.
enum class error_kind : std::uint8_t {
  declared = 0,    ///< one of the action's own errors
  failed = 1,      ///< the handler threw something else
  no_handler = 2,  ///< nobody handles the action
  malformed = 3,   ///< the fields could not be read
  level = 4,       ///< the handler demands a stronger level
  refused = 5,     ///< middleware said no
  busy = 6,        ///< too much outstanding; the handler did not run
  draining = 7,    ///< the acceptor goes away; the handler did not run
  timed_out = 8,   ///< the deadline passed at the acceptor
  cancelled = 9,   ///< the handler ended by cancellation
  duplex = 10,     ///< over HTTP: items go with the action; the handler did not run
  not_kept = 11,   ///< asked again after a resume: the answer was not kept
};

/// Calls of one connection at once. The low ten bits of an id are its place among them, the rest grows with
/// each call in that place, so that what comes late for an ended call is told from what belongs to the next.
inline constexpr std::uint64_t most_calls = 1024;
constexpr std::size_t place_of(std::uint64_t id) noexcept {
  return id % most_calls;
}
/// Ids stay below 2^62.
inline constexpr std::uint64_t largest_id = (std::uint64_t{1} << 62) - 1;
/// What a stream may hold that its receiver has not asked for yet.
inline constexpr std::uint64_t item_window = 256 * 1024;
/// What an item costs beside its bytes, so that empty ones are bounded too.
inline constexpr std::uint64_t item_overhead = 16;
/// The most text that an ERROR carries.
inline constexpr std::size_t most_error_text = 1024;
/// The longest deadline that can be said, in milliseconds: a year.
inline constexpr std::uint64_t longest_deadline = 366ULL * 24 * 3600 * 1000;

/// One message, in views of the frame it came in. Only the fields of its kind mean something.
struct call_message {
  message_kind kind = message_kind::call;
  std::uint64_t id = 0;                  ///< all but push, push_credit and pushes_taken
  std::uint64_t position = 0;            ///< call, push
  std::uint64_t deadline = 0;            ///< call: milliseconds from its arrival; 0: none
  bool takes_items = false;              ///< call: ITEMs of the connector follow, then END
  std::optional<trace_context> trace{};  ///< call
  error_kind error = error_kind::failed;
  std::uint64_t declared = 0;  ///< error_kind::declared: which
  std::uint64_t credit = 0;
  std::uint64_t taken = 0;          ///< pushes_taken: since the window began
  std::span<const std::byte> body;  ///< call, reply, push, item, declared error; the text of other errors
};

/// errc::malformed_message; errc::unexpected_record for a kind that `from` does not send.
result<call_message> parse_call_message(std::span<const std::byte> frame, message_sender from) noexcept;

/// The bytes before a body, on the stack.
class message_head {
 public:
  static message_head call(std::uint64_t id, std::uint64_t position, std::uint64_t deadline, bool takes_items,
                           const std::optional<trace_context>& trace = std::nullopt) noexcept;
  static message_head reply(std::uint64_t id) noexcept;
  static message_head declared_error(std::uint64_t id, std::uint64_t which) noexcept;
  /// The text follows as body, at most most_error_text bytes of UTF-8.
  static message_head error(std::uint64_t id, error_kind kind) noexcept;
  static message_head cancel(std::uint64_t id) noexcept;
  static message_head push(std::uint64_t position) noexcept;
  static message_head item(std::uint64_t id) noexcept;
  static message_head end(std::uint64_t id) noexcept;
  static message_head credit(std::uint64_t id, std::uint64_t more) noexcept;
  static message_head push_credit(std::uint64_t more) noexcept;
  static message_head pushes_taken(std::uint64_t count) noexcept;

  std::span<const std::byte> bytes() const noexcept { return {bytes_.data(), size_}; }
  /// What an ERROR says; none of every other kind.
  std::optional<error_kind> error() const noexcept { return error_; }

 private:
  explicit message_head(message_kind kind) noexcept;
  message_head& varint(std::uint64_t value) noexcept;
  message_head& u8(std::uint8_t value) noexcept;

  message_head& array(std::span<const std::byte> value) noexcept;

  std::array<std::byte, 64> bytes_;
  std::size_t size_ = 0;
  std::optional<error_kind> error_;
};

/// `text` cut to what an ERROR carries, never inside of a character.
std::string_view error_text(std::string_view text) noexcept;

}  // namespace coseal
