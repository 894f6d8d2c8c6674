#!/usr/bin/env bash
# run.sh subproject|installed: builds and runs the consumer in a directory of its own, as its owner would.
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cp "$here/main.cpp" "$here/meson.build" "$directory/"
cd "$directory"

case "${1:-}" in
  subproject)
    mkdir subprojects
    ln -s "$top" subprojects/coseal
    printf '[wrap-file]\ndirectory = coseal\n\n[provide]\ndependency_names = coseal\n' >subprojects/coseal.wrap
    meson setup build
    # What a consumer must not get: a GPL library, our tests, our warnings as errors.
    if ldd_output=$(grep -o 'lib[a-z]*wolfssl[a-z.]*' build/build.ninja); then
      printf 'a subproject links %s\n' "$ldd_output" >&2
      exit 1
    fi
    meson test -C build --print-errorlogs consumer
    ;;
  installed)
    meson setup of "$top" --prefix "$directory/prefix" --libdir lib --default-library both \
      -Dtests=disabled -Dtools=disabled -Dbenchmarks=disabled -Dexamples=disabled
    meson install -C of
    export PKG_CONFIG_PATH="$directory/prefix/lib/pkgconfig" LD_LIBRARY_PATH="$directory/prefix/lib"
    for kind in shared static; do
      how=() meson_how=()
      if [ "$kind" = static ]; then
        how=(--static) meson_how=(-Dprefer_static=true)
        rm prefix/lib/libcoseal.so*
      fi
      meson setup "build-$kind" "${meson_how[@]}"
      meson test -C "build-$kind" --print-errorlogs
      # And without Meson.
      read -ra flags <<<"$(pkg-config --cflags coseal)"
      read -ra libraries <<<"$(pkg-config --libs "${how[@]}" coseal)"
      "${CXX:-c++}" -std=c++20 "${flags[@]}" main.cpp -o "plain-$kind" "${libraries[@]}"
      "./plain-$kind"
      printf 'consumer of the installed %s library: ok\n' "$kind"
    done
    ;;
  *)
    printf 'usage: %s subproject|installed\n' "$0" >&2
    exit 1
    ;;
esac
