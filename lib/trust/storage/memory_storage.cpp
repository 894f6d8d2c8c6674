#include "trust/storage/value_table.hpp"

#include <coseal/error.hpp>
#include <coseal/storage.hpp>

#include <mutex>

namespace coseal {
namespace {

class memory_store final : public storage {
 public:
  task<result<std::optional<stored_value>>> get(std::string key) override {
    const std::lock_guard lock(mutex_);
    co_return table_.get(key);
  }

  task<result<bool>> put_if_absent(std::string key, std::vector<std::byte> value) override {
    if (!value_table::fits(key, value)) co_return errc::invalid_option;
    const std::lock_guard lock(mutex_);
    co_return table_.put_if_absent(std::move(key), std::move(value));
  }

  task<result<bool>> compare_exchange(std::string key, std::uint64_t version,
                                      std::vector<std::byte> value) override {
    if (!value_table::fits(key, value)) co_return errc::invalid_option;
    const std::lock_guard lock(mutex_);
    co_return table_.compare_exchange(key, version, std::move(value));
  }

  task<result<bool>> erase(std::string key) override {
    const std::lock_guard lock(mutex_);
    co_return table_.erase(key);
  }

  task<result<std::vector<std::string>>> list(std::string prefix) override {
    const std::lock_guard lock(mutex_);
    co_return table_.list(prefix);
  }

 private:
  std::mutex mutex_;
  value_table table_;
};

}  // namespace

std::shared_ptr<storage> memory_storage() {
  return std::make_shared<memory_store>();
}

}  // namespace coseal
