#include "record/opener.hpp"

#include "record/content.hpp"
#include "record/traffic_key.hpp"

#include <coseal/error.hpp>

#include <algorithm>
#include <cassert>

namespace coseal {
namespace {

bool is_padded(std::span<const std::byte> content) noexcept {
  return (content[0] & padded_bit) != std::byte{0};
}

class clear_opener final : public opener {
 public:
  result<std::span<std::byte>> open(const record_header& header,
                                    std::span<std::byte> body) noexcept override {
    if (header.epoch != 0 || body.empty() || is_padded(body)) return errc::malformed_record;
    return body;
  }
  result<void> rekey(clock::time_point) override { return errc::malformed_record; }
  void drop_expanded_key() noexcept override {}
  std::uint64_t epoch() const noexcept override { return 0; }
};

class keyed_opener : public opener {
 public:
  keyed_opener(secret32 secret, const aead_backend& backend, clock::time_point now)
      : key_(std::move(secret), backend, now), start_(now) {}

  result<void> rekey(clock::time_point now) override {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now - start_).count();
    const auto allowed =
        free_updates +
        std::max(records_ >> 16, static_cast<std::uint64_t>(std::max<decltype(seconds)>(seconds, 0)));
    if (key_.epoch() >= allowed) return errc::rekey_too_often;
    key_.update(now);
    return {};
  }
  void drop_expanded_key() noexcept override { key_.drop_expanded_key(); }
  std::uint64_t epoch() const noexcept override { return key_.epoch(); }

 protected:
  static constexpr std::uint64_t free_updates = 4;

  /// What every keyed record is checked for before its tag.
  result<nonce_bytes> admit(const record_header& header, std::span<std::byte> body) noexcept {
    if (header.epoch != static_cast<std::uint8_t>(key_.epoch())) return errc::malformed_record;
    if (body.size() <= tag_size) return errc::malformed_record;
    ++records_;
    return key_.next_nonce(body.size());
  }

  traffic_key key_;

 private:
  clock::time_point start_;
  std::uint64_t records_ = 0;
};

class authenticated_opener final : public keyed_opener {
 public:
  using keyed_opener::keyed_opener;
  result<std::span<std::byte>> open(const record_header& header,
                                    std::span<std::byte> body) noexcept override {
    const auto nonce = admit(header, body);
    if (!nonce) return nonce.error();
    const auto content = body.first(body.size() - tag_size);
    if (!key_.aead().verify(*nonce, header.bytes(), content, body.last<tag_size>()))
      return errc::bad_record_tag;
    if (is_padded(content)) return errc::malformed_record;
    return content;
  }
};

class encrypted_opener final : public keyed_opener {
 public:
  using keyed_opener::keyed_opener;
  result<std::span<std::byte>> open(const record_header& header,
                                    std::span<std::byte> body) noexcept override {
    const auto nonce = admit(header, body);
    if (!nonce) return nonce.error();
    const auto content = body.first(body.size() - tag_size);
    if (!key_.aead().open(*nonce, header.bytes(), content, body.last<tag_size>()))
      return errc::bad_record_tag;
    return unpad(content);
  }

 private:
  static result<std::span<std::byte>> unpad(std::span<std::byte> content) noexcept {
    if (!is_padded(content)) return content;
    if (content.size() < 3) return errc::malformed_record;
    const std::size_t zeros = std::to_integer<std::size_t>(content[content.size() - 2]) << 8 |
                              std::to_integer<std::size_t>(content[content.size() - 1]);
    if (zeros + 3 > content.size()) return errc::malformed_record;
    const auto padding = content.last(zeros + 2).first(zeros);
    if (std::ranges::any_of(padding, [](std::byte b) { return b != std::byte{0}; }))
      return errc::malformed_record;
    content[0] &= ~padded_bit;
    return content.first(content.size() - zeros - 2);
  }
};

}  // namespace

std::unique_ptr<opener> make_clear_opener() {
  return std::make_unique<clear_opener>();
}

std::unique_ptr<opener> make_opener(security_level level, secret32 secret, const aead_backend& backend,
                                    clock::time_point now) {
  assert(level != security_level::none);
  if (level == security_level::authenticated)
    return std::make_unique<authenticated_opener>(std::move(secret), backend, now);
  return std::make_unique<encrypted_opener>(std::move(secret), backend, now);
}

}  // namespace coseal
