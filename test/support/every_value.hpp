#pragma once

#include <coseal/codec.hpp>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

namespace coseal::test {

enum class suit : std::uint8_t { clubs = 1, diamonds, hearts, spades };
COSEAL_ENUM(suit, clubs, diamonds, hearts, spades)
enum class sparse : std::int32_t { low = -70'000, none = 0, high = 70'000 };
COSEAL_ENUM(sparse, low, none, high)
enum class plain : std::uint16_t {};

struct point {
  std::int32_t x = 0, y = 0;
  friend bool operator==(const point&, const point&) = default;
};
COSEAL_STRUCT(point, x, y)

struct node {
  std::string label;
  std::vector<node> children;
  friend bool operator==(const node&, const node&) = default;
};
COSEAL_STRUCT(node, label, children)

/// Travels as text of four upper case letters.
struct code {
  char letters[4] = {'A', 'A', 'A', 'A'};
  friend bool operator==(const code&, const code&) = default;
};

}  // namespace coseal::test

template <>
struct coseal::codec<coseal::test::code> : coseal::codec_via<coseal::test::code, std::string> {
  static constexpr std::string_view name = "code";
  static std::string to_wire(const test::code& value) { return std::string(value.letters, 4); }
  static bool from_wire(std::string&& text, test::code& out) {
    if (text.size() != 4) return false;
    for (std::size_t i = 0; i < 4; ++i) {
      if (text[i] < 'A' || text[i] > 'Z') return false;
      out.letters[i] = text[i];
    }
    return true;
  }
};

namespace coseal::test {

using shape = std::variant<std::monostate, std::int64_t, std::string, point, std::vector<point>>;

/// A field of every kind that there is.
struct every_value {
  std::int8_t i8 = 0;
  std::int16_t i16 = 0;
  std::int32_t i32 = 0;
  std::int64_t i64 = 0;
  std::uint8_t u8 = 0;
  std::uint16_t u16 = 0;
  std::uint32_t u32 = 0;
  std::uint64_t u64 = 0;
  long long_one = 0;
  float f32 = 0;
  double f64 = 0;
  bool yes = false;
  std::string text;
  std::vector<std::byte> raw;
  std::array<std::byte, 5> five{};
  std::array<std::uint8_t, 3> numbers{};
  std::vector<std::uint8_t> octets;
  std::chrono::milliseconds wait{0};
  std::chrono::duration<double, std::ratio<60>> minutes{0};
  std::chrono::sys_time<std::chrono::nanoseconds> when;
  std::chrono::sys_days day;
  std::optional<std::string> maybe;
  std::optional<point> where;
  std::vector<std::int32_t> list;
  std::vector<bool> bits;
  std::vector<std::vector<std::string>> table;
  std::array<point, 2> corners{};
  std::map<std::string, std::uint32_t> by_name;
  std::map<std::int16_t, std::string> by_number;
  std::unordered_map<std::string, point> places;
  std::unordered_map<suit, std::uint8_t> counts;
  shape form;
  suit card = suit::clubs;
  sparse level = sparse::none;
  plain open{};
  node tree;
  code airport;
  friend bool operator==(const every_value&, const every_value&) = default;
};
COSEAL_STRUCT(every_value, i8, i16, i32, i64, u8, u16, u32, u64, long_one, f32, f64, yes, text, raw, five,
              numbers, octets, wait, minutes, when, day, maybe, where, list, bits, table, corners, by_name,
              by_number, places, counts, form, card, level, open, tree, airport)

/// Values of any type, small ones more often than large ones; finite and within the years of JSON.
class random_values {
 public:
  explicit random_values(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }

  template <class T>
  T any() {
    T out{};
    fill(out);
    return out;
  }

  template <class T>
  requires std::is_arithmetic_v<T>
  void fill(T& out) {
    if constexpr (std::is_floating_point_v<T>) {
      using bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
      do out = below(4) == 0 ? static_cast<T>(below(1000)) : std::bit_cast<T>(static_cast<bits>(random_()));
      while (!std::isfinite(out));
    } else if constexpr (std::is_same_v<T, bool>) {
      out = below(2) == 1;
    } else {
      // All widths alike, and the limits.
      out = static_cast<T>(random_() >> below(64));
      if (below(16) == 0) out = std::numeric_limits<T>::max();
      if (below(16) == 0) out = std::numeric_limits<T>::min();
    }
  }
  void fill(std::byte& out) { out = static_cast<std::byte>(random_()); }
  void fill(plain& out) { out = static_cast<plain>(random_()); }
  void fill(suit& out) { out = static_cast<suit>(1 + below(4)); }
  void fill(sparse& out) { out = std::array{sparse::low, sparse::none, sparse::high}[below(3)]; }
  void fill(std::monostate&) {}
  void fill(code& out) {
    for (char& c : out.letters) c = static_cast<char>('A' + below(26));
  }
  void fill(std::string& out) {
    static constexpr std::array<std::string_view, 12> characters{
        "a", "Z", "0", " ", "\"", "\\", "\n", "\x01", "\x7f", "\u00e9", "\u20ac", "\U0001f600"};
    out.clear();
    for (auto n = length(); n > 0; --n) out += characters[below(characters.size())];
  }
  template <class Rep, class Period>
  void fill(std::chrono::duration<Rep, Period>& out) {
    out = std::chrono::duration<Rep, Period>(any<Rep>());
  }
  void fill(std::chrono::sys_time<std::chrono::nanoseconds>& out) {
    out = std::chrono::sys_time<std::chrono::nanoseconds>(std::chrono::nanoseconds(any<std::int64_t>()));
  }
  void fill(std::chrono::sys_days& out) {
    out = std::chrono::sys_days(std::chrono::days(static_cast<int>(below(3'652'425)) - 719'528));
  }
  template <class T>
  void fill(std::optional<T>& out) {
    if (below(2) == 1) fill(out.emplace());
  }
  template <class T>
  void fill(std::vector<T>& out) {
    for (auto n = length(); n > 0; --n) out.push_back(any<T>());
  }
  void fill(node& out) {
    fill(out.label);
    if (++depth_ < 4) fill(out.children);
    --depth_;
  }
  template <class T, std::size_t N>
  void fill(std::array<T, N>& out) {
    for (T& each : out) fill(each);
  }
  template <class Map>
  requires requires { typename Map::mapped_type; }
  void fill(Map& out) {
    for (auto n = length(); n > 0; --n) out[any<typename Map::key_type>()] = any<typename Map::mapped_type>();
  }
  template <class... Ts>
  void fill(std::variant<Ts...>& out) {
    const auto chosen = below(sizeof...(Ts));
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      ((chosen == I ? fill(out.template emplace<I>()) : void()), ...);
    }
    (std::index_sequence_for<Ts...>());
  }
  template <detail::named_struct T>
  requires(!std::is_same_v<T, node>) void fill(T& out) {
    coseal_fields(std::type_identity<T>(),
                  [&](std::string_view, auto field) { return fill(out.*field), true; });
  }

 private:
  std::uint64_t length() { return below(8) == 0 ? below(40) : below(4); }

  std::mt19937_64 random_;
  int depth_ = 0;
};

}  // namespace coseal::test
