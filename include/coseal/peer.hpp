#pragma once

#include <coseal/coordinate.hpp>
#include <coseal/public_key.hpp>
#include <coseal/security_level.hpp>
#include <coseal/session_start.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <typeindex>
#include <utility>

namespace coseal {

/// One connected client of a server; never used twice. 0 is nobody: callers over HTTP have no connection.
enum class client_id : std::uint64_t {};

/// Who is at the other end of one connection, and what handlers keep for it. Made anew with each connection;
/// at a server it stays the same for a client that resumes its session within serve_options::lost.
class peer {
 public:
  peer(client_id id, security_level level, coordinate where, std::optional<public_key> key,
       std::string carrier, std::string address, session_start start = session_start::fresh)
      : id_(id),
        level_(level),
        where_(std::move(where)),
        key_(key),
        carrier_(std::move(carrier)),
        address_(std::move(address)),
        start_(start) {}
  peer(const peer&) = delete;
  peer& operator=(const peer&) = delete;

  client_id id() const noexcept { return id_; }
  security_level level() const noexcept { return level_; }
  /// Proved by the handshake; absent at level none.
  std::optional<coordinate> verified_coordinate() const {
    return key_ ? std::optional(where_) : std::nullopt;
  }
  /// What the peer says it is. Above none it is the proved one; at none anybody can say anything.
  const coordinate& claimed_coordinate() const noexcept { return where_; }
  /// Absent at level none.
  const std::optional<public_key>& key() const noexcept { return key_; }
  /// "tcp", "unix", "ws", "memory"; "http", where no connection lasts. This, the address and start() are
  /// those that it began with.
  const std::string& carrier() const noexcept { return carrier_; }
  /// For people.
  const std::string& address() const noexcept { return address_; }

  /// Whether its session goes on from an earlier connection. `expired`: it had one that could not go on.
  session_start start() const noexcept { return start_; }

  /// The one T of this connection, default-constructed at first use. For its handlers alone, of which one at
  /// a time runs: no lock is needed.
  template <typename T>
  T& state() {
    auto& place = states_[std::type_index(typeid(T))];
    if (!place) place = std::make_shared<T>();
    return *static_cast<T*>(place.get());
  }

 private:
  client_id id_;
  security_level level_;
  coordinate where_;
  std::optional<public_key> key_;
  std::string carrier_;
  std::string address_;
  session_start start_;
  std::map<std::type_index, std::shared_ptr<void>> states_;
};

}  // namespace coseal
