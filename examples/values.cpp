// Actions, their types, and what follows from them.
#include <coseal/channel_description.hpp>
#include <coseal/json.hpp>

#include <cstdint>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

// [via]
struct colour {
  std::uint8_t red = 0, green = 0, blue = 0;
};

template <>
struct coseal::codec<colour> : coseal::codec_via<colour, std::uint32_t> {  // JSON follows by itself
  static constexpr std::string_view name = "colour";
  static std::uint32_t to_wire(colour c) { return std::uint32_t{c.red} << 16 | c.green << 8 | c.blue; }
  static bool from_wire(std::uint32_t rgb, colour& out) {
    out = {std::uint8_t(rgb >> 16), std::uint8_t(rgb >> 8), std::uint8_t(rgb)};
    return rgb <= 0xffffff;  // false: there is no such colour
  }
};
// [via]

// [actions]
namespace app {

enum class role : std::uint8_t { reader, writer };
COSEAL_ENUM(role, reader, writer)

struct user {  // a struct that actions share
  std::uint64_t id = 0;
  std::string name;
  role may = role::reader;
  std::optional<colour> favourite;
};
COSEAL_STRUCT(user, id, name, may, favourite)

struct name_taken {
  std::string by;
};
COSEAL_STRUCT(name_taken, by)

struct add_users {
  std::vector<user> users;
  using reply = std::uint64_t;                  // left out: nothing but that it is done
  using errors = coseal::declared<name_taken>;  // left out: none of its own
};
COSEAL_ACTION(add_users, users)

struct user_added {  // a push has no reply
  user who;
};
COSEAL_ACTION(user_added, who)

}  // namespace app
// [actions]

int main() {
  // [channel]
  const auto users = coseal::domain("users").action<app::add_users>();
  const auto events = coseal::domain("events").action<app::user_added>();
  const auto channel = coseal::define_channel({.to_acceptor = {users}, .to_connector = {events}});
  std::cout << coseal::describe_channel(channel);
  // [channel]

  // [codec]
  app::add_users add;
  add.users.push_back({7, "Ada", app::role::writer, colour{0x66, 0x33, 0x99}});
  std::vector<std::byte> bytes = coseal::encode(add);

  bytes[6] = std::byte{9};  // there is no such role
  coseal::decode_failure where;
  coseal::result<app::add_users> back = coseal::decode<app::add_users>(bytes, &where);
  if (!back) std::cout << where.text() << '\n';
  // users[0].may: the type has no such number, enumerator, alternative or time
  // [codec]

  // [json]
  std::string json;
  coseal::to_json(json, add);
  back = coseal::from_json<app::add_users>(json, &where);
  // [json]
  std::cout << json << '\n';
  return back ? 0 : 1;
}
