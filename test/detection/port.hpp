#pragma once

#include "session/stage.hpp"
#include "support/memory_listening.hpp"

#include <coseal/listen_any.hpp>

#include <asio/error.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coseal::test {

/// A listener for all protocols in memory, and connections that say to it whatever a test wants.
struct any_port : encounter {
  memory_listening place{io};
  listen_any_options options;
  std::vector<std::error_code> refused;
  std::optional<listener> open;

  explicit any_port(security_level l = security_level::encrypted) : encounter(l) {
    options.time(time);
    accepting.time(time).on_refused(
        [this](std::error_code error, const std::string&, const std::string&) { refused.push_back(error); });
  }
  void listen() {
    open.emplace(io.get_executor(), acceptor_side(), listen_any(place.address(), options), accepting);
  }
  result<session> next() {
    std::optional<result<session>> got;
    run([&]() -> task<void> { got = co_await open->accept(as_result, within(20s)); });
    return *std::move(got);
  }
  void say(duplex_carrier& to, std::string_view text) {
    const asio::const_buffer all(text.data(), text.size());
    std::error_code error;
    REQUIRE(to.try_write_some({&all, 1}, error) == text.size());
    settle();
  }
  /// What has come, and in `end` whether that was all.
  std::string heard(duplex_carrier& from, bool* end = nullptr) {
    settle();
    std::string text;
    for (;;) {
      std::array<std::byte, 4096> part;
      std::error_code error;
      const std::size_t n = from.try_read_some(part, error);
      text.append(reinterpret_cast<const char*>(part.data()), n);
      if (!error) continue;
      if (end != nullptr) *end = error == asio::error::eof;
      return text;
    }
  }
};

}  // namespace coseal::test
