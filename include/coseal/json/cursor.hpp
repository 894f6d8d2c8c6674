#pragma once

#ifndef COSEAL_HAVE_JSON
#error \
    "this coseal was built without JSON: install simdjson (libsimdjson-dev) and configure coseal with -Djson=enabled"
#endif

#include <coseal/value_error.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace coseal {

/// Takes a value from the JSON of a stranger (RFC 8259), part by part, in the order of the text. What is said
/// of decoder holds here too: false means that it can not go on.
class json_cursor : public detail::failing {
 public:
  /// `text` is copied.
  explicit json_cursor(std::string_view text, decode_failure* where = nullptr);
  ~json_cursor();
  json_cursor(const json_cursor&) = delete;
  json_cursor& operator=(const json_cursor&) = delete;

  /// Integers as integers: neither 1.0 nor 1e3 is one.
  bool number(std::uint64_t& out);
  bool number(std::int64_t& out);
  /// The nearest one; what is too large is out of range.
  bool number(double& out);
  bool number(float& out);
  bool boolean(bool& out);
  /// UTF-8, without its escapes. Belongs to the cursor.
  bool text(std::string_view& out);
  /// Takes a null if there is one; false is no failure.
  bool null();

  bool begin_array();
  /// True if the next element is there to be taken; false behind the last one, and when it has failed().
  bool next_element();
  bool begin_object();
  /// The same for members. `key` belongs to the cursor and stays.
  bool next_member(std::string_view& key);

  /// `size` bytes more in a list or map; false above what the length of the text allows.
  bool charge(std::size_t size) noexcept {
    if (size > memory_) return fail(value_errc::too_much_memory);
    memory_ -= size;
    return true;
  }
  /// True if nothing stands behind the value.
  bool complete();

 private:
  struct state;
  template <class Number>
  bool integer(Number& out);

  std::unique_ptr<state> state_;
  std::size_t memory_;
};

}  // namespace coseal
