#include "session/session_metrics.hpp"

#include <string>

namespace coseal {
namespace {

constexpr std::array role_words = {"connector", "acceptor"};
constexpr std::array direction_words = {"sent", "received"};
constexpr std::array every_level_there_is = {security_level::none, security_level::authenticated,
                                             security_level::encrypted};

std::array<counter, 2> both_directions(const metrics& of, const char* name, const char* help) {
  std::array<counter, 2> made;
  for (std::size_t i = 0; i < made.size(); ++i)
    made[i] = of.add_counter(name, help, {{"direction", direction_words[i]}});
  return made;
}

}  // namespace

session_metrics::session_metrics(const metrics& of)
    : bytes(both_directions(of, "coseal_session_bytes_total",
                            "Bytes of sessions on their carriers, headers and tags included.")),
      records(both_directions(of, "coseal_records_total", "Records of sessions.")),
      frames(both_directions(of, "coseal_frames_total", "Frames of sessions.")),
      rekeys(both_directions(of, "coseal_rekeys_total", "Traffic keys that took the place of another.")) {
  for (std::size_t role = 0; role < role_words.size(); ++role) {
    for (const security_level level : every_level_there_is)
      open[role][static_cast<std::size_t>(level)] =
          of.add_gauge("coseal_sessions", "Sessions that are open.",
                       {{"role", role_words[role]}, {"level", std::string(to_string(level))}});
    handshake_time[role] = of.add_histogram(
        "coseal_handshake_seconds", "From the open carrier to the session, of handshakes that succeed.",
        {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10},
        {{"role", role_words[role]}});
  }
}

void count_handshake(const metrics& in, bool acceptor, std::optional<security_level> level,
                     std::string_view result) {
  in.add_counter("coseal_handshakes_total", "Handshakes that ended, by how.",
                 {{"role", role_words[acceptor ? 1 : 0]},
                  {"level", std::string(level ? to_string(*level) : "unknown")},
                  {"result", std::string(result)}})
      .add();
}

}  // namespace coseal
