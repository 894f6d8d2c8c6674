#pragma once

#include "byte_sink.hpp"
#include "byte_source.hpp"
#include "exit_code.hpp"
#include "reporter.hpp"

#include <coseal/session.hpp>

#include <optional>
#include <stop_token>
#include <string>

namespace coseal::tool {

/// What one session moves: `source` (if any) to the peer, what comes from it to `sink`. Each direction ends
/// with its CLOSE, so that an end without one is told from a complete transfer.
struct conversation {
  std::optional<byte_source> source;
  byte_sink sink;
  std::string source_file;  ///< empty: a stream
  std::string sink_file;
  bool digests =
      false;  ///< report the SHA-256 of each direction; of files in a second pass, outside of the rate

  conversation(std::optional<byte_source> from, byte_sink to)
      : source(std::move(from)), sink(std::move(to)) {}
};

/// "connected to backend/3f2a, key SHA256:... (first contact, pinned), level encrypted by ipsec-mb over tcp"
void say_session(const reporter& report, const session_info& info);

/// Runs the conversation to its end, closes the session and reports bytes, time, rate and digests. Throws
/// failure.
task<exit_code> converse(session talk, conversation what, reporter report, std::stop_token stop);

}  // namespace coseal::tool
