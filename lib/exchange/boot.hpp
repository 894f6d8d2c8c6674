#pragma once

#include "handshake/parameters.hpp"

#include <cstdint>
#include <mutex>

namespace coseal {

/// The boot id of one acceptor: random, and another one in every child of a fork. Thread-safe.
class boot {
 public:
  boot();
  boot_id id();

 private:
  std::mutex mutex_;
  boot_id id_;
  std::uint32_t generation_;
};

}  // namespace coseal
