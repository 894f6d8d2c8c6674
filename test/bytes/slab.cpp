#include "bytes/slab.hpp"

#include "support/catch.hpp"

#include <atomic>
#include <cstdint>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#define COSEAL_POOL_NOTHING 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define COSEAL_POOL_NOTHING 1
#endif
#endif

using coseal::slab;
using coseal::slab_ref;

namespace {

constexpr std::size_t header = sizeof(slab);

}  // namespace

TEST_CASE("a slab holds what was asked for, aligned to cache lines", "[bytes]") {
  for (const std::size_t n :
       {std::size_t{0}, std::size_t{1}, 4096 - header, 4096 - header + 1, std::size_t{5000},
        (1U << 20) - header, (1U << 20) - header + 1, std::size_t{3'000'000}}) {
    CAPTURE(n);
    const slab_ref memory = slab::acquire(n);
    CHECK(memory->capacity() >= n);
    CHECK(memory->bytes().size() == memory->capacity());
    CHECK(reinterpret_cast<std::uintptr_t>(memory->data()) % 64 == 0);
    std::memset(memory->data(), 0x5a, memory->capacity());  // the sanitizer tells if it is not ours
  }
}

TEST_CASE("a slab takes the smallest power of two that fits, header included", "[bytes]") {
  CHECK(slab::acquire(1)->capacity() == 4096 - header);
  CHECK(slab::acquire(4096 - header)->capacity() == 4096 - header);
  CHECK(slab::acquire(4096 - header + 1)->capacity() == 8192 - header);
  CHECK(slab::acquire(512 * 1024 - header)->capacity() == 512 * 1024 - header);
  CHECK(slab::acquire((1U << 20) - header)->capacity() == (1U << 20) - header);
  // Above the classes no byte is wasted.
  CHECK(slab::acquire((1U << 20) - header + 1)->capacity() == (1U << 20) - header + 1);
}

TEST_CASE("a slab is unique as long as one reference holds it", "[bytes]") {
  slab_ref first = slab::acquire(10);
  CHECK(first->unique());
  {
    const slab_ref second = first;
    CHECK_FALSE(first->unique());
    CHECK(&*second == &*first);
  }
  CHECK(first->unique());
  slab_ref moved = std::move(first);
  CHECK(moved->unique());
  CHECK_FALSE(static_cast<bool>(first));
  moved = slab_ref(moved);
  CHECK(moved->unique());
  first = moved;
  CHECK_FALSE(moved->unique());
  moved = {};
  CHECK(first->unique());
}

TEST_CASE("slabs in use at one time are different memory", "[bytes]") {
  for (int round = 0; round < 3; ++round) {
    std::vector<slab_ref> held;
    std::set<slab*> seen;
    for (int i = 0; i < 100; ++i) {
      held.push_back(slab::acquire(i % 3 == 0 ? 20'000 : 100));
      std::memset(held.back()->data(), i, held.back()->capacity());
      CHECK(seen.insert(&*held.back()).second);
    }
    for (int i = 0; i < 100; ++i) {
      const auto bytes = held[static_cast<std::size_t>(i)]->bytes();
      CHECK(bytes.front() == static_cast<std::byte>(i));
      CHECK(bytes.back() == static_cast<std::byte>(i));
    }
  }
}

#if !defined(COSEAL_POOL_NOTHING)  // as under the address sanitizer, so that it sees a use after release
TEST_CASE("a released slab is used again by its class and by no other", "[bytes]") {
  slab_ref small = slab::acquire(100);
  slab* const address = &*small;
  small = {};
  const slab_ref other = slab::acquire(9'000);
  CHECK(&*other != address);
  const slab_ref again = slab::acquire(4'000);
  CHECK(&*again == address);
  CHECK(again->unique());
}

TEST_CASE("the pool gives blocks back that nobody uses, and none that somebody does", "[bytes]") {
  const slab_ref used = slab::acquire(5'000);
  std::memset(used->data(), 0x55, used->capacity());
  { const slab_ref one = slab::acquire(5'000), other = slab::acquire(5'000); }
  slab::shed(1);
  slab::shed(static_cast<std::size_t>(-1));
  slab::shed(1);  // of none
  const slab_ref again = slab::acquire(5'000);
  std::memset(again->data(), 0xaa, again->capacity());
  CHECK(used->data()[used->capacity() - 1] == std::byte{0x55});
}
#endif

TEST_CASE("slabs travel between threads", "[bytes]") {
  constexpr int rounds = 2'000;
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  const slab_ref shared = slab::acquire(64);
  std::memset(shared->data(), 0x77, 64);
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < rounds; ++i) {
        const slab_ref copy = shared;
        const slab_ref mine = slab::acquire(static_cast<std::size_t>(i) * 7 % 30'000);
        std::memset(mine->data(), t, 64);
        for (const std::byte b : mine->bytes().first(64)) wrong += b != static_cast<std::byte>(t);
        wrong += copy->data()[63] != std::byte{0x77};
        wrong += !mine->unique();
      }
    });
  for (auto& each : threads) each.join();
  CHECK(wrong == 0);
  CHECK(shared->unique());
}
