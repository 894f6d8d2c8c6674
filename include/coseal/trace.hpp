#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace coseal {

/// The bits of trace-flags that are passed on.
inline constexpr std::uint8_t known_trace_flags = 0x03;

/// Which trace something belongs to, and which span of it is the parent: W3C Trace Context, level 1 and 2.
/// Whoever has sent it chose the ids: they are for finding things again, not for trusting.
struct trace_context {
  trace_context() {}

  std::array<std::byte, 16> trace_id{};
  std::array<std::byte, 8> span_id{};
  std::uint8_t flags = 0;  ///< 0x01: sampled, 0x02: the trace id is random; others are not passed on

  bool sampled() const noexcept { return (flags & 1) != 0; }
  /// "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
  std::string traceparent() const;

  friend bool operator==(const trace_context&, const trace_context&) = default;
};

/// The value of a `traceparent` field; none if it is malformed, by the rules of W3C Trace Context: then
/// a trace begins anew. Of later versions the part that is known is read.
std::optional<trace_context> parse_traceparent(std::string_view field) noexcept;

/// A new trace, sampled, or a new span in `parent`'s. Ids come from the system's generator.
trace_context new_trace();
trace_context child_of(const trace_context& parent);

/// One call as a tracer sees it.
struct call_span {
  call_span() {}

  enum class side { client, server };

  trace_context context;                             ///< its own
  std::optional<std::array<std::byte, 8>> parent{};  ///< none: it begins the trace
  side of = side::server;
  std::string name;  ///< "domain/action"
  std::chrono::system_clock::time_point began;
  std::chrono::steady_clock::duration took{};  ///< when it has ended
  std::string_view outcome;                    ///< when it has ended: a word as in coseal_calls_total
};

/// Gets the spans of an endpoint that was told to `observe` it: one for each call, on each side. Called from
/// any thread, on the path of the call, so it must be quick; it must not throw.
class tracer {
 public:
  virtual ~tracer() = default;
  virtual void started(const call_span&) noexcept {}
  virtual void ended(const call_span& what) noexcept = 0;
};

}  // namespace coseal
