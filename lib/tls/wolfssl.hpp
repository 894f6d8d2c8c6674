#pragma once
// The one door to wolfSSL's TLS. Comes before any other header: options.h says how the library was built.
// clang-format off
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>
#include <wolfssl/error-ssl.h>
#include <wolfssl/wolfcrypt/error-crypt.h>
// clang-format on
