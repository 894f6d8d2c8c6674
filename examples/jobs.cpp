// A job queue: workers connect, jobs are pushed to whichever is free, results come back as calls. A worker
// that goes leaves its job to another.
#include <coseal/coseal.hpp>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>

#include <deque>
#include <exception>
#include <iostream>
#include <map>
#include <set>

namespace {

// [contract]
struct square {  // the job, pushed to a worker
  std::uint32_t id = 0;
  std::uint64_t number = 0;
};
COSEAL_ACTION(square, id, number)

struct join {};  // a worker is ready
COSEAL_ACTION(join)

struct done {
  std::uint32_t id = 0;
  std::uint64_t result = 0;
};
COSEAL_ACTION(done, id, result)

const auto work =
    coseal::define_channel({.to_acceptor = {coseal::domain("jobs").action<join>().action<done>()},
                            .to_connector = {coseal::domain("jobs").action<square>()}});
// [contract]

class queue {
 public:
  explicit queue(asio::any_io_executor executor)
      : self_(executor, coseal::coordinate("queue"), coseal::memory_storage()) {
    for (std::uint32_t id = 1; id <= 1'000; ++id) open_.push_back({id, id});
    // [queue]
    coseal::serve_options options;
    options.carriers = {coseal::listen_tcp("127.0.0.1:0")};
    options.minimum_level = coseal::security_level::authenticated;
    options.handlers = {
        coseal::handle<join>([this](join, coseal::context& where) { return assign(where.client()); }),
        coseal::handle<done>([this](done in, coseal::context& where) -> coseal::task<void> {
          if (given_.erase(where.client()) != 0) sum_ += in.result, ++finished_;
          co_await assign(where.client());
        })};
    options.lost.keep = {};  // a worker that is lost is not waited for: another takes its job
    options.on_disconnected = [this](coseal::peer& who, std::error_code) {
      idle_.erase(who.id());
      const auto lost = given_.extract(who.id());
      if (lost.empty()) return;
      open_.push_back(lost.mapped());
      if (!idle_.empty())
        asio::co_spawn(self_.executor(), assign(idle_.extract(idle_.begin()).value()), asio::detached);
    };
    server_ = coseal::serve_channel(self_, work, std::move(options));
    // [queue]
  }

  std::string address() const { return server_.addresses().front(); }
  coseal::task<void> run() { co_await server_.run(); }
  std::uint64_t sum() const { return sum_; }

 private:
  coseal::task<void> assign(coseal::client_id worker) {
    if (finished_ == 1'000) asio::co_spawn(self_.executor(), server_.close(), asio::detached);
    if (open_.empty()) {
      idle_.insert(worker);
      co_return;
    }
    const square job = open_.front();
    open_.pop_front();
    given_[worker] = job;
    co_await server_.push_to(worker, job);
  }

  coseal::runtime self_;
  std::deque<square> open_;
  std::map<coseal::client_id, square> given_;
  std::set<coseal::client_id> idle_;
  std::uint64_t sum_ = 0;
  std::uint32_t finished_ = 0;
  coseal::server server_;
};

class worker {
 public:
  worker(asio::any_io_executor executor, std::string name, const std::string& address, int lazy_after)
      : self_(executor, coseal::coordinate("worker", std::move(name)), coseal::memory_storage()),
        left_(lazy_after) {
    // [worker]
    client_ = coseal::connect_channel(
        self_, work,
        {.peer = coseal::coordinate("queue"),
         .security = coseal::security_level::authenticated,
         .transports = {coseal::transport_from(address).value()},
         .handlers = {coseal::handle<square>([this](square job) -> coseal::task<void> {
           if (left_-- == 0)
             client_ = coseal::client();  // gone, with the job
           else
             co_await client_.call<done>(job.id, job.number * job.number);
         })}});
    // [worker]
    asio::co_spawn(executor, begin(client_), asio::detached);
  }

 private:
  static coseal::task<void> begin(coseal::client client) { co_await client.call<join>(); }

  coseal::runtime self_;
  int left_;
  coseal::client client_;
};

}  // namespace

int main() {
  asio::io_context io;
  queue jobs(io.get_executor());
  worker first(io.get_executor(), "first", jobs.address(), -1);
  worker second(io.get_executor(), "second", jobs.address(), 100);  // leaves with its 101st job in hand
  asio::co_spawn(io, jobs.run(), [&io](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
    io.stop();
  });
  io.run();
  std::cout << "1000 squares add up to " << jobs.sum() << '\n';
}
