#pragma once

#include <coseal/action.hpp>
#include <coseal/channel_definition.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <typeindex>
#include <unordered_map>
#include <utility>
#include <vector>

namespace coseal {

namespace detail {

/// 1 to 64 characters, each a letter, a digit, `.`, `_` or `-`.
constexpr bool is_channel_name(std::string_view name) noexcept {
  if (name.empty() || name.size() > 64) return false;
  for (const char c : name)
    if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
          c == '_' || c == '-'))
      return false;
  return true;
}

}  // namespace detail

/// What stands at one position of a channel.
struct channel_entry {
  std::string domain;
  std::string action;    ///< its name on the wire
  std::string text;      ///< `domain/` and coseal::describe of the action: what the handshake compares
  std::type_index type;  ///< of the action

  /// `domain/action`
  std::string name() const { return domain + "/" + action; }
};

/// A named list of actions: `coseal::domain("users").action<greet>().action<rename>()`.
class domain {
 public:
  /// Throws coseal::error with errc::invalid_channel for a name that is not 1 to 64 letters, digits, `.`,
  /// `_`, `-`.
  explicit domain(std::string name);

  /// Appends an action. What stands there already keeps its position, so that older peers go on working.
  template <coseal::action A>
  domain& action() & {
    static_assert(detail::is_channel_name(action_name<A>()),
                  "coseal: an action's name is 1 to 64 letters, digits, '.', '_' or '-'");
    add(std::string(action_name<A>()), describe<A>(), typeid(A));
    return *this;
  }
  template <coseal::action A>
  domain&& action() && {
    return std::move(action<A>());
  }

  const std::string& name() const noexcept { return name_; }
  const std::vector<channel_entry>& entries() const noexcept { return entries_; }

 private:
  void add(std::string action, const std::string& text, std::type_index type);

  std::string name_;
  std::vector<channel_entry> entries_;
};

/// What flows in one direction, position by position. Immutable, hence for any thread.
class channel_direction {
 public:
  const std::vector<channel_entry>& entries() const noexcept { return entries_; }
  std::size_t size() const noexcept { return entries_.size(); }
  const channel_entry& operator[](std::size_t position) const noexcept { return entries_[position]; }

  /// The position of an action, from 0; nothing where it does not flow in this direction.
  template <action A>
  std::optional<std::uint16_t> position_of() const {
    return position_of(std::type_index(typeid(A)));
  }
  std::optional<std::uint16_t> position_of(std::type_index type) const;
  /// By `domain/action`.
  std::optional<std::uint16_t> position_of(std::string_view name) const;

 private:
  friend class channel;
  channel_direction(const channel_direction&) = delete;  // by_name_ holds views of names_
  channel_direction(std::string_view direction, const std::vector<domain>& domains);

  std::vector<channel_entry> entries_;
  std::unordered_map<std::type_index, std::uint16_t> by_type_;
  std::unordered_map<std::string_view, std::uint16_t> by_name_;  // of names_
  std::vector<std::string> names_;
};

/// What define_channel is given: the domains of each direction, in the order of their positions.
struct channel_domains {
  std::vector<domain> to_acceptor = {};   ///< calls of the connector
  std::vector<domain> to_connector = {};  ///< pushes of the acceptor
};

/// The contract between two runtimes: what flows in each direction and at which position. Both sides define
/// the same; the handshake refuses definitions that differ where both define something. A copy shares its
/// content.
class channel {
 public:
  explicit channel(const channel_domains& domains);

  const channel_direction& to_acceptor() const noexcept { return state_->to_acceptor; }
  const channel_direction& to_connector() const noexcept { return state_->to_connector; }
  /// The texts that the handshake compares.
  channel_definition definition() const;

 private:
  struct directions {
    channel_direction to_acceptor, to_connector;
  };
  std::shared_ptr<const directions> state_;
};

/// `coseal::define_channel({.to_acceptor = {users, files}, .to_connector = {events}})`. A domain may stand
/// there several times: new actions are appended by a further `domain("users")` behind all that was there
/// before. Throws coseal::error with errc::invalid_channel, and says which and where, for an action that
/// stands twice in one direction, by its name or by its type, and for more than 65,535 positions.
channel define_channel(const channel_domains& domains);

}  // namespace coseal
