#include "crypto/process.hpp"

#include <pthread.h>

namespace coseal {

std::atomic<std::uint32_t> forks_so_far{0};

namespace {

[[maybe_unused]] const int registered =
    pthread_atfork(nullptr, nullptr, [] { forks_so_far.fetch_add(1, std::memory_order_relaxed); });

}  // namespace
}  // namespace coseal
