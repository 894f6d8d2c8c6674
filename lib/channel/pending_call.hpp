#pragma once
// One call as its caller waits for it. Guarded by the client's mutex.

#include "channel/item_flow.hpp"
#include "session/wait_alarm.hpp"

#include <coseal/call_end.hpp>
#include <coseal/trace.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace coseal {

class client_connection;
class client_core;

/// Lies in the coroutine that waits, or in the stream that it became. Its end gives the call up.
class pending_call {
 public:
  explicit pending_call(std::shared_ptr<client_core> of) noexcept : client(std::move(of)) {}
  pending_call(const pending_call&) = delete;
  pending_call& operator=(const pending_call&) = delete;
  ~pending_call();

  void finish(call_end how) {
    end = std::move(how);
    done = true;
  }

  const std::shared_ptr<client_core> client;
  std::shared_ptr<client_connection> on;  ///< while it has an id there
  std::uint64_t id = 0;
  bool takes_items = false;  ///< the caller sends items
  std::optional<trace_context> trace;
  bool gives_items = false;  ///< the answer is a stream
  bool opened = false;       ///< the first item has come
  bool sent_end = false;     ///< END followed the caller's items
  bool done = false;
  bool lost = false;       ///< ended with its connection
  bool ask_again = false;  ///< its connection goes on over another session
  call_end end;
  item_credit credit;
  item_queue items;
  wait_list answer;   ///< waits for the end, or for the first item
  wait_list readers;  ///< waits for an item or the end
  wait_list senders;  ///< waits for credit or the end
};

}  // namespace coseal
