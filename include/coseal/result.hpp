#pragma once

#include <optional>
#include <system_error>
#include <type_traits>
#include <utility>
#include <variant>

namespace coseal {

/// A value or the std::error_code that explains its absence. Not std::expected, which C++20 lacks: an alias
/// that followed the consumer's language version would change the library's symbols with it.
template <typename T>
class [[nodiscard]] result {
 public:
  template <typename U = T>
  requires(std::is_constructible_v<T, U&&> && !std::is_same_v<std::remove_cvref_t<U>, result> &&
           !std::is_same_v<std::remove_cvref_t<U>, std::error_code> &&
           !std::is_error_code_enum<std::remove_cvref_t<U>>::value) result(U&& value)
      : state_(std::in_place_index<0>, std::forward<U>(value)) {}  // NOLINT: implicit by design
  result(std::error_code error) noexcept : state_(std::in_place_index<1>, error) {}  // NOLINT
  template <typename E>
  requires(std::is_error_code_enum<E>::value) result(E error)
  noexcept : result(std::error_code(error)) {}  // NOLINT

  explicit operator bool() const noexcept { return state_.index() == 0; }
  bool has_value() const noexcept { return state_.index() == 0; }

  T& operator*() & noexcept { return *std::get_if<0>(&state_); }
  const T& operator*() const& noexcept { return *std::get_if<0>(&state_); }
  T&& operator*() && noexcept { return std::move(*std::get_if<0>(&state_)); }
  T* operator->() noexcept { return std::get_if<0>(&state_); }
  const T* operator->() const noexcept { return std::get_if<0>(&state_); }

  /// The error, or a zero code when there is a value.
  std::error_code error() const noexcept {
    const auto* code = std::get_if<1>(&state_);
    return code != nullptr ? *code : std::error_code();
  }
  /// The value, or std::system_error.
  T& value() & {
    if (!has_value()) throw std::system_error(error());
    return **this;
  }
  const T& value() const& {
    if (!has_value()) throw std::system_error(error());
    return **this;
  }
  T&& value() && {
    if (!has_value()) throw std::system_error(error());
    return *std::move(*this);
  }

 private:
  std::variant<T, std::error_code> state_;
};

template <>
class [[nodiscard]] result<void> {
 public:
  result() noexcept = default;
  result(std::error_code error) noexcept : error_(error) {}  // NOLINT: implicit by design
  template <typename E>
  requires(std::is_error_code_enum<E>::value) result(E error)
  noexcept : error_(error) {}  // NOLINT

  explicit operator bool() const noexcept { return !error_; }
  bool has_value() const noexcept { return !error_; }
  std::error_code error() const noexcept { return error_; }
  void value() const {
    if (error_) throw std::system_error(error_);
  }

 private:
  std::error_code error_;
};

}  // namespace coseal
