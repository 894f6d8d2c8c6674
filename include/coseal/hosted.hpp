#pragma once

#include <coseal/asio.hpp>
#include <coseal/http.hpp>
#include <coseal/transport.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <utility>

namespace coseal {

/// What a host does for one of its connections. The functions are called from any thread that uses the
/// session, one at a time for a connection, never after drop() has returned, and never from within a call of
/// the host's. They may run while coseal holds locks of its own: call nothing of coseal in them but this
/// acceptor, and do not wait in them for a lock under which you call coseal.
class hosted_connection {
 public:
  /// Takes bytes to the peer: how many it took. Fewer than it was given: coseal goes on after can_send(). The
  /// bytes are the host's only until it returns. A WebSocket host makes a binary message of each call.
  using send_function = std::function<std::size_t(std::span<const std::byte>)>;

  explicit hosted_connection(send_function send) : send_(std::move(send)) {}
  /// receive() took less than it was given; now there is room again.
  hosted_connection& on_room(std::function<void()> call) { return on_room_ = std::move(call), *this; }
  /// Nothing more will be sent: half-close the stream, or send the WebSocket's Close.
  hosted_connection& on_end(std::function<void()> call) { return on_end_ = std::move(call), *this; }
  /// coseal has no more use for the connection: close it, then drop() it.
  hosted_connection& on_close(std::function<void()> call) { return on_close_ = std::move(call), *this; }
  /// What session_info::carrier says.
  hosted_connection& kind(std::string name) { return kind_ = std::move(name), *this; }
  /// For people and logs.
  hosted_connection& peer_address(std::string text) { return peer_address_ = std::move(text), *this; }
  /// What limits by source count: the peer's address, or the one that a trusted proxy forwards. Empty: the
  /// connection counts in the total alone.
  hosted_connection& source(std::string text) { return source_ = std::move(text), *this; }

  const send_function& send() const { return send_; }
  const std::function<void()>& on_room() const { return on_room_; }
  const std::function<void()>& on_end() const { return on_end_; }
  const std::function<void()>& on_close() const { return on_close_; }
  const std::string& kind() const { return kind_; }
  const std::string& peer_address() const { return peer_address_; }
  const std::string& source() const { return source_; }

 private:
  send_function send_;
  std::function<void()> on_room_, on_end_, on_close_;
  std::string kind_ = "hosted";
  std::string peer_address_ = "hosted";
  std::string source_;
};

/// Where sessions begin on connections that somebody else accepts: another event loop, a web server, a test.
/// It has no socket. Its listen_address goes to a listener, whose sessions, limits and deadlines are the same
/// as over sockets; the listener's executor must be run by someone, the host's own loop included
/// (io_context::poll).
///
/// Any call may come from any thread; calls for one connection must not overlap, but for can_send and drop.
/// Do not hold a lock in drop() that one of the connection's functions waits for.
class hosted_acceptor {
 public:
  using connection_id = std::uint64_t;

  /// `answers`: what fetch() asks; by default requests are told what coseal is.
  explicit hosted_acceptor(http_handler answers = {});
  /// Drops all connections.
  ~hosted_acceptor();
  hosted_acceptor(const hosted_acceptor&) = delete;
  hosted_acceptor& operator=(const hosted_acceptor&) = delete;

  /// For one listener at a time.
  listen_address address() const;

  /// The host has a new connection, named by a number of its own choice. errc::closed: no listener is open
  /// on address(); errc::busy: too many wait for it; errc::invalid_option: the number is in use.
  std::error_code connect(connection_id id, hosted_connection how);
  /// Bytes of the peer: the stream's, or the payload of a binary message. How many were taken, at most 256
  /// KiB at a time; the rest is to be offered again after on_room. Those of a connection that has ended are
  /// taken and dropped.
  std::size_t receive(connection_id id, std::span<const std::byte> bytes);
  /// The host takes bytes again.
  void can_send(connection_id id);
  /// The peer will send no more.
  void end(connection_id id);
  /// The connection is gone: its session ends, its number is free. Also to be called after on_close.
  void drop(connection_id id);

  /// An HTTP request that the host has read, for what coseal answers in HTTP.
  task<http_response> fetch(http_request asked) const;

 private:
  class state;
  std::shared_ptr<state> state_;
};

}  // namespace coseal
