#pragma once

#include <coseal/asio.hpp>
#include <coseal/result.hpp>

#include <asio/posix/stream_descriptor.hpp>

#include <cstddef>
#include <span>
#include <string>

namespace coseal::tool {

/// Where received bytes go: a file, or standard output. Waiting for a slow reader never blocks the executor.
class byte_sink {
 public:
  /// Truncates the file or makes it. Throws failure.
  static byte_sink file(const asio::any_io_executor& executor, const std::string& path);
  static byte_sink standard_output(const asio::any_io_executor& executor);

  task<result<void>> write(std::span<const std::byte> bytes);
  void cancel();

 private:
  byte_sink(const asio::any_io_executor& executor, int fd);

  asio::posix::stream_descriptor descriptor_;
  bool regular_ = false;
  bool cancelled_ = false;
};

}  // namespace coseal::tool
