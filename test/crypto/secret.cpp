#include "crypto/secret.hpp"

#include "crypto/hash.hpp"
#include "crypto/random.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <type_traits>

using namespace coseal;

namespace {

template <typename Bytes>
bool all_zero(const Bytes& bytes) {
  return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

}  // namespace

static_assert(!std::is_copy_constructible_v<secret32> && !std::is_copy_assignable_v<secret32>);
static_assert(std::is_nothrow_move_constructible_v<secret32>);

TEST_CASE("a moved secret leaves zeros behind", "[crypto]") {
  const auto bytes = random_array<32>();
  secret32 first(bytes);
  const secret32 second(std::move(first));
  REQUIRE(all_zero(first.view()));  // NOLINT: looked at on purpose
  secret32 third;
  first = second.clone();
  third = std::move(first);
  REQUIRE(all_zero(first.view()));  // NOLINT
  REQUIRE(std::ranges::equal(third.view(), bytes));
  REQUIRE(std::ranges::equal(second.view(), bytes));
}

TEST_CASE("a secret assigned to itself stays", "[crypto]") {
  const auto bytes = random_array<32>();
  secret32 value(bytes);
  auto& same = value;
  value = std::move(same);
  REQUIRE(std::ranges::equal(value.view(), bytes));
}

TEST_CASE("a secret and an hmac key wipe their memory when they go", "[crypto]") {
  const auto bytes = random_array<32>();
  alignas(secret32) std::array<std::byte, sizeof(secret32)> memory;
  std::destroy_at(std::construct_at(reinterpret_cast<secret32*>(memory.data()), bytes));
  REQUIRE(all_zero(memory));
  alignas(hmac_key) std::array<std::byte, sizeof(hmac_key)> key_memory;
  std::destroy_at(std::construct_at(reinterpret_cast<hmac_key*>(key_memory.data()), bytes));
  REQUIRE(all_zero(key_memory));
}

TEST_CASE("constant-time comparison finds every difference at every size", "[crypto]") {
  for (const std::size_t size : {1u, 8u, 15u, 16u, 17u, 31u, 32u, 33u, 64u}) {
    std::vector<std::byte> a(size);
    fill_random(a);
    auto b = a;
    REQUIRE(equal_constant_time(a, b));
    for (std::size_t i = 0; i < size; ++i) {
      b[i] ^= std::byte{0x80};
      REQUIRE_FALSE(equal_constant_time(a, b));
      b[i] = a[i];
    }
    REQUIRE_FALSE(equal_constant_time(a, std::span(b).first(size - 1)));
  }
  REQUIRE(equal_constant_time({}, {}));
}

TEST_CASE("random bytes fill all of their span and do not repeat", "[crypto]") {
  REQUIRE(random_array<32>() != random_array<32>());
  fill_random({});
  std::array<bool, 100> touched{};
  for (int round = 0; round < 8; ++round) {
    std::array<std::byte, 100> bytes{};
    fill_random(bytes);
    for (std::size_t i = 0; i < bytes.size(); ++i) touched[i] = touched[i] || bytes[i] != std::byte{0};
  }
  REQUIRE(std::ranges::all_of(touched, [](bool t) { return t; }));  // all but once in 2^57
}
