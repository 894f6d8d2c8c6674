#pragma once

#include <coseal/asio.hpp>
#include <coseal/result.hpp>

#include <asio/posix/stream_descriptor.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace coseal::tool {

/// Bytes from a file or from standard input. Waiting for a pipe or a terminal never blocks the executor.
class byte_source {
 public:
  /// Throws failure.
  static byte_source file(const asio::any_io_executor& executor, const std::string& path);
  static byte_source standard_input(const asio::any_io_executor& executor);

  /// 0 at the end and after cancel().
  task<result<std::size_t>> read_some(std::span<std::byte> into);
  /// Ends a read that waits, and all later ones.
  void cancel();
  /// Of a regular file.
  std::optional<std::uint64_t> size() const noexcept { return size_; }
  bool terminal() const noexcept;

 private:
  byte_source(const asio::any_io_executor& executor, int fd);

  asio::posix::stream_descriptor descriptor_;
  std::optional<std::uint64_t> size_;
  bool cancelled_ = false;
};

}  // namespace coseal::tool
