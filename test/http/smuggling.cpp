// What two readers could understand in two ways. Each row is refused with its code, whole and byte by byte.

#include "http/error.hpp"
#include "http/text.hpp"
#include "support/catch.hpp"

#include <string>
#include <vector>

using namespace coseal::test;
using coseal::http::errc;
using coseal::http::status_of;
using namespace std::string_literals;

namespace {

struct refused {
  std::string what;
  std::string head;
  errc why;
  unsigned status;
};

/// A request with these field lines beside its Host.
std::string with(const std::string& fields) {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

const std::vector<refused>& corpus() {
  static const std::vector<refused> rows{
      {"bare LF after the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", errc::bad_line_ending, 400},
      {"bare LF after a field", with("A: b\n"), errc::bad_line_ending, 400},
      {"bare LF as the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\n", errc::bad_line_ending, 400},
      {"bare CR in a value", with("A: b\rTransfer-Encoding: chunked\r\n"), errc::bad_line_ending, 400},
      {"bare CR before CRLF", with("A: b\r\r\n"), errc::bad_line_ending, 400},
      {"bare CR in the request line", "GET /\r HTTP/1.1\r\nHost: a\r\n\r\n", errc::bad_line_ending, 400},
      {"two empty lines in front", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", errc::bad_start_line, 400},
      {"folded field", with("A: b\r\n c\r\n"), errc::folded_field, 400},
      {"folded by a tab", with("A: b\r\n\tc\r\n"), errc::folded_field, 400},
      {"folded length", with("Content-Length:\r\n 5\r\n"), errc::bad_framing, 400},
      {"blank before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", errc::folded_field, 400},
      {"space before the colon", with("Content-Length : 5\r\n"), errc::bad_field, 400},
      {"tab before the colon", with("Transfer-Encoding\t: chunked\r\n"), errc::bad_field, 400},
      {"space in a name", with("Content Length: 5\r\n"), errc::bad_field, 400},
      {"no name", with(": x\r\n"), errc::bad_field, 400},
      {"no colon", with("Content-Length 5\r\n"), errc::bad_field, 400},
      {"byte above 0x7f in a name", with("Transfer-Encodin\xc7: chunked\r\n"), errc::bad_field, 400},
      {"delimiter in a name", with("A[b]: c\r\n"), errc::bad_field, 400},
      {"NUL in a value", with("A: b\0c\r\n"s), errc::bad_character, 400},
      {"NUL in a name", with("A\0: c\r\n"s), errc::bad_character, 400},
      {"NUL in the target", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"s, errc::bad_character, 400},
      {"vertical tab in a coding",
       with("Transfer-Encoding: \x0b"
            "chunked\r\n"),
       errc::bad_character, 400},
      {"DEL in a value", with("A: b\x7f\r\n"), errc::bad_character, 400},
      {"byte above 0x7f in the target", "GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n", errc::bad_character, 400},
      {"tab in the request line", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", errc::bad_character, 400},
      {"TLS instead of HTTP", "\x16\x03\x01\x02", errc::bad_character, 400},

      {"two spaces after the method", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", errc::bad_start_line, 400},
      {"two spaces after the target", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", errc::bad_start_line, 400},
      {"space after the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", errc::bad_start_line, 400},
      {"space before the method", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", errc::bad_start_line, 400},
      {"space in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", errc::bad_start_line, 400},
      {"no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n", errc::bad_start_line, 400},
      {"HTTP/0.9", "GET /\r\n\r\n", errc::bad_start_line, 400},
      {"no version number", "GET / HTTP/\r\nHost: a\r\n\r\n", errc::bad_start_line, 400},
      {"a version of three digits", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", errc::bad_start_line, 400},
      {"a version in small letters", "GET / http/1.1\r\nHost: a\r\n\r\n", errc::bad_start_line, 400},
      {"another protocol", "OPTIONS / RTSP/1.0\r\nHost: a\r\n\r\n", errc::bad_start_line, 400},
      {"a method that is no token", "GE(T / HTTP/1.1\r\nHost: a\r\n\r\n", errc::bad_start_line, 400},
      {"a fragment in the target", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", errc::bad_start_line, 400},
      {"a target that is no path", "GET a HTTP/1.1\r\nHost: a\r\n\r\n", errc::bad_start_line, 400},
      {"a star for GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", errc::bad_start_line, 400},
      {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", errc::version_unsupported, 505},
      {"HTTP/2.0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", errc::version_unsupported, 505},
      {"unknown method", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", errc::method_unknown, 501},
      {"method in small letters", "get / HTTP/1.1\r\nHost: a\r\n\r\n", errc::method_unknown, 501},

      {"no Host", "GET / HTTP/1.1\r\n\r\n", errc::bad_host, 400},
      {"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", errc::bad_host, 400},
      {"the same Host twice", "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", errc::bad_host, 400},
      {"two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", errc::bad_host, 400},
      {"an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", errc::bad_host, 400},
      {"a list of Hosts", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", errc::bad_host, 400},
      {"a path in Host", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", errc::bad_host, 400},
      {"a user in Host", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", errc::bad_host, 400},
      {"a target of another host", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", errc::bad_host, 400},
      {"a user in the target", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", errc::bad_host, 400},

      {"TE beside CL", with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), errc::bad_framing, 400},
      {"CL beside TE", with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), errc::bad_framing, 400},
      {"CL of zero beside TE", with("Transfer-Encoding: chunked\r\nContent-Length: 0\r\n"), errc::bad_framing,
       400},
      {"two lengths", with("Content-Length: 5\r\nContent-Length: 6\r\n"), errc::bad_framing, 400},
      {"the same length twice", with("Content-Length: 5\r\nContent-Length: 5\r\n"), errc::bad_framing, 400},
      {"a list of lengths", with("Content-Length: 5, 5\r\n"), errc::bad_framing, 400},
      {"a length with a plus", with("Content-Length: +5\r\n"), errc::bad_framing, 400},
      {"a negative length", with("Content-Length: -5\r\n"), errc::bad_framing, 400},
      {"a hexadecimal length", with("Content-Length: 0x5\r\n"), errc::bad_framing, 400},
      {"a length with a point", with("Content-Length: 5.0\r\n"), errc::bad_framing, 400},
      {"a length with a blank inside", with("Content-Length: 5 5\r\n"), errc::bad_framing, 400},
      {"an empty length", with("Content-Length:\r\n"), errc::bad_framing, 400},
      {"a length above 2^64", with("Content-Length: 18446744073709551616\r\n"), errc::bad_framing, 400},
      {"TE in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", errc::bad_framing, 400},
      {"TE twice", with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), errc::bad_framing,
       400},
      {"TE and identity", with("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"),
       errc::bad_framing, 400},
      {"gzip and chunked", with("Transfer-Encoding: gzip, chunked\r\n"), errc::coding_unsupported, 501},
      {"chunked twice in one", with("Transfer-Encoding: chunked, chunked\r\n"), errc::coding_unsupported,
       501},
      {"chunked and identity in one", with("Transfer-Encoding: chunked, identity\r\n"),
       errc::coding_unsupported, 501},
      {"a quoted coding", with("Transfer-Encoding: \"chunked\"\r\n"), errc::coding_unsupported, 501},
      {"a coding with a parameter", with("Transfer-Encoding: chunked;q=1\r\n"), errc::coding_unsupported,
       501},
      {"a coding with a letter more", with("Transfer-Encoding: xchunked\r\n"), errc::coding_unsupported, 501},
      {"an empty coding", with("Transfer-Encoding:\r\n"), errc::coding_unsupported, 501},
  };
  return rows;
}

}  // namespace

TEST_CASE("a head that could be understood in two ways is refused", "[http]") {
  for (const auto& row : corpus()) {
    INFO(row.what);
    const auto whole = parse_request(row.head);
    CHECK(whole.error() == row.why);
    CHECK(status_of(whole.error()) == row.status);
  }
}

TEST_CASE("a head that comes byte by byte is refused as it is whole", "[http]") {
  for (const auto& row : corpus()) {
    INFO(row.what);
    CHECK(parse_request_slowly(row.head).error() == row.why);
  }
}

TEST_CASE("what is wrong is found before the head is complete", "[http]") {
  CHECK(parse_request("GET / HTTP/1.1\n").error() == errc::bad_line_ending);
  CHECK(parse_request("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n").error() ==
        errc::bad_framing);
  CHECK(parse_request("\x16").error() == errc::bad_character);
}

TEST_CASE("a response that could be understood in two ways is refused", "[http]") {
  const std::vector<refused> rows{
      {"no reason blank", "HTTP/1.1 200\r\n\r\n", errc::bad_start_line, 400},
      {"a status of two digits", "HTTP/1.1 20 OK\r\n\r\n", errc::bad_start_line, 400},
      {"a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n", errc::bad_start_line, 400},
      {"a status below 100", "HTTP/1.1 099 OK\r\n\r\n", errc::bad_start_line, 400},
      {"bare LF", "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n", errc::bad_line_ending, 400},
      {"HTTP/2.0", "HTTP/2.0 200 OK\r\n\r\n", errc::version_unsupported, 505},
      {"TE beside CL", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
       errc::bad_framing, 400},
      {"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", errc::bad_framing,
       400},
      {"TE in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", errc::bad_framing, 400},
      {"gzip", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", errc::coding_unsupported, 501},
      {"204 with a body", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", errc::bad_framing, 400},
      {"100 with chunks", "HTTP/1.1 100 Continue\r\nTransfer-Encoding: chunked\r\n\r\n", errc::bad_framing,
       400},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    CHECK(parse_response(row.head).error() == row.why);
  }
}
