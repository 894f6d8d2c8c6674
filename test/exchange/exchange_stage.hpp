#pragma once

#include "exchange/exchange_acceptor.hpp"
#include "exchange/exchange_session.hpp"
#include "exchange/post_link.hpp"
#include "handshake/handshake.hpp"
#include "support/await.hpp"
#include "support/catch.hpp"
#include "trust/identity_store.hpp"
#include "trust/storage/memory_storage.hpp"

#include <coseal/error.hpp>
#include <coseal/exchange.hpp>

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace coseal::test {

using octets = std::vector<std::byte>;

inline octets octets_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}
inline std::string text_of(const octets& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A connector's side of one exchange, with the bytes that it would send next.
struct exchange_start {
  exchange_session session;
  sealed_request asked;
  octets finish;  ///< M3 and the first REQUEST
  peer_pinned pinned;
};

/// A frontend and any number of processes of one backend, without a network and with a clock of its own.
struct exchange_stage {
  std::chrono::system_clock::time_point wall{std::chrono::hours(24 * 365 * 55)};
  clock::time_point steady{std::chrono::hours(1000)};
  std::shared_ptr<storage> backend_store =
      memory_storage_with([this] { return std::chrono::floor<std::chrono::milliseconds>(wall); });
  std::shared_ptr<storage> frontend_store = memory_storage();
  int handled = 0;
  std::vector<exchange_request> calls;
  std::vector<std::error_code> refused;
  std::deque<exchange_acceptor> processes;

  exchange_stage() {
    const auto identity = make_identity(std::chrono::floor<std::chrono::milliseconds>(wall));
    REQUIRE(await(backend_store->put_if_absent(identity_key, write_identity_document(identity))).value());
  }
  exchange_stage(const exchange_stage&) = delete;

  void pass(std::chrono::milliseconds by) {
    wall += by;
    steady += by;
  }
  trust_clock time() {
    trust_clock made;
    made.system = [this] { return wall; };
    made.steady = [this] { return steady; };
    return made;
  }
  exchange_server_options shared_memory() const {
    return exchange_server_options().replay(replay_policy::shared(backend_store));
  }
  exchange_acceptor& process(exchange_server_options options = {}) {
    options.on_refused(
        [this](std::error_code why, const std::string&, const std::string&) { refused.push_back(why); });
    auto self = std::make_shared<endpoint::state>(coordinate("backend"), backend_store,
                                                  identity_mode::create_if_missing, trust_options(), time());
    const auto handler = [this](exchange_request asked) -> task<octets> {
      ++handled;
      octets answer = octets_of("re: ");
      answer.insert(answer.end(), asked.body.begin(), asked.body.end());
      calls.push_back(asked);
      if (text_of(asked.body) == "throw") throw std::runtime_error("as asked");
      co_return answer;
    };
    return processes.emplace_back(std::move(self), handler, std::move(options), [this] { return wall; });
  }
  octets post(exchange_acceptor& to, octets body) { return await(to.answer(std::move(body), "")); }

  /// Up to FINISH, which is not sent.
  result<exchange_start> hello(exchange_acceptor& to, security_level level = security_level::encrypted,
                               bool idempotent = false, std::function<void(octets&)> on_reply = {}) {
    connect_request request;
    request.self = std::make_shared<endpoint::state>(
        coordinate("frontend"), frontend_store, identity_mode::create_if_missing, trust_options(), time());
    request.wanted = coordinate("backend");
    request.level = level;
    request.carrier = carrier_kind::exchange;
    const auto post_to = [&](octets m1) -> task<result<octets>> {
      auto reply = co_await to.answer(std::move(m1), "");
      if (on_reply) on_reply(reply);
      co_return reply;
    };
    post_link link(post_to);
    auto agreed = await(connect_handshake(link, std::move(request)));
    if (!agreed) return agreed.error();
    peer_pinned pinned = *std::move(agreed->pinned);
    auto session = exchange_session::make(*std::move(agreed), link.take_token(), steady);
    if (!session) return session.error();
    auto asked = session->seal(octets_of("first"), std::chrono::seconds(5), idempotent, steady).value();
    octets finish = link.take_finish();
    finish.insert(finish.end(), asked.record.begin(), asked.record.end());
    return exchange_start{*std::move(session), std::move(asked), std::move(finish), std::move(pinned)};
  }
  /// A session whose first call was made.
  exchange_session session(exchange_acceptor& with, security_level level = security_level::encrypted) {
    auto start = hello(with, level).value();
    const auto said = start.session.open(post(with, start.finish), start.asked, steady).value();
    REQUIRE(std::holds_alternative<octets>(said.outcome));
    REQUIRE(start.session.accepted());
    return std::move(start.session);
  }
  /// The answer's text, or the error that it stands for; a clear REFUSED is "clear".
  std::string ask(exchange_session& session, exchange_acceptor& of, std::string_view body,
                  bool idempotent = false) {
    const auto asked = session.seal(octets_of(body), std::chrono::seconds(5), idempotent, steady).value();
    return open(session, asked, post(of, asked.record));
  }
  std::string open(exchange_session& session, const sealed_request& asked, octets answer) {
    if (is_clear(answer)) return "clear";
    const auto said = session.open(std::move(answer), asked, steady);
    if (!said) return said.error().message();
    if (const auto* answered = std::get_if<octets>(&said->outcome)) return text_of(*answered);
    return to_error(std::get<refusal>(said->outcome).code).message();
  }
  static bool is_clear(const octets& answer) {
    return answer.size() > 4 && static_cast<record_kind>(answer[4]) == record_kind::refused;
  }
  /// Changes the backend's identity document in its store.
  void change_identity(const std::function<void(identity_document&)>& change) {
    auto stored = await(read_identity(backend_store)).value();
    change(stored->document);
    REQUIRE(await(backend_store->compare_exchange(identity_key, stored->version,
                                                  write_identity_document(stored->document)))
                .value());
  }
};

inline std::string message(errc code) {
  return make_error_code(code).message();
}

}  // namespace coseal::test
