#pragma once

#include "handshake/handshake.hpp"

#include <functional>
#include <vector>

namespace coseal {

/// I's handshake over requests and answers: HELLO is asked with, HELLO_REPLY answers, FINISH waits in
/// finish() for the first REQUEST to go with it. ABORT has nobody to be told to.
class post_link final : public handshake_link {
 public:
  using post_function = std::function<task<result<std::vector<std::byte>>>(std::vector<std::byte>)>;
  explicit post_link(post_function post) : post_(std::move(post)) {}

  task<result<handshake_record>> receive() override;
  task<result<void>> send(std::vector<std::byte> records) override;

  std::vector<std::byte> take_token() noexcept { return std::move(token_); }
  std::vector<std::byte> take_finish() noexcept { return std::move(finish_); }

 private:
  post_function post_;
  std::vector<std::byte> reply_;
  std::vector<std::byte> token_;
  std::vector<std::byte> finish_;
};

}  // namespace coseal
