#include "contract/value_json.hpp"
#include "contract/value_type.hpp"

#include <coseal/codec/decoder.hpp>
#include <coseal/codec/text.hpp>
#include <coseal/error.hpp>
#include <coseal/json/writing.hpp>

#include <algorithm>
#include <bit>

namespace coseal {
namespace {

class json_of_value {
 public:
  json_of_value(std::span<const std::byte> value, decode_failure* where)
      : in_(value, where), most_(decoder::allowance(value.size())) {}

  result<std::string> take(const type_text& type) {
    try {
      if (!value(type) || !in_.complete()) return in_.finish();
    } catch (const error& unwritable) {  // of append_json_*: what has no JSON
      in_.fail(static_cast<value_errc>(unwritable.code().value()));
      return in_.finish();
    }
    return std::move(out_);
  }

 private:
  using form = type_text::form;

  bool value(const type_text& written) {
    const type_text& type = types_.resolve(written);
    if (out_.size() > most_) return in_.fail(value_errc::too_much_memory);
    if (!types_.enter(type)) return in_.fail(value_errc::too_deep);
    const bool read = inside(type);
    types_.leave();
    return read;
  }

  bool inside(const type_text& type) {
    switch (type.what) {
      case form::plain:
        return plain(type.name);
      case form::generic:
        return generic(type);
      case form::structure:
        return structure(type);
      case form::enumeration:
        return enumerator(type);
      case form::mapped:
        return value(type.arguments[0]);
      case form::number:
        break;
    }
    return in_.fail(value_errc::wrong_type);
  }

  bool plain(std::string_view name) {
    if (const auto integer = integer_named(name)) return number(*integer);
    if (name == "f64") return floating<std::uint64_t, double>();
    if (name == "f32") return floating<std::uint32_t, float>();
    if (name == "bool") return boolean();
    if (name == "text") return text();
    if (name == "bytes") return sized_bytes();
    if (name == "none") return out_ += "null", true;
    return in_.fail(value_errc::wrong_type);
  }

  bool generic(const type_text& type) {
    const auto& of = type.arguments;
    if (type.name == "list" && of.size() == 1) return list(of[0]);
    if (type.name == "optional" && of.size() == 1) return optional(of[0]);
    if (type.name == "variant") return variant(type);
    if (type.name == "map" && of.size() == 2) return map(of[0], of[1]);
    if (type.name == "duration" && of.size() == 2) return value(of[0]);
    if (type.name == "time") return time(type);
    const auto n = of.empty() ? std::nullopt : number_in(of.back().name);
    if (type.name == "bytes" && of.size() == 1 && n) return some_bytes(*n);
    if (type.name == "array" && of.size() == 2 && n) return array(of[0], *n);
    return in_.fail(value_errc::wrong_type);
  }

