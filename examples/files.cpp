// A file service: files come and go as streams of pieces, beside small calls on the same connection.
#include <coseal/coseal.hpp>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <exception>
#include <iostream>
#include <map>
#include <string>
#include <vector>

namespace {

using piece = std::vector<std::byte>;

// [contract]
struct no_such_file {
  std::string name;
};
COSEAL_STRUCT(no_such_file, name)

struct fetch {
  std::string name;
  using reply = coseal::stream<piece>;
  using errors = coseal::declared<no_such_file>;
};
COSEAL_ACTION(fetch, name)

struct store {
  std::string name;
  using takes = coseal::stream<piece>;
  using reply = std::uint64_t;  // how many bytes it has now
};
COSEAL_ACTION(store, name)

const auto files =
    coseal::define_channel({.to_acceptor = {coseal::domain("files").action<fetch>().action<store>()}});
// [contract]

std::map<std::string, piece> disk;

// [handlers]
coseal::task<void> give(fetch in, coseal::sink<piece>& out, coseal::context&) {
  const auto found = disk.find(in.name);
  if (found == disk.end()) throw no_such_file{in.name};
  const piece content = found->second;
  for (std::size_t at = 0; at < content.size(); at += 16'384) {
    const auto end = std::min<std::size_t>(at + 16'384, content.size());
    const piece next(content.begin() + static_cast<std::ptrdiff_t>(at),
                     content.begin() + static_cast<std::ptrdiff_t>(end));
    co_await out.send(next);  // waits while the caller takes none
  }
}

coseal::task<std::uint64_t> take(store in, coseal::stream<piece>& pieces, coseal::context&) {
  piece content;
  while (const auto next = co_await pieces.next()) content.insert(content.end(), next->begin(), next->end());
  disk[in.name] = content;
  co_return content.size();
}
// [handlers]

// [caller]
coseal::task<std::uint64_t> copy(coseal::client& from, std::string name, coseal::client& to, std::string as) {
  coseal::stream<piece> pieces = co_await from.call<fetch>(name);
  coseal::upload<store> copy = co_await to.open<store>(as);
  while (const auto next = co_await pieces.next()) co_await copy.send(*next);
  co_return co_await copy.finish();
}
// [caller]

coseal::task<void> use(coseal::client client, coseal::server& server) {
  disk["original"] = piece(10'000'000, std::byte{7});
  const auto bytes = co_await copy(client, "original", client, "copy");
  std::string missing;
  try {
    co_await client.call<fetch>("nothing");
  } catch (const no_such_file& e) {
    missing = e.name;
  }
  std::cout << "copied " << bytes << " bytes, found no " << missing << '\n';
  if (disk["copy"] != disk["original"]) throw std::runtime_error("the copy differs");
  co_await client.close();
  co_await server.close();
}

}  // namespace

int main() {
  asio::io_context io;
  coseal::runtime self(io.get_executor(), coseal::coordinate("files"), coseal::memory_storage());
  coseal::runtime user(io.get_executor(), coseal::coordinate("user"), coseal::memory_storage());
  coseal::server server =
      coseal::serve_channel(self, files,
                            {.carriers = {coseal::listen_tcp("127.0.0.1:0")},
                             .handlers = {coseal::handle<fetch>(give), coseal::handle<store>(take)}});
  coseal::client client =
      coseal::connect_channel(user, files,
                              {.peer = coseal::coordinate("files"),
                               .transports = {coseal::transport_from(server.addresses().front()).value()}});
  asio::co_spawn(io, use(std::move(client), server), [](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
  });
  io.run();
}
