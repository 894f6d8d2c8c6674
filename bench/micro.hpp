#pragma once
// Figures without a socket, in processor time of the one thread that works.

#include "contest.hpp"

#include <chrono>
#include <cstddef>
#include <string>

namespace coseal::bench {

/// What is done to one message of one size, by one backend.
enum class record_work {
  seal,       ///< in place
  seal_copy,  ///< from the caller's const bytes straight into the record
  open,       ///< in place
  mac,        ///< level authenticated: the tag alone
};

/// One micro run.
struct micro_load {
  record_work work = record_work::seal;
  std::string aead;
  std::size_t size = 0;
  std::chrono::nanoseconds length{0};
};

/// The record layer: header, nonce, limits and tag, as a session calls it. Messages a second.
run_result record_layer(const micro_load& load);
/// The backend alone on the same bytes.
run_result bare_aead(const micro_load& load);

/// Full mutual handshakes of the handshake layer at level encrypted, both sides on this thread, messages
/// handed over in memory. Handshakes a second.
run_result handshake_in_memory(std::chrono::nanoseconds length);
/// Whole sessions over a memory carrier, both sides on this thread: the handshake, ACCEPT, and what a session
/// sets up.
run_result session_in_memory(std::chrono::nanoseconds length, const std::string& aead);

}  // namespace coseal::bench
