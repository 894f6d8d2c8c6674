#pragma once

#include <coseal/codec/scalars.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace coseal {

namespace detail {

template <class Period>
void describe_period(description& out) {
  out.add(std::to_string(Period::num));
  out.add("/");
  out.add(std::to_string(Period::den));
}

}  // namespace detail

/// The count, as the number that it is.
template <class Rep, class Period>
struct codec<std::chrono::duration<Rep, Period>> {
  using value_type = std::chrono::duration<Rep, Period>;
  static constexpr std::string_view name = "duration";
  static constexpr std::size_t least = codec<Rep>::least;

  static std::size_t size(value_type value) noexcept { return codec<Rep>::size(value.count()); }
  static std::byte* write(std::byte* at, value_type value) noexcept {
    return codec<Rep>::write(at, value.count());
  }
  static bool read(decoder& in, value_type& out) noexcept {
    Rep count{};
    if (!codec<Rep>::read(in, count)) return false;
    out = value_type(count);
    return true;
  }
  static void describe(description& out) {
    out.add("duration<");
    codec<Rep>::describe(out);
    out.add(",");
    detail::describe_period<Period>(out);
    out.add(">");
  }
};

/// Time since 1970-01-01 00:00 UTC without leap seconds, as its duration travels. The period of
/// std::chrono::system_clock::time_point is a nanosecond with one standard library and a microsecond with
/// another: where programs with different ones meet, name it, as in
/// std::chrono::sys_time<std::chrono::milliseconds>.
template <class Duration>
struct codec<std::chrono::sys_time<Duration>> {
  using value_type = std::chrono::sys_time<Duration>;
  using period = typename Duration::period;
  static_assert(std::is_integral_v<typename Duration::rep>, "coseal: a time point with an integer count");
  static_assert(period::num == 1 ? period::den == 1 || period::den == 1'000 || period::den == 1'000'000 ||
                                       period::den == 1'000'000'000
                                 : period::den == 1,
                "coseal: time points count nano-, micro-, milliseconds, seconds or multiples of seconds");
  static constexpr std::string_view name = "time";
  static constexpr std::size_t least = codec<Duration>::least;

  static std::size_t size(value_type value) noexcept {
    return codec<Duration>::size(value.time_since_epoch());
  }
  static std::byte* write(std::byte* at, value_type value) noexcept {
    return codec<Duration>::write(at, value.time_since_epoch());
  }
  static bool read(decoder& in, value_type& out) noexcept {
    Duration since{};
    if (!codec<Duration>::read(in, since)) return false;
    out = value_type(since);
    return true;
  }
  static void describe(description& out) {
    out.add("time<");
    codec<typename Duration::rep>::describe(out);
    out.add(",");
    detail::describe_period<period>(out);
    out.add(">");
  }
};

}  // namespace coseal
