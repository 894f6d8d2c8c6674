#include "stream.hpp"

#include <stdexcept>
#include <string>

namespace coseal::bench {

std::vector<std::byte> stream_message(std::size_t size) {
  std::vector<std::byte> message(size);
  for (std::size_t i = 0; i < size; ++i) message[i] = static_cast<std::byte>(i * 131 + 7);
  return message;
}

run_result stream_reader::result(std::uint64_t sent, std::span<const std::byte> message) const {
  const std::uint64_t each =
      std::to_integer<std::uint64_t>(message.front()) + std::to_integer<std::uint64_t>(message.back());
  if (window_.total() != sent || sum_ != sent * each)
    throw std::runtime_error("sent " + std::to_string(sent) + " messages, " +
                             std::to_string(window_.total()) + " arrived");
  run_result r;
  r.rate = window_.rate();
  return r;
}

}  // namespace coseal::bench
