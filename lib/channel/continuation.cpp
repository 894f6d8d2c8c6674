#include "channel/continuation.hpp"

#include "channel/item_flow.hpp"

#include <coseal/codec/decoder.hpp>
#include <coseal/error.hpp>

#include <algorithm>

namespace coseal {
namespace {

/// Counts that are sums on the wire stay far from the end of their type.
constexpr std::uint64_t most_pushes = std::uint64_t{1} << 62;

void put_varint(std::vector<std::byte>& out, std::uint64_t value) {
  std::array<std::byte, 9> bytes;
  out.insert(out.end(), bytes.begin(), detail::write_varint(bytes.data(), value));
}

bool read_window(decoder& in, window_id& window) {
  const std::byte* const bytes = in.take(window.size());
  if (bytes == nullptr) return false;
  std::copy_n(bytes, window.size(), window.begin());
  return true;
}

}  // namespace

std::vector<std::byte> continue_request::encode() const {
  std::vector<std::byte> out;
  out.push_back(std::byte{window ? std::uint8_t{1} : std::uint8_t{0}});
  if (window) out.insert(out.end(), window->begin(), window->end());
  put_varint(out, pushes);
  put_varint(out, used);
  return out;
}

result<continue_request> continue_request::parse(std::span<const std::byte> fields) {
  decoder in(fields);
  continue_request request;
  const std::byte* const has_window = in.take(1);
  if (has_window == nullptr || *has_window > std::byte{1}) return errc::malformed_message;
  if (*has_window == std::byte{1} && !read_window(in, request.window.emplace()))
    return errc::malformed_message;
  if (!in.varint(request.pushes) || !in.varint(request.used) || in.left() != 0 ||
      request.pushes > most_pushes || request.used > item_credit::most_used)
    return errc::malformed_message;
  return request;
}

std::vector<std::byte> continue_answer::encode() const {
  std::vector<std::byte> out(window.begin(), window.end());
  put_varint(out, missed);
  return out;
}

result<continue_answer> continue_answer::parse(std::span<const std::byte> reply) {
  decoder in(reply);
  continue_answer answer;
  if (!read_window(in, answer.window) || !in.varint(answer.missed) || in.left() != 0 ||
      answer.missed > most_pushes)
    return errc::malformed_message;
  return answer;
}

bool may_come_back(std::error_code why) noexcept {
  // The peer may have seen no more of an error than the end of one direction.
  return why == condition::transport || why == condition::timed_out || why == errc::truncated ||
         why == errc::bad_record_tag || why == errc::peer_failed;
}

}  // namespace coseal
