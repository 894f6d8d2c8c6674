// Who may come in: an acceptor that asks a hook of its own after all proofs, and a connector that reads why
// it was refused. Then channel binding: both ends of a session that was admitted hold the same secret.
#include <coseal/coseal.hpp>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <exception>
#include <iostream>

namespace {

void rethrow(std::exception_ptr failure) {
  if (failure) std::rethrow_exception(failure);
}

// [authorise]
coseal::task<bool> only_workers(coseal::authorisation_request who) {
  co_return who.key.has_value() && who.where.environment() == "worker";
}

coseal::accept_options admission() {
  coseal::accept_options options;
  options.minimum_level(coseal::security_level::authenticated).authorise(only_workers);
  return options;
}
// [authorise]

// [binding]
std::vector<std::byte> proof_of(const coseal::session& session) {
  // Only the two ends of this one session can compute it: sign or compare it to tie another protocol to the
  // channel.
  return session.export_secret("example login", {}, 32).value();
}
// [binding]

coseal::task<void> acceptor(coseal::listener& sessions) {
  coseal::session session = co_await sessions.accept();
  std::vector<std::byte> proof = proof_of(session);
  co_await session.send(proof);
  co_await session.close();
  sessions.close();
}

coseal::task<void> connectors(std::string address) {
  coseal::endpoint stranger(coseal::coordinate("stranger"), coseal::memory_storage());
  coseal::endpoint worker(coseal::coordinate("worker"), coseal::memory_storage());
  coseal::connect_options options;
  options.peer(coseal::coordinate("desk"));

  std::string explanation;
  coseal::result<coseal::session> refused = co_await coseal::connect_session(
      coseal::as_result, stranger, coseal::tcp(address), options, &explanation);
  if (refused) throw std::runtime_error("a stranger was let in");
  if (refused.error() != coseal::errc::not_authorised) throw coseal::error(refused.error(), explanation);
  std::cout << "stranger: " << refused.error().message() << '\n';

  coseal::session session = co_await coseal::connect_session(worker, coseal::tcp(address), options);
  coseal::frame theirs = co_await session.receive();
  std::vector<std::byte> ours = proof_of(session);
  const bool same = std::equal(ours.begin(), ours.end(), theirs.bytes().begin(), theirs.bytes().end());
  std::cout << "worker: let in, both ends hold " << (same ? "the same secret" : "DIFFERENT secrets") << '\n';
  co_await session.close();
}

}  // namespace

int main() {
  asio::io_context io;
  coseal::endpoint self(coseal::coordinate("desk"), coseal::memory_storage());
  coseal::listener sessions(io.get_executor(), self, coseal::listen_tcp("127.0.0.1:0"), admission());
  asio::co_spawn(io, acceptor(sessions), rethrow);
  asio::co_spawn(io, connectors(sessions.address()), rethrow);
  io.run();
}
