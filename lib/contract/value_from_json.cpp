#include "contract/value_json.hpp"
#include "contract/value_type.hpp"

#include <coseal/codec/varint.hpp>
#include <coseal/json/cursor.hpp>
#include <coseal/json/writing.hpp>

#include <algorithm>
#include <bit>
#include <map>
#include <utility>

namespace coseal {
namespace {

using value_bytes = std::vector<std::byte>;

void append_varint(value_bytes& out, std::uint64_t value) {
  std::byte room[9];
  out.insert(out.end(), room, detail::write_varint(room, value));
}
template <class Number>
void append_big(value_bytes& out, Number value) {
  std::byte room[sizeof value];
  out.insert(out.end(), room, detail::store_big(room, value));
}
void append_sized(value_bytes& out, std::span<const std::byte> bytes) {
  append_varint(out, bytes.size());
  out.insert(out.end(), bytes.begin(), bytes.end());
}
void append_integer(value_bytes& out, const integer_type& type, std::int64_t negative,
                    std::uint64_t positive) {
  if (type.bits == 8)
    out.push_back(static_cast<std::byte>(type.with_sign ? static_cast<std::uint64_t>(negative) : positive));
  else
    append_varint(out, type.with_sign ? detail::zigzag(negative) : positive);
}

class value_of_json {
 public:
  value_of_json(std::string_view json, decode_failure* where) : in_(json, where) {}

  result<value_bytes> take(const type_text& type) {
    value_bytes out;
    if (in_.failed() || !value(type, out) || !in_.complete()) return in_.finish();
    return out;
  }

 private:
  using form = type_text::form;

  bool value(const type_text& written, value_bytes& out) {
    const type_text& type = types_.resolve(written);
    if (!types_.enter(type)) return in_.fail(value_errc::too_deep);
    const bool read = inside(type, out);
    types_.leave();
    return read;
  }

  bool inside(const type_text& type, value_bytes& out) {
    switch (type.what) {
      case form::plain:
        return plain(type.name, out);
      case form::generic:
        return generic(type, out);
      case form::structure:
        return structure(type, out);
      case form::enumeration:
        return enumerator(type, out);
      case form::mapped:
        return value(type.arguments[0], out);
      case form::number:
        break;
    }
    return in_.fail(value_errc::wrong_type);
  }

  bool plain(std::string_view name, value_bytes& out) {
    if (const auto integer = integer_named(name)) return number(*integer, out);
    if (name == "f64") return floating<std::uint64_t, double>(out);
    if (name == "f32") return floating<std::uint32_t, float>(out);
    if (name == "bool") return boolean(out);
    if (name == "text") return text(out);
    if (name == "none") return in_.null() || in_.fail(value_errc::wrong_type);
    value_bytes bytes;
    if (name == "bytes") return base64(bytes) && (append_sized(out, bytes), true);
    return in_.fail(value_errc::wrong_type);
  }

  bool generic(const type_text& type, value_bytes& out) {
    const auto& of = type.arguments;
    if (type.name == "list" && of.size() == 1) return list(of[0], out);
    if (type.name == "optional" && of.size() == 1) return optional(of[0], out);
    if (type.name == "variant") return variant(type, out);
    if (type.name == "map" && of.size() == 2) return map(of[0], of[1], out);
    if (type.name == "duration" && of.size() == 2) return value(of[0], out);
    if (type.name == "time") return time(type, out);
    const auto n = of.empty() ? std::nullopt : number_in(of.back().name);
    if (type.name == "bytes" && of.size() == 1 && n) return some_bytes(*n, out);
    if (type.name == "array" && of.size() == 2 && n) return array(of[0], *n, out);
    return in_.fail(value_errc::wrong_type);
  }

