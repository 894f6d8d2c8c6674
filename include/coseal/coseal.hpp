#pragma once
// Everything an application needs.

#include <coseal/asio.hpp>
#include <coseal/carrier.hpp>
#include <coseal/channel_definition.hpp>
#include <coseal/clock.hpp>
#include <coseal/connector.hpp>
#include <coseal/coordinate.hpp>
#include <coseal/endpoint.hpp>
#include <coseal/error.hpp>
#include <coseal/frame.hpp>
#include <coseal/hosted.hpp>
#include <coseal/http.hpp>
#include <coseal/identity.hpp>
#include <coseal/operation_options.hpp>
#include <coseal/pins.hpp>
#include <coseal/public_key.hpp>
#include <coseal/result.hpp>
#include <coseal/security_level.hpp>
#include <coseal/session.hpp>
#include <coseal/session_options.hpp>
#include <coseal/storage.hpp>
#include <coseal/transport.hpp>
#include <coseal/version.hpp>
