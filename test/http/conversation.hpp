#pragma once

#include "carrier/carriers.hpp"
#include "http/server_connection.hpp"
#include "support/virtual_clock.hpp"

#include <asio/co_spawn.hpp>

#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace coseal::test {

/// The bytes of `text` that are there, without Date fields, which no test knows.
inline std::string read_now(asio::io_context& io, duplex_carrier& from) {
  std::string text;
  std::error_code error;
  do {
    run_ready(io);
    text += read(from, error);
  } while (!error);
  for (std::size_t at = 0; (at = text.find("\r\nDate: ", at)) != std::string::npos;)
    text.erase(at, text.find("\r\n", at + 2) - at);
  return text;
}

/// A server's connection over a pipe in memory, and the client's end of it, at which the test speaks.
struct conversation {
  asio::io_context io;
  std::shared_ptr<virtual_clock> time = std::make_shared<virtual_clock>();
  carrier_ptr client;
  std::shared_ptr<http::server_connection> server;
  bool ended = false;

  explicit conversation(http::handler answers, http::server_options options = {}, memory_knobs forth = {},
                        memory_knobs back = {}) {
    carrier_ptr end;
    std::tie(client, end) =
        memory_pair(io.get_executor(), io.get_executor(), std::move(forth), std::move(back));
    server = std::make_shared<http::server_connection>(
        std::move(end), time, std::make_shared<const http::handler>(std::move(answers)),
        std::make_shared<const http::server_options>(std::move(options)));
    asio::co_spawn(io, server->serve(), [this](std::exception_ptr failure) {
      ended = true;
      if (failure) std::rethrow_exception(failure);
    });
    run_ready(io);
  }

  void say(std::string_view text) {
    while (!text.empty()) {
      text.remove_prefix(write(*client, text));
      run_ready(io);
    }
  }
  std::string hear() { return read_now(io, *client); }
  std::string ask(std::string_view text) {
    say(text);
    return hear();
  }
  void pass(clock::duration by) {
    time->advance(by);
    run_ready(io);
  }
  /// Whether the server has said its last byte.
  bool parted() {
    run_ready(io);
    std::error_code error;
    read(*client, error);
    return error == asio::error::eof;
  }
};

/// Answers "METHOD TARGET BODY".
inline task<http::response> echo(http::request asked) {
  std::string text = asked.head.method + ' ' + asked.head.target + ' ';
  text.append(reinterpret_cast<const char*>(asked.body.data()), asked.body.size());
  http::response answer;
  const auto bytes = std::as_bytes(std::span(text));
  answer.body.assign(bytes.begin(), bytes.end());
  co_return answer;
}

inline std::string ok(const std::string& text) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text;
}

inline std::string get(const std::string& target, const std::string& fields = {}) {
  return "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

/// "404", or what stands where a status should.
inline std::string status_in(const std::string& answer) {
  return answer.starts_with("HTTP/1.1 ") ? answer.substr(9, 3) : answer;
}

}  // namespace coseal::test
