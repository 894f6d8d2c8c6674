#include "trust/storage/memory_storage.hpp"

#include <coseal/error.hpp>
#include <coseal/storage.hpp>

#include <mutex>

namespace coseal {
namespace {

class memory_store final : public storage {
 public:
  explicit memory_store(std::function<wall_time()> now) : now_(std::move(now)) {}

  task<result<std::optional<stored_value>>> get(std::string key) override {
    const std::lock_guard lock(mutex_);
    co_return table_.get(key, now_());
  }

  task<result<bool>> put_if_absent(std::string key, std::vector<std::byte> value) override {
    if (!value_table::fits(key, value)) co_return errc::invalid_option;
    const std::lock_guard lock(mutex_);
    co_return table_.put_if_absent(std::move(key), std::move(value), now_());
  }

  task<result<bool>> put_if_absent_for(std::string key, std::vector<std::byte> value,
                                       std::chrono::milliseconds lifetime) override {
    if (!value_table::fits(key, value) || !value_table::lifetime_fits(lifetime))
      co_return errc::invalid_option;
    const std::lock_guard lock(mutex_);
    const auto now = now_();
    co_return table_.put_if_absent(std::move(key), std::move(value), now, now + lifetime);
  }

  task<result<bool>> compare_exchange(std::string key, std::uint64_t version,
                                      std::vector<std::byte> value) override {
    if (!value_table::fits(key, value)) co_return errc::invalid_option;
    const std::lock_guard lock(mutex_);
    co_return table_.compare_exchange(key, version, std::move(value), now_());
  }

  task<result<bool>> erase(std::string key) override {
    const std::lock_guard lock(mutex_);
    co_return table_.erase(key, now_());
  }

  task<result<std::vector<std::string>>> list(std::string prefix) override {
    const std::lock_guard lock(mutex_);
    co_return table_.list(prefix, now_());
  }

 private:
  const std::function<wall_time()> now_;
  std::mutex mutex_;
  value_table table_;
};

}  // namespace

std::shared_ptr<storage> memory_storage() {
  return memory_storage_with(wall_now);
}

std::shared_ptr<storage> memory_storage_with(std::function<wall_time()> now) {
  return std::make_shared<memory_store>(std::move(now));
}

}  // namespace coseal
