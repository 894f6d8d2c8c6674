#!/usr/bin/env bash
# does_not_compile.sh INCLUDE COMPILER...: what must not compile, and the words in which the compiler says why.
set -u
include=$1
shift
failed=0
compile() { "${compiler[@]}" -std=c++20 -fsyntax-only -I"$include" -x c++ - 2>&1; }
compiler=("$@")
# refused NAME WORDS < what follows the includes
refused() {
  local name=$1 words=$2 out
  if out=$({ printf '#include <coseal/action.hpp>\n#include <set>\n' && cat; } | compile); then
    printf 'not ok: %s compiles\n' "$name" && failed=1
  elif ! grep -qE "$words" <<<"$out"; then
    printf 'not ok: %s is refused without saying /%s/:\n%s\n' "$name" "$words" "$out" && failed=1
  else
    printf 'ok: %s\n' "$name"
  fi
}
if ! out=$(printf '#include <coseal/action.hpp>\nstruct a { int x; }; COSEAL_ACTION(a, x)\nauto b = coseal::encode(a{1});\n' | compile); then
  printf 'not ok: what is right does not compile:\n%s\n' "$out"
  exit 1
fi

refused 'a struct whose fields are not named' 'coseal: this type has no codec. Name the fields' <<<'
  struct a { int x; }; auto b = coseal::encode(a{1});'
refused 'a raw pointer' 'raw pointers' <<<'auto b = coseal::decode<const char*>({});'
refused 'a character' 'char are not values' <<<'auto b = coseal::encode(char(1));'
refused 'a field that is not named' "decomposes into 2|binds to 2|2 elements" <<<'
  struct a { int x, y; }; COSEAL_STRUCT(a, x)'
refused 'a struct of which no field is named' 'a has fields that are not named' <<<'
  struct a { int x, y; }; COSEAL_STRUCT(a)'
refused 'a field that is not there' 'decomposes into 1|1 element|no member named' <<<'
  struct a { int x; }; COSEAL_STRUCT(a, x, y)'
refused 'a list of elements without bytes' 'at least one byte each' <<<'
  struct a {}; COSEAL_STRUCT(a) auto b = coseal::decode<std::vector<a>>({});'
refused 'a map whose keys are no text' 'keys of maps' <<<'auto b = coseal::decode<std::map<double, int>>({});'
refused 'an enum without a type' 'fixed type' <<<'enum e { one }; auto b = coseal::encode(one);'

if out=$(printf '#include <coseal/json.hpp>\n' | compile) || ! grep -q 'this coseal was built without JSON' <<<"$out"; then
  printf 'not ok: a library without JSON does not say so:\n%s\n' "$out" && failed=1
fi
exit "$failed"
