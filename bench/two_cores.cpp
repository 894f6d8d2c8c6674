#include "two_cores.hpp"

#include <exception>
#include <fstream>
#include <mutex>
#include <sched.h>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace coseal::bench {
namespace {

std::vector<int> allowed_cores() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  std::vector<int> cores;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return cores;
  for (int core = 0; core < CPU_SETSIZE; ++core)
    if (CPU_ISSET(core, &allowed)) cores.push_back(core);
  return cores;
}

std::string sibling_threads(int core) {
  std::ifstream file("/sys/devices/system/cpu/cpu" + std::to_string(core) + "/topology/thread_siblings_list");
  std::string siblings;
  std::getline(file, siblings);
  return siblings;
}

/// Two allowed cores that are not two threads of one; {-1, -1} where there are none.
std::pair<int, int> two_physical_cores() {
  const auto cores = allowed_cores();
  for (const int other : cores)
    if (other != cores.front() &&
        (sibling_threads(other).empty() || sibling_threads(other) != sibling_threads(cores.front())))
      return {cores.front(), other};
  return {-1, -1};
}

void pin_this_thread(int core) {
  if (core < 0) return;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(core, &one);
  sched_setaffinity(0, sizeof one, &one);  // a wish: the figures say so by their spread if it fails
}

}  // namespace

void run_on_two_cores(bool pin, std::function<void()> first, std::function<void()> second,
                      std::function<void()> stop) {
  static const std::pair<int, int> cores = two_physical_cores();
  std::mutex mutex;
  std::exception_ptr failure;
  const auto guarded = [&](const std::function<void()>& work, int core) {
    try {
      if (pin) pin_this_thread(core);
      work();
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
      stop();
    }
  };
  std::thread one([&] { guarded(first, cores.first); });
  std::thread other([&] { guarded(second, cores.second); });
  one.join();
  other.join();
  if (failure) std::rethrow_exception(failure);
}

unsigned usable_cores() {
  const auto n = allowed_cores().size();
  return n == 0 ? 1 : static_cast<unsigned>(n);
}

}  // namespace coseal::bench
