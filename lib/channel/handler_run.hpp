#pragma once
// What runs a handler, whatever carries its call: middleware around it, and what its end says to the caller.

#include "channel/call_message.hpp"

#include <coseal/call_error.hpp>
#include <coseal/handler.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <vector>

namespace coseal {

/// The reason that ERROR gives for it.
error_kind kind_of(call_errc why) noexcept;

/// `by`, inside of the layers from `from` on. Handler and layers live until the end.
task<void> run_handler(std::shared_ptr<served_call> call, const handler& by,
                       const std::vector<around_handler>& layers, std::size_t from = 0);

/// What the caller is told of a handler that ended by an exception, or without an answer.
struct handler_end {
  error_kind kind = error_kind::failed;
  std::string text;
  bool report = true;  ///< it is a failure for our log
};
/// `cancelled`: the call was, for the reason `because`.
handler_end judge_handler(const std::exception_ptr& failure, bool cancelled, error_kind because);

}  // namespace coseal
