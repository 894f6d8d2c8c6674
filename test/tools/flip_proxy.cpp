// flip-proxy HOST PORT OFFSET ADDRESS_FILE: stands between one connector and the acceptor at HOST:PORT and
// changes one bit of the byte at OFFSET of what the connector sends. It knows nothing of coseal: what anybody
// on the path can do.
#include <asio/connect.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/write.hpp>

#include <array>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <limits>
#include <string>
#include <thread>

namespace {

using asio::ip::tcp;
constexpr std::uint64_t nowhere = std::numeric_limits<std::uint64_t>::max();

/// Copies until either side ends, then ends the other.
void pump(tcp::socket& from, tcp::socket& to, std::uint64_t flip_at) {
  std::array<unsigned char, 65536> bytes;
  std::uint64_t seen = 0;
  std::error_code failed;
  while (!failed) {
    const std::size_t got = from.read_some(asio::buffer(bytes), failed);
    if (flip_at >= seen && flip_at - seen < got) {
      bytes[static_cast<std::size_t>(flip_at - seen)] ^= 0x01;
      std::printf("flipped one bit of byte %llu\n", static_cast<unsigned long long>(flip_at));
      std::fflush(stdout);
    }
    seen += got;
    std::error_code broken;
    asio::write(to, asio::buffer(bytes.data(), got), broken);
    if (broken) break;
  }
  std::error_code ignored;
  to.shutdown(tcp::socket::shutdown_send, ignored);
}

void run(const std::string& host, const std::string& port, std::uint64_t offset,
         const std::string& address_file) {
  asio::io_context io;
  tcp::acceptor door(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  {
    std::ofstream out(address_file + ".new");
    out << "tcp://127.0.0.1:" << door.local_endpoint().port() << '\n';
  }
  if (std::rename((address_file + ".new").c_str(), address_file.c_str()) != 0)
    throw std::runtime_error("can not write " + address_file);
  tcp::socket connector(io);
  door.accept(connector);
  tcp::socket acceptor(io);
  asio::connect(acceptor, tcp::resolver(io).resolve(host, port));
  std::thread back(pump, std::ref(acceptor), std::ref(connector), nowhere);
  pump(connector, acceptor, offset);
  back.join();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: flip-proxy HOST PORT OFFSET ADDRESS_FILE\n");
    return 1;
  }
  try {
    run(argv[1], argv[2], std::stoull(argv[3]), argv[4]);
  } catch (const std::exception& failed) {
    std::fprintf(stderr, "flip-proxy: %s\n", failed.what());
    return 2;
  }
}
