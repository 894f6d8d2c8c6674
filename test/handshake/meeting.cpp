#include "handshake/meeting.hpp"

#include "support/catch.hpp"
#include "support/coroutine.hpp"

#include <coseal/error.hpp>

namespace coseal::test {
namespace {

void finish(std::exception_ptr failure) {
  if (failure) std::rethrow_exception(failure);
}

task<void> connect(handshake_link& link, connect_request request, wire& out,
                   std::optional<result<handshake_outcome>>& into) {
  into = co_await connect_handshake(link, std::move(request));
  if (!*into) out.end(errc::truncated);
}

task<void> accept(handshake_link& link, accept_policy policy, wire& out,
                  std::optional<result<accept_outcome>>& into) {
  into = co_await accept_handshake(link, std::move(policy));
  if (!*into) out.end(errc::truncated);
}

}  // namespace

meeting::meeting(security_level level) {
  request.wanted = coordinate("backend");
  request.level = level;
}

meeting& meeting::run() {
  asio::io_context io{1};
  wire to_acceptor(io);
  wire to_connector(io);
  to_acceptor.on_send(from_connector);
  to_connector.on_send(from_acceptor);
  memory_link connector_end(to_connector, to_acceptor);
  memory_link acceptor_end(to_acceptor, to_connector);
  request.self = std::make_shared<endpoint::state>(coordinate(connector_environment), connector_store,
                                                   identity_mode::create_if_missing, connector_trust);
  policy.self = std::make_shared<endpoint::state>(coordinate("backend"), acceptor_store,
                                                  identity_mode::create_if_missing, acceptor_trust);
  request.report = &connector_report;
  policy.report = &acceptor_report;

  int running = 2;
  const auto done = [&running](std::exception_ptr failure) {
    --running;
    finish(failure);
  };
  if (instead_of_acceptor) {
    asio::co_spawn(io, instead_of_acceptor(acceptor_end), done);
  } else {
    asio::co_spawn(io, accept(acceptor_end, std::move(policy), to_connector, acceptor), done);
  }
  if (instead_of_connector) {
    asio::co_spawn(io, instead_of_connector(connector_end), done);
  } else {
    asio::co_spawn(io, connect(connector_end, std::move(request), to_acceptor, connector), done);
  }
  io.poll();
  if (running != 0) {
    to_acceptor.end(errc::handshake_timed_out);
    to_connector.end(errc::handshake_timed_out);
    io.poll();
  }
  REQUIRE(running == 0);
  return *this;
}

std::error_code meeting::connector_error() const {
  REQUIRE(connector);
  return connector->error();
}

std::error_code meeting::acceptor_error() const {
  REQUIRE(acceptor);
  return *acceptor ? (*acceptor)->refused_because : acceptor->error();
}

void meeting::commit_pins() {
  REQUIRE(agreed());
  test::run([this]() -> task<void> {
    const auto self = std::make_shared<endpoint::state>(coordinate(connector_environment), connector_store,
                                                        identity_mode::required, connector_trust);
    const auto other = std::make_shared<endpoint::state>(coordinate("backend"), acceptor_store,
                                                         identity_mode::required, acceptor_trust);
    const auto pinned = co_await self->pins().commit(*std::move((*connector)->pinned));
    REQUIRE(pinned);
    const auto pinned_too = co_await other->pins().commit(*std::move((*acceptor)->agreed.pinned));
    REQUIRE(pinned_too);
  });
}

std::vector<pin> meeting::pins_in(std::shared_ptr<storage> store) {
  std::vector<pin> pins;
  test::run([&]() -> task<void> {
    auto listed = co_await list_pins(store);
    REQUIRE(listed);
    pins = *std::move(listed);
  });
  return pins;
}

public_key meeting::key_in(std::shared_ptr<storage> store) {
  public_key key;
  test::run([&]() -> task<void> {
    const auto identity = co_await provision_identity(store);
    REQUIRE(identity);
    key = identity->key;
  });
  return key;
}

meeting again(meeting& first, security_level level) {
  first.commit_pins();
  meeting second(level);
  second.connector_store = first.connector_store;
  second.acceptor_store = first.acceptor_store;
  second.connector_trust = first.connector_trust;
  second.acceptor_trust = first.acceptor_trust;
  return second;
}

wire_hook change_record(int n, std::function<void(std::vector<std::byte>&)> change) {
  return [n, change = std::move(change), seen = 0](std::vector<std::byte>& record) mutable {
    if (seen++ == n) change(record);
    return passage::open;
  };
}

void fix_length(std::vector<std::byte>& record) {
  record_header header = record_header::parse(std::span(record).first<record_header::size>());
  header.length = static_cast<std::uint32_t>(record.size() - record_header::size);
  header.write(std::span(record).first<record_header::size>());
}

}  // namespace coseal::test
