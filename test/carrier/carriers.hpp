#pragma once

#include "support/await.hpp"

#include <coseal/carrier.hpp>
#include <coseal/error.hpp>
#include <coseal/transport.hpp>

#include <asio/error.hpp>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coseal::test {

using carrier_ptr = std::unique_ptr<duplex_carrier>;
using opened_carrier = result<carrier_ptr>;

/// Remembers what it is told.
struct told_observer final : carrier_observer {
  std::vector<std::error_code> readable, writable;
  void on_readable(std::error_code error) noexcept override { readable.push_back(error); }
  void on_writable(std::error_code error) noexcept override { writable.push_back(error); }
};

/// One try to write; what did not fit is left.
inline std::size_t write(duplex_carrier& to, std::string_view text, std::error_code& error) {
  const asio::const_buffer piece(text.data(), text.size());
  return to.try_write_some(std::span(&piece, 1), error);
}
inline std::size_t write(duplex_carrier& to, std::string_view text) {
  std::error_code error;
  const auto n = write(to, text, error);
  if (error) throw std::system_error(error);
  return n;
}
/// One try to read.
inline std::string read(duplex_carrier& from, std::error_code& error, std::size_t most = 65'536) {
  std::string text(most, '\0');
  text.resize(from.try_read_some(std::as_writable_bytes(std::span(text)), error));
  return text;
}
inline std::error_code read_error(duplex_carrier& from) {
  std::error_code error;
  const auto text = read(from, error);
  if (!text.empty()) throw std::logic_error("there was something to read: " + text);
  return error;
}

/// Reads `n` bytes, waiting on `io`; fewer if the carrier ends before.
inline std::string read_all(asio::io_context& io, duplex_carrier& from, std::size_t n) {
  std::string text;
  while (text.size() < n) {
    std::error_code error;
    text += read(from, error, n - text.size());
    if (!error) continue;
    if (error != asio::error::would_block) break;
    const auto observer = std::make_shared<told_observer>();
    from.wait_readable(observer);
    io.restart();
    while (observer->readable.empty() && io.run_one() != 0) {
    }
  }
  return text;
}

/// Runs `io` until `done` holds a value, and takes it.
template <typename T>
T run_for(asio::io_context& io, std::optional<T>& done) {
  io.restart();
  while (!done && io.run_one() != 0) {
  }
  return std::move(done).value();
}

/// Opens `where` as a connector does.
inline opened_carrier open(asio::io_context& io, const transport& where, operation_options options = {}) {
  std::optional<opened_carrier> opened;
  start(io, where.open(io.get_executor(), std::move(options)),
        [&](opened_carrier made) { opened.emplace(std::move(made)); });
  return run_for(io, opened);
}

struct connected_pair {
  carrier_ptr connector, acceptor;
};

/// A connection through `by`, reached by the address that it says.
inline connected_pair connect(asio::io_context& io, acceptor& by) {
  std::optional<opened_carrier> accepted;
  start(io, by.accept(), [&](opened_carrier made) { accepted.emplace(std::move(made)); });
  connected_pair pair;
  pair.connector = open(io, transport_from(by.address()).value()).value();
  pair.acceptor = run_for(io, accepted).value();
  return pair;
}
inline std::unique_ptr<acceptor> listen(asio::io_context& io, const listen_address& where) {
  return where.open(io.get_executor()).value();
}

}  // namespace coseal::test
