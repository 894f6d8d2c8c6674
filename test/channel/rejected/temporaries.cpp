// Each case but 0 must not compile, and say what to write; temporaries.sh tries them.
#include <coseal/client.hpp>

struct address {
  std::string street;
};
COSEAL_STRUCT(address, street)

struct user {
  std::string name;
  address home;
  using reply = std::string;
};
COSEAL_ACTION(user, name, home)

struct feed {
  using takes = coseal::stream<address>;
};
COSEAL_ACTION(feed)

coseal::task<void> use(coseal::client client, coseal::audience all, address home) {
#if CASE == 0
  co_await client.call<user>("Ada", home, coseal::within(std::chrono::seconds(1)));
  const user named{"Ada", home};
  co_await client.call(named);
  co_await all.broadcast(named);
  auto items = co_await client.open<feed>();
  co_await items.send(home);
#elif CASE == 1
  co_await client.call(user{"Ada", home});
#elif CASE == 2
  co_await client.call<user>("Ada", address{"Main Street"});
#elif CASE == 3
  co_await all.broadcast<user>("Ada", address{"Main Street"});
#elif CASE == 4
  auto items = co_await client.open<feed>();
  co_await items.send(address{"Main Street"});
#elif CASE == 5
  co_await client.try_call<user>("Ada", address{"Main Street"});
#endif
}
