#pragma once

#if __cplusplus < 202002L
#error "coseal needs C++20: set cpp_std=c++20 (meson) or -std=c++20"
#endif

namespace coseal {

inline constexpr int version_major = 0;
inline constexpr int version_minor = 1;
inline constexpr int version_patch = 0;
/// The version of the wire protocol, the "/1" of coseal/1.
inline constexpr int protocol_version = 1;

}  // namespace coseal