  bool number(const integer_type& type, value_bytes& out) {
    std::int64_t negative = 0;
    std::uint64_t positive = 0;
    if (!(type.with_sign ? in_.number(negative) : in_.number(positive))) return false;
    if (!(type.with_sign ? type.holds(negative) : type.holds(positive)))
      return in_.fail(value_errc::out_of_range);
    append_integer(out, type, negative, positive);
    return true;
  }
  template <class Bits, class Float>
  bool floating(value_bytes& out) {
    Float number = 0;
    if (!in_.number(number)) return false;
    append_big(out, std::bit_cast<Bits>(number));
    return true;
  }
  bool boolean(value_bytes& out) {
    bool said = false;
    if (!in_.boolean(said)) return false;
    out.push_back(static_cast<std::byte>(said));
    return true;
  }
  bool text(value_bytes& out) {
    std::string_view said;
    if (!in_.text(said)) return false;
    append_sized(out, std::as_bytes(std::span(said)));
    return true;
  }
  bool base64(value_bytes& out) {
    std::string_view said;
    return in_.text(said) && (detail::read_base64(said, out) || in_.fail(value_errc::out_of_range));
  }
  bool some_bytes(std::uint64_t n, value_bytes& out) {
    value_bytes bytes;
    if (!base64(bytes)) return false;
    if (bytes.size() != n) return in_.fail(value_errc::out_of_range);
    out.insert(out.end(), bytes.begin(), bytes.end());
    return true;
  }

  bool list(const type_text& type, value_bytes& out) {
    value_bytes elements;
    std::size_t n = 0;
    if (!in_.enter() || !in_.begin_array()) return false;
    for (; in_.next_element(); ++n)
      if (!in_.charge(1) || !value(type, elements)) return in_.in_element(n);
    if (in_.failed()) return in_.in_element(n);
    in_.leave();
    append_varint(out, n);
    out.insert(out.end(), elements.begin(), elements.end());
    return true;
  }
  bool array(const type_text& type, std::uint64_t most, value_bytes& out) {
    if (!in_.begin_array()) return false;
    std::size_t n = 0;
    for (; in_.next_element(); ++n) {
      if (n == most) return in_.fail(value_errc::out_of_range);
      if (!value(type, out)) return in_.in_element(n);
    }
    return !in_.failed() && (n == most || in_.fail(value_errc::out_of_range));
  }
  bool optional(const type_text& type, value_bytes& out) {
    const bool nothing = in_.null();
    out.push_back(static_cast<std::byte>(!nothing));
    return nothing || value(type, out);
  }
  bool variant(const type_text& type, value_bytes& out) {
    std::string_view key;
    if (!in_.begin_object()) return false;
    if (!in_.next_member(key)) return in_.fail(value_errc::missing_field);
    const auto chosen = std::ranges::find(type.arguments, key, &type_text::name);
    if (chosen == type.arguments.end()) return in_.fail(value_errc::unknown_field) || in_.in_key(key);
    append_varint(out, static_cast<std::uint64_t>(chosen - type.arguments.begin()));
    if (!value(*chosen, out)) return in_.in_key(chosen->name);
    if (in_.next_member(key)) return in_.fail(value_errc::unknown_field) || in_.in_key(key);
    return !in_.failed();
  }

  bool structure(const type_text& type, value_bytes& out) {
    std::vector<std::optional<value_bytes>> fields(type.arguments.size());
    std::string_view key;
    if (!in_.begin_object()) return false;
    while (in_.next_member(key)) {
      const auto at = std::ranges::find(type.member_names, key);
      if (at == type.member_names.end()) return in_.fail(value_errc::unknown_field) || in_.in_key(key);
      auto& field = fields[static_cast<std::size_t>(at - type.member_names.begin())];
      if (field) return in_.fail(value_errc::duplicate_field) || in_.in_field(*at);
      if (!value(type.arguments[static_cast<std::size_t>(at - type.member_names.begin())], field.emplace()))
        return in_.in_field(*at);
    }
    if (in_.failed()) return false;
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (!fields[i]) return in_.fail(value_errc::missing_field) || in_.in_field(type.member_names[i]);
      out.insert(out.end(), fields[i]->begin(), fields[i]->end());
    }
    return true;
  }