  bool integer(const integer_type& type, std::int64_t& negative, std::uint64_t& positive) {
    negative = 0;
    positive = 0;
    if (type.bits == 8) {
      const std::byte* const at = in_.take(1);
      if (at == nullptr) return false;
      if (type.with_sign)
        negative = static_cast<std::int8_t>(*at);
      else
        positive = std::to_integer<std::uint64_t>(*at);
    } else {
      if (!in_.varint(positive)) return false;
      if (!integer_type{false, type.bits}.holds(positive)) return in_.fail(value_errc::out_of_range);
      if (type.with_sign) negative = detail::from_zigzag(positive);
    }
    return true;
  }
  bool number(const integer_type& type) {
    std::int64_t negative = 0;
    std::uint64_t positive = 0;
    if (!integer(type, negative, positive)) return false;
    if (type.with_sign)
      detail::append_json_number(out_, negative);
    else
      detail::append_json_number(out_, positive);
    return true;
  }
  template <class Bits, class Float>
  bool floating() {
    const std::byte* const at = in_.take(sizeof(Bits));
    if (at == nullptr) return false;
    detail::append_json_number(out_, std::bit_cast<Float>(detail::load_big<Bits>(at)));
    return true;
  }
  bool boolean() {
    const std::byte* const at = in_.take(1);
    if (at == nullptr) return false;
    if (*at > std::byte{1}) return in_.fail(value_errc::not_canonical);
    out_ += *at == std::byte{1} ? "true" : "false";
    return true;
  }
  bool sized(std::span<const std::byte>& bytes) {
    std::uint64_t n = 0;
    if (!in_.varint(n)) return false;
    if (n > in_.left()) return in_.fail(value_errc::truncated);
    bytes = {in_.take(static_cast<std::size_t>(n)), static_cast<std::size_t>(n)};
    return true;
  }
  bool text() {
    std::span<const std::byte> bytes;
    if (!sized(bytes)) return false;
    const std::string_view said(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (!detail::is_utf8(said)) return in_.fail(value_errc::not_utf8);
    detail::append_json_text(out_, said);
    return true;
  }
  void base64(std::span<const std::byte> bytes) {
    out_ += '"';
    detail::append_base64(out_, bytes);
    out_ += '"';
  }
  bool sized_bytes() {
    std::span<const std::byte> bytes;
    return sized(bytes) && (base64(bytes), true);
  }
  bool some_bytes(std::uint64_t n) {
    if (n > in_.left()) return in_.fail(value_errc::truncated);
    base64({in_.take(static_cast<std::size_t>(n)), static_cast<std::size_t>(n)});
    return true;
  }

  bool elements(const type_text& type, std::uint64_t n) {
    out_ += '[';
    for (std::uint64_t i = 0; i < n; ++i) {
      if (i != 0) out_ += ',';
      if (!value(type)) return in_.in_element(static_cast<std::size_t>(i));
    }
    out_ += ']';
    return true;
  }
  bool list(const type_text& type) {
    std::size_t n = 0;
    if (!in_.enter() || !in_.count(n, 1, 1) || !elements(type, n)) return false;
    in_.leave();
    return true;
  }
  bool array(const type_text& type, std::uint64_t n) { return elements(type, n); }
  bool optional(const type_text& type) {
    const std::byte* const at = in_.take(1);
    if (at == nullptr) return false;
    if (*at > std::byte{1}) return in_.fail(value_errc::not_canonical);
    if (*at == std::byte{1}) return value(type);
    out_ += "null";
    return true;
  }
  bool variant(const type_text& type) {
    std::uint64_t index = 0;
    if (!in_.varint(index)) return false;
    if (index >= type.arguments.size()) return in_.fail(value_errc::out_of_range);
    const type_text& chosen = type.arguments[static_cast<std::size_t>(index)];
    out_ += '{';
    detail::append_json_text(out_, chosen.name);
    out_ += ':';
    if (!value(chosen)) return false;
    out_ += '}';
    return true;
  }

  /// Keys ascend: text by its bytes, integers by value.
  bool map(const type_text& key, const type_text& type) {
    std::size_t n = 0;
    if (!in_.enter() || !in_.count(n, 1, 1)) return false;
    const auto number = integer_named(key.what == form::enumeration ? key.underlying : key.name);
    if (!number && key.name != "text") return in_.fail(value_errc::wrong_type);
    out_ += '{';
    std::string last_text;
    std::int64_t last_negative = 0;
    std::uint64_t last_positive = 0;
    for (std::size_t i = 0; i < n; ++i) {
      if (i != 0) out_ += ',';
      bool ascends = i == 0;
      if (number) {
        std::int64_t negative = 0;
        std::uint64_t positive = 0;
        if (!integer(*number, negative, positive)) return false;
        ascends = ascends || (number->with_sign ? negative > last_negative : positive > last_positive);
        last_negative = negative;
        last_positive = positive;
        if (!key_of(key, *number, negative, positive)) return false;
      } else {
        std::span<const std::byte> bytes;
        if (!sized(bytes)) return false;
        std::string said(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        if (!detail::is_utf8(said)) return in_.fail(value_errc::not_utf8);
        ascends = ascends || said > last_text;
        detail::append_json_text(out_, said);
        last_text = std::move(said);
      }
      if (!ascends) return in_.fail(value_errc::not_canonical);
      out_ += ':';
      if (!value(type)) return in_.in_element(i);
    }
    out_ += '}';
    in_.leave();
    return true;
  }
  bool key_of(const type_text& key, const integer_type& number, std::int64_t negative,
              std::uint64_t positive) {
    if (key.what == form::enumeration) return name_of(key, number, negative, positive);
    out_ += '"';
    out_ += number.with_sign ? std::to_string(negative) : std::to_string(positive);
    out_ += '"';
    return true;
  }

  bool structure(const type_text& type) {
    out_ += '{';
    for (std::size_t i = 0; i < type.arguments.size(); ++i) {
      if (i != 0) out_ += ',';
      detail::append_json_text(out_, type.member_names[i]);
      out_ += ':';
      if (!value(type.arguments[i])) return in_.in_field(type.member_names[i]);
    }
    out_ += '}';
    return true;
  }

  bool enumerator(const type_text& type) {
    const auto number = integer_named(type.underlying);
    std::int64_t negative = 0;
    std::uint64_t positive = 0;
    if (!number) return in_.fail(value_errc::wrong_type);
    return integer(*number, negative, positive) && name_of(type, *number, negative, positive);
  }
  bool name_of(const type_text& type, const integer_type& number, std::int64_t negative,
               std::uint64_t positive) {
    for (std::size_t i = 0; i < type.numbers.size(); ++i) {
      const bool same = number.with_sign ? signed_number_in(type.numbers[i]) == negative
                                         : number_in(type.numbers[i]) == positive;
      if (!same) continue;
      detail::append_json_text(out_, type.member_names[i]);
      return true;
    }
    return in_.fail(value_errc::out_of_range);
  }

  bool time(const type_text& type) {
    const auto period = time_of(type);
    if (!period) return in_.fail(value_errc::wrong_type);
    std::int64_t count = 0;
    std::uint64_t positive = 0;
    if (!integer(period->count, count, positive)) return false;
    if (!period->count.with_sign) {
      if (positive > static_cast<std::uint64_t>(INT64_MAX)) return in_.fail(value_errc::no_json_form);
      count = static_cast<std::int64_t>(positive);
    }
    const std::int64_t in_second = period->in_second;
    const std::int64_t part = (count % in_second + in_second) % in_second;
    const std::int64_t whole = count / in_second - (count % in_second < 0 ? 1 : 0);
    std::int64_t seconds = 0;
    if (__builtin_mul_overflow(whole, period->of_seconds, &seconds))
      return in_.fail(value_errc::no_json_form);
    out_ += '"';
    detail::append_rfc3339(out_, seconds, static_cast<std::uint32_t>(part * (1'000'000'000 / in_second)),
                           period->digits());
    out_ += '"';
    return true;
  }

  decoder in_;
  const std::size_t most_;
  std::string out_;
  open_types types_;
};

}  // namespace

result<std::string> value_to_json(const type_text& type, std::span<const std::byte> value,
                                  decode_failure* where) {
  return json_of_value(value, where).take(type);
}

}  // namespace coseal
