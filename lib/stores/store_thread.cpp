#include "stores/store_thread.hpp"

#include "crypto/process.hpp"

#include <asio/post.hpp>

#include <csignal>
#include <system_error>

namespace coseal {

struct store_thread::loop {
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  std::thread thread;
  std::uint32_t generation = process_generation();
};

store_thread::~store_thread() {
  if (loop_ == nullptr) return;
  if (is_forked()) {
    // The thread is the parent's: neither it nor what it works on can be taken down here.
    [[maybe_unused]] const auto* kept = new std::shared_ptr<loop>(std::move(loop_));
    return;
  }
  loop_->work.reset();
  if (loop_->thread.get_id() == std::this_thread::get_id())
    loop_->thread.detach();
  else
    loop_->thread.join();
}

bool store_thread::is_forked() const {
  const std::lock_guard lock(mutex_);
  return loop_ != nullptr && loop_->generation != process_generation();
}

void store_thread::post_if_running(std::function<void(asio::io_context&)> work) {
  const std::lock_guard lock(mutex_);
  if (loop_ == nullptr || loop_->generation != process_generation()) return;
  asio::post(loop_->io, [io = &loop_->io, work = std::move(work)] { work(*io); });
}

result<void> store_thread::post(std::function<void(asio::io_context&)> work) {
  const std::lock_guard lock(mutex_);
  if (loop_ == nullptr) {
    auto fresh = std::make_shared<loop>();
    // Signals are for the threads of the application.
    ::sigset_t all;
    ::sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
      fresh->thread = std::thread([fresh] { fresh->io.run(); });
    } catch (const std::system_error&) {
      ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
      return errc::storage_failed;
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    loop_ = std::move(fresh);
  }
  if (loop_->generation != process_generation()) return errc::used_after_fork;
  asio::post(loop_->io, [io = &loop_->io, work = std::move(work)] { work(*io); });
  return {};
}

}  // namespace coseal
