#pragma once

#include "session/stage.hpp"
#include "support/breakable_lines.hpp"
#include "support/memory_listening.hpp"

#include <coseal/coseal.hpp>

#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace coseal::test {

// What the tests of channels call, push and stream.
struct greet {
  std::string name;
  using reply = std::string;
};
COSEAL_ACTION(greet, name)

struct too_long {
  std::uint32_t most = 0;
};
COSEAL_STRUCT(too_long, most)
struct unknown_word {
  std::string word;
};
COSEAL_STRUCT(unknown_word, word)

struct translate {
  std::string word;
  using reply = std::string;
  using errors = declared<too_long, unknown_word>;
};
COSEAL_ACTION(translate, word)

struct wait_for {
  std::uint32_t ms = 0;
  using reply = std::uint32_t;
};
COSEAL_ACTION(wait_for, ms)

struct forget {};
COSEAL_ACTION(forget)

struct blob {
  std::vector<std::byte> bytes;
  using reply = std::vector<std::byte>;
};
COSEAL_ACTION(blob, bytes)

struct count_to {
  std::uint32_t last = 0;
  std::uint32_t size = 0;  ///< bytes of each item
  using reply = stream<std::vector<std::byte>>;
  using errors = declared<too_long>;
};
COSEAL_ACTION(count_to, last, size)

struct add_up {
  std::uint32_t start = 0;
  using takes = stream<std::uint32_t>;
  using reply = std::uint64_t;
};
COSEAL_ACTION(add_up, start)

struct echo_items {
  using takes = stream<std::string>;
  using reply = stream<std::string>;
};
COSEAL_ACTION(echo_items)

struct news {
  std::uint32_t number = 0;
  std::string text;
};
COSEAL_ACTION(news, number, text)

/// In no channel of these tests.
struct stranger {
  std::uint32_t number = 0;
};
COSEAL_ACTION(stranger, number)

const channel& test_channel();

/// A server and clients of it, joined in memory, in virtual time.
class scene : public stage {
 public:
  explicit scene(security_level l = security_level::authenticated);

  security_level level;
  memory_knobs forth, back;  ///< of connections to come: from the client, from the server
  memory_listening listening{io};
  breakable_lines lines;
  serve_options serving;
  client_options connecting;
  bool reachable = true;  ///< new connections are refused by the network where false
  std::size_t attempts = 0;
  std::vector<channel_state> states;  ///< what the clients said
  runtime backend, frontend;
  server served;
  client caller;

  /// Serves with `serving` and connects one client.
  scene& open();
  /// Another client, with an identity of its own.
  client another(client_options options = {});
  transport to_server();
  /// How an action is handled, before open().
  template <action A, typename F>
  void on(F function) {
    serving.handlers.push_back(handle<A>(std::move(function)));
  }
  /// A pause of a handler, in virtual time.
  task<void> pause(clock::duration how_long);
  /// The server disconnects every client, for good; `lines` is what a network does to them.
  void cut();
  /// Closes both sides; nothing is left to run after it.
  void end();

 private:
  std::deque<runtime> others_;
};

}  // namespace coseal::test
