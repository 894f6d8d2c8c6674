// A value is its version, eight bytes, and what was put. Each command touches one key and is atomic by
// itself.

#include "bytes/reader.hpp"
#include "bytes/writer.hpp"
#include "crypto/secret.hpp"
#include "stores/random_version.hpp"
#include "stores/redis_line.hpp"
#include "trust/storage/value_table.hpp"

#include <coseal/error.hpp>
#include <coseal/redis.hpp>

#include <algorithm>
#include <utility>

namespace coseal {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t version_size = 8;
constexpr std::size_t keys_at_once = 512;
constexpr std::size_t most_keys = 1'000'000;
constexpr auto list_within = 30s;

constexpr const char* exchange_script =
    "if redis.call('GETRANGE', KEYS[1], 0, 7) ~= ARGV[1] then return 0 end "
    "redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL') return 1";

std::string version_text(std::uint64_t version) {
  writer out;
  out.u64(version);
  return as_text(out.view());
}

/// What stands in Redis for `value`, which is wiped.
std::string stored_text(std::vector<std::byte> value) {
  std::string text = version_text(random_version());
  text.reserve(version_size + value.size());
  text.append(reinterpret_cast<const char*>(value.data()), value.size());
  wipe(value);
  return text;
}

/// A pattern of SCAN that only `text` matches.
std::string literal_pattern(std::string_view text) {
  std::string pattern;
  for (const char c : text) {
    if (std::string_view("*?[]\\").find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

/// An answer as it is wanted, or why not.
result<redis_answer> expect(result<redis_answer> said, std::initializer_list<redis_answer::kind> wanted) {
  if (!said) return said;
  if (said->is_error("WRONGTYPE")) return errc::storage_corrupt;  // a key of somebody else's
  if (std::find(wanted.begin(), wanted.end(), said->what) == wanted.end()) return errc::storage_failed;
  return said;
}

class redis_store final : public storage {
 public:
  redis_store(redis_url where, const redis_options& options)
      : prefix_(options.prefix()),
        line_(std::make_shared<redis_line>(std::make_shared<store_thread>(), std::move(where),
                                           options.within())) {}

  task<result<std::optional<stored_value>>> get(std::string key) override {
    std::vector<std::string> words{"GET", prefix_ + key};
    auto answered = co_await line_->ask(std::move(words));
    const auto said = expect(std::move(answered), {redis_answer::kind::text, redis_answer::kind::nothing});
    if (!said) co_return said.error();
    if (said->what == redis_answer::kind::nothing) co_return std::optional<stored_value>();
    if (said->text.size() < version_size) co_return errc::storage_corrupt;
    reader in(std::as_bytes(std::span(said->text)));
    const std::uint64_t version = in.u64();
    const auto value = in.bytes(said->text.size() - version_size);
    co_return std::optional<stored_value>(
        stored_value(std::vector<std::byte>(value.begin(), value.end()), version));
  }

  task<result<bool>> put_if_absent(std::string key, std::vector<std::byte> value) override {
    if (!value_table::fits(key, value)) co_return errc::invalid_option;
    std::vector<std::string> words{"SET", prefix_ + key, stored_text(std::move(value)), "NX"};
    co_return was_set(co_await line_->ask(std::move(words)));
  }

  task<result<bool>> put_if_absent_for(std::string key, std::vector<std::byte> value,
                                       std::chrono::milliseconds lifetime) override {
    if (!value_table::fits(key, value) || !value_table::lifetime_fits(lifetime))
      co_return errc::invalid_option;
    std::vector<std::string> words{"SET", prefix_ + key, stored_text(std::move(value)),
                                   "NX",  "PX",          std::to_string(lifetime.count())};
    co_return was_set(co_await line_->ask(std::move(words)));
  }

  task<result<bool>> compare_exchange(std::string key, std::uint64_t version,
                                      std::vector<std::byte> value) override {
    if (!value_table::fits(key, value)) co_return errc::invalid_option;
    std::vector<std::string> words{"EVAL",        exchange_script,       "1",
                                   prefix_ + key, version_text(version), stored_text(std::move(value))};
    co_return was_counted(co_await line_->ask(std::move(words)));
  }

  task<result<bool>> erase(std::string key) override {
    std::vector<std::string> words{"DEL", prefix_ + key};
    co_return was_counted(co_await line_->ask(std::move(words)));
  }

  // SCAN gives each key that is there from beginning to end at least once.
  task<result<std::vector<std::string>>> list(std::string prefix) override {
    const auto line = line_;
    const std::string common = prefix_;
    const std::string pattern = literal_pattern(common + prefix) + "*";
    const auto give_up = std::chrono::steady_clock::now() + list_within;
    std::vector<std::string> keys;
    std::string cursor = "0";
    do {
      std::vector<std::string> words{"SCAN", cursor, "MATCH", pattern, "COUNT", std::to_string(keys_at_once)};
      auto answered = co_await line->ask(std::move(words));
      const auto said = expect(std::move(answered), {redis_answer::kind::list});
      if (!said) co_return said.error();
      if (said->list.size() != 2 || said->list[0].what != redis_answer::kind::text)
        co_return errc::storage_failed;
      cursor = said->list[0].text;
      for (const auto& key : said->list[1].list)
        if (key.text.size() > common.size() && key.text.starts_with(common))
          keys.push_back(key.text.substr(common.size()));
      if (keys.size() > most_keys || std::chrono::steady_clock::now() > give_up)
        co_return errc::storage_failed;
    } while (cursor != "0");
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    co_return keys;
  }

 private:
  static result<bool> was_set(result<redis_answer> said) {
    const auto fine = expect(std::move(said), {redis_answer::kind::text, redis_answer::kind::nothing});
    if (!fine) return fine.error();
    return fine->what == redis_answer::kind::text;
  }
  static result<bool> was_counted(result<redis_answer> said) {
    const auto fine = expect(std::move(said), {redis_answer::kind::integer});
    if (!fine) return fine.error();
    return fine->integer > 0;
  }

  const std::string prefix_;
  const std::shared_ptr<redis_line> line_;
};

}  // namespace

std::shared_ptr<storage> redis_storage(std::string url, redis_options options) {
  auto where = redis_line::checked(url, options);
  return std::make_shared<redis_store>(std::move(where), options);
}

}  // namespace coseal
