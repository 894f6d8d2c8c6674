#pragma once

#include "channel/call_metrics.hpp"
#include "channel/describe_action.hpp"

#include <coseal/audience.hpp>
#include <coseal/channel.hpp>
#include <coseal/endpoint.hpp>
#include <coseal/exchange.hpp>
#include <coseal/handler.hpp>
#include <coseal/lost_options.hpp>
#include <coseal/message_bus.hpp>
#include <coseal/peer.hpp>
#include <coseal/session_options.hpp>
#include <coseal/transport.hpp>

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coseal {

/// What a server is told at its start.
struct server_settings {
  explicit server_settings(endpoint who) : self(std::move(who)) {}

  endpoint self;
  coseal::channel contract{channel_domains()};
  std::vector<listen_address> carriers;
  accept_options accepting;
  std::vector<std::string> names;                // of the calls, by position
  std::vector<std::optional<handler>> handlers;  // by position
  std::optional<handler> describe;               // at describe_position
  std::vector<around_handler> around;            // the first is the outermost
  push_options pushes;
  lost_options lost;
  std::shared_ptr<message_bus> relay;  // null: there is one process
  std::size_t uploads = 32;  // calls of one connection that take items, at once: each may hold a window
  std::function<void(std::string_view action, std::exception_ptr failure)> on_failure;
  std::shared_ptr<const call_watch> watch;  // null where nobody does
  std::optional<metrics> numbers;
  std::function<void(coseal::peer&)> on_connected;
  std::function<void(coseal::peer&, std::error_code why)> on_disconnected;
  std::optional<exchange_server_options> exchange;  // of calls over HTTP; the rest of it is `accepting`
  bool plain_http = false;

  /// Null if nobody handles what stands there.
  const handler* handler_at(std::uint64_t position) const noexcept {
    if (position == describe_position) return describe ? &*describe : nullptr;
    return position < handlers.size() && handlers[position] ? &*handlers[position] : nullptr;
  }
  /// Of a position with a handler.
  std::string_view name_at(std::uint64_t position) const noexcept {
    return position == describe_position ? describe_name : std::string_view(names[position]);
  }
};

}  // namespace coseal
