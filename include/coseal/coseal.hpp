#pragma once
// Everything an application needs.

#include <coseal/action.hpp>
#include <coseal/asio.hpp>
#include <coseal/audience.hpp>
#include <coseal/call_error.hpp>
#include <coseal/call_options.hpp>
#include <coseal/call_result.hpp>
#include <coseal/carrier.hpp>
#include <coseal/channel.hpp>
#include <coseal/channel_definition.hpp>
#include <coseal/channel_state.hpp>
#include <coseal/client.hpp>
#include <coseal/clock.hpp>
#include <coseal/connector.hpp>
#include <coseal/context.hpp>
#include <coseal/coordinate.hpp>
#include <coseal/endpoint.hpp>
#include <coseal/error.hpp>
#include <coseal/frame.hpp>
#include <coseal/handle.hpp>
#include <coseal/hibernation.hpp>
#include <coseal/hosted.hpp>
#include <coseal/http.hpp>
#include <coseal/identity.hpp>
#include <coseal/log.hpp>
#include <coseal/message_bus.hpp>
#include <coseal/metrics.hpp>
#include <coseal/metrics_handler.hpp>
#include <coseal/middleware.hpp>
#include <coseal/operation_options.hpp>
#include <coseal/pins.hpp>
#include <coseal/public_key.hpp>
#include <coseal/result.hpp>
#include <coseal/runtime.hpp>
#include <coseal/security_level.hpp>
#include <coseal/server.hpp>
#include <coseal/session.hpp>
#include <coseal/session_binding.hpp>
#include <coseal/session_options.hpp>
#include <coseal/session_start.hpp>
#include <coseal/sessions.hpp>
#include <coseal/storage.hpp>
#include <coseal/stream.hpp>
#include <coseal/trace.hpp>
#include <coseal/transport.hpp>
#include <coseal/version.hpp>

#if !defined(COSEAL_NO_SQLITE)
#include <coseal/sqlite.hpp>
#endif
#if !defined(COSEAL_NO_REDIS)
#include <coseal/redis.hpp>
#endif