  /// Keys stand in their order in the encoding, in any in JSON.
  bool map(const type_text& key_type, const type_text& type, value_bytes& out) {
    struct entry_key {
      std::string text;
      std::int64_t negative = 0;
      std::uint64_t positive = 0;
      auto operator<=>(const entry_key&) const = default;
    };
    const auto number =
        integer_named(key_type.what == form::enumeration ? key_type.underlying : key_type.name);
    if (!number && key_type.name != "text") return in_.fail(value_errc::wrong_type);
    std::map<entry_key, value_bytes> entries;
    std::string_view name;
    if (!in_.enter() || !in_.begin_object()) return false;
    while (in_.next_member(name)) {
      if (!in_.charge(sizeof(entry_key) + 8 * sizeof(void*))) return false;
      entry_key key;
      if (!number)
        key.text = name;
      else if (!key_number(key_type, *number, name, key.negative, key.positive))
        return in_.in_key(name);
      const std::string shown(name);
      const auto [at, added] = entries.try_emplace(std::move(key));
      if (!added) return in_.fail(value_errc::duplicate_field) || in_.in_key(shown);
      if (!value(type, at->second)) return in_.in_key(shown);
    }
    if (in_.failed()) return false;
    in_.leave();
    append_varint(out, entries.size());
    for (const auto& [key, bytes] : entries) {
      if (number)
        append_integer(out, *number, key.negative, key.positive);
      else
        append_sized(out, std::as_bytes(std::span(key.text)));
      out.insert(out.end(), bytes.begin(), bytes.end());
    }
    return true;
  }
  bool key_number(const type_text& type, const integer_type& number, std::string_view name,
                  std::int64_t& negative, std::uint64_t& positive) {
    if (type.what == form::enumeration) return number_of(type, number, name, negative, positive);
    if (number.with_sign) {
      const auto read = signed_number_in(name);
      if (read && number.holds(*read)) return negative = *read, true;
    } else {
      const auto read = number_in(name);
      if (read && number.holds(*read)) return positive = *read, true;
    }
    return in_.fail(value_errc::out_of_range);
  }

  bool enumerator(const type_text& type, value_bytes& out) {
    const auto number = integer_named(type.underlying);
    std::string_view name;
    std::int64_t negative = 0;
    std::uint64_t positive = 0;
    if (!number) return in_.fail(value_errc::wrong_type);
    if (!in_.text(name) || !number_of(type, *number, name, negative, positive)) return false;
    append_integer(out, *number, negative, positive);
    return true;
  }
  bool number_of(const type_text& type, const integer_type& number, std::string_view name,
                 std::int64_t& negative, std::uint64_t& positive) {
    const auto at = std::ranges::find(type.member_names, name);
    if (at == type.member_names.end()) return in_.fail(value_errc::out_of_range);
    const std::string_view digits = type.numbers[static_cast<std::size_t>(at - type.member_names.begin())];
    if (number.with_sign) {
      const auto read = signed_number_in(digits);
      if (read && number.holds(*read)) return negative = *read, true;
    } else {
      const auto read = number_in(digits);
      if (read && number.holds(*read)) return positive = *read, true;
    }
    return in_.fail(value_errc::wrong_type);
  }

  bool time(const type_text& type, value_bytes& out) {
    const auto period = time_of(type);
    if (!period) return in_.fail(value_errc::wrong_type);
    std::string_view said;
    std::int64_t seconds = 0, count = 0;
    std::uint32_t nanoseconds = 0;
    if (!in_.text(said)) return false;
    if (!detail::read_rfc3339(said, seconds, nanoseconds)) return in_.fail(value_errc::out_of_range);
    const std::int64_t each = 1'000'000'000 / period->in_second, part = nanoseconds / each;
    // As json_codec does it: towards zero, since the whole may not fit where the sum with the part does.
    const bool before = seconds < 0 && part > 0;
    if (nanoseconds % each != 0 || seconds % period->of_seconds != 0 ||
        __builtin_mul_overflow((seconds + (before ? 1 : 0)) / period->of_seconds, period->in_second,
                               &count) ||
        __builtin_add_overflow(count, before ? part - period->in_second : part, &count) ||
        !period->count.holds(count))
      return in_.fail(value_errc::out_of_range);
    append_integer(out, period->count, count, static_cast<std::uint64_t>(count));
    return true;
  }

  json_cursor in_;
  open_types types_;
};

}  // namespace

result<std::vector<std::byte>> value_from_json(const type_text& type, std::string_view json,
                                               decode_failure* where) {
  return value_of_json(json, where).take(type);
}

}  // namespace coseal
