#pragma once
// Catch2 v3 where it is installed, else v2 (Debian 12).
#if defined(COSEAL_CATCH2_V2)
#include <catch2/catch.hpp>
#else
#include <catch2/catch_all.hpp>
#endif
