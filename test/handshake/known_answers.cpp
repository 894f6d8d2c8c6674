// Whole handshakes with fixed keys against test/vectors/handshake. What stands between the messages is
// derived here once more from docs/protocol.md, over the crypto layer alone; check_vectors.py does the same
// without our code.
#include "crypto/kdf.hpp"
#include "handshake/hello_reply.hpp"
#include "handshake/meeting.hpp"
#include "handshake/vector_file.hpp"
#include "support/await.hpp"
#include "support/catch.hpp"
#include "trust/identity_document.hpp"

#include <coseal/error.hpp>

#include <algorithm>

namespace coseal::test {
namespace {

using bytes = std::vector<std::byte>;

/// n, n + 1, n + 2, ...
std::array<std::byte, 32> counting(std::uint8_t n) {
  std::array<std::byte, 32> out{};
  for (auto& b : out) b = static_cast<std::byte>(n++);
  return out;
}

const auto seed_i = counting(0x00);
const auto seed_r = counting(0x20);
const auto seed_r_before = counting(0x40);
const auto scalar_i = counting(0x60);
const auto scalar_r = counting(0x80);
const auto random_i = counting(0xa0);
const auto random_r = counting(0xc0);

signing_key key_from(const std::array<std::byte, 32>& seed) {
  return signing_key(secret32(std::span(seed)));
}

std::shared_ptr<storage> store_with(const std::array<std::byte, 32>& seed, std::string instance,
                                    succession_chain succession) {
  identity_document document = make_identity(unix_ms{});
  document.seed = secret32(std::span(seed));
  document.instance = std::move(instance);
  document.succession = std::move(succession);
  auto store = memory_storage();
  REQUIRE(*await(store->put_if_absent(identity_key, write_identity_document(document))));
  return store;
}

struct fixed_meeting : meeting {
  bytes m1, m2, m3;  ///< whole records

  explicit fixed_meeting(security_level level) : meeting(level) {
    const coordinate backend("backend", "b1");
    connector_store = store_with(seed_i, "f1", {});
    acceptor_store = store_with(
        seed_r, "b1", {sign_succession(key_from(seed_r_before), key_from(seed_r).public_part(), backend, 1)});
    request.randomness = own_randomness(ephemeral_key::of_scalar(scalar_i), random_i);
    policy.randomness = own_randomness(ephemeral_key::of_scalar(scalar_r), random_r);
    request.channel = {{"users", "files"}, {"news"}};
    policy.channel = {{"users"}, {"news", "alerts"}};
    request.own_parameters = {65536, 1048576, std::chrono::milliseconds(15000),
                              std::chrono::milliseconds(1'700'000'000'000)};
    policy.own_parameters = {262144, 16777216, std::chrono::milliseconds(0),
                             std::chrono::milliseconds(1'700'000'000'500)};
    from_connector = [this](bytes& record) {
      (m1.empty() ? m1 : m3) = record;
      return passage::open;
    };
    from_acceptor = change_record(0, [this](bytes& record) { m2 = record; });
  }
};

/// AES-256-GCM under key(s) and iv(s), AAD = header | th.
bytes open_with(const secret32& s, std::span<const std::byte> header, const digest& th, bytes sealed) {
  const secret32 key = expand_label(s, "key", {});
  nonce_bytes iv{};
  expand_label(hmac_key(s.view()), "iv", {}, iv);
  bytes aad(header.begin(), header.end());
  aad.insert(aad.end(), th.begin(), th.end());
  bytes plaintext(sealed.begin(), sealed.end() - tag_size);
  const auto aead = (*default_aead_backend())->expand(key.view());
  REQUIRE(aead->open(iv, aad, plaintext, std::span(sealed).last<tag_size>()));
  return plaintext;
}

void describe_inputs(vector_values& v, const fixed_meeting& m, security_level level) {
  v["level"] = to_string(level);
  v["seed_i"] = hex(seed_i);
  v["random_i"] = hex(random_i);
  v["coordinate_i"] = "frontend/f1";
  v["wanted"] = "backend";
  v["params_i"] = "65536,1048576,15000,1700000000000";
  v["channel_i_to_acceptor"] = "users,files";
  v["channel_i_to_connector"] = "news";
  v["M1"] = hex(m.m1);
  if (level == security_level::none) return;
  v["seed_r"] = hex(seed_r);
  v["seed_r_before"] = hex(seed_r_before);
  v["ephemeral_i"] = hex(scalar_i);
  v["ephemeral_r"] = hex(scalar_r);
  v["random_r"] = hex(random_r);
  v["coordinate_r"] = "backend/b1";
  v["params_r"] = "262144,16777216,0,1700000000500";
  v["channel_r_to_acceptor"] = "users";
  v["channel_r_to_connector"] = "news,alerts";
  v["M2"] = hex(m.m2);
  v["M3"] = hex(m.m3);
}

void describe_traffic(vector_values& v, const std::string& name, const secret32& ap) {
  nonce_bytes iv{};
  expand_label(hmac_key(ap.view()), "iv", {}, iv);
  v[name] = hex(ap.view());
  v[name + "_key"] = hex(expand_label(ap, "key", {}).view());
  v[name + "_iv"] = hex(iv);
}

/// Everything between the messages, from TH1 to the first traffic keys.
void derive(vector_values& v, const fixed_meeting& m, security_level level) {
  const auto header = [](const bytes& record) { return std::span(record).first<8>(); };
  const auto body = [](const bytes& record) { return std::span(record).subspan<8>(); };
  const auto clear = body(m.m2).first(hello_reply::size);
  const auto sealed_r = body(m.m2).subspan(hello_reply::size);
  const std::string_view start(
      "\x08"
      "coseal/1"
      "\x00\x01"
      "\x06"
      "duplex",
      18);
  sha256 said;
  said.update(std::as_bytes(std::span(start))).update(body(m.m1));
  const auto th = [&](int n, std::span<const std::byte> more) {
    const digest value = said.update(more).value();
    v["TH" + std::to_string(n)] = hex(value);
    return value;
  };

  const digest th1 = th(1, clear);
  const auto e_r = clear.subspan(4 + channel_version::size).first<32>();
  const auto shared = ephemeral_key::of_scalar(scalar_i).agree(e_r);
  const std::array<std::byte, 32> zeros{};
  const digest nothing = sha256::of({});
  const secret32 es = hkdf_extract(zeros, zeros);
  const secret32 hs = hkdf_extract(expand_label(es, "derived", nothing).view(), shared->view());
  const secret32 hi = expand_label(hs, "i hs", th1);
  const secret32 hr = expand_label(hs, "r hs", th1);
  const secret32 ms = hkdf_extract(expand_label(hs, "derived", nothing).view(), zeros);

  const auto open_side = [&](const secret32& side, const bytes& record, std::span<const std::byte> sealed,
                             const digest& aad_th, int first) {
    const bytes plaintext = open_with(side, header(record), aad_th, bytes(sealed.begin(), sealed.end()));
    const auto all = std::span(plaintext);
    th(first, all.first(all.size() - 96));
    th(first + 1, all.last(96).first(64));
    return th(first + 2, all.last(32));
  };
  const digest th4 = open_side(hr, m.m2, sealed_r, th1, 2);
  const digest th7 = open_side(hi, m.m3, body(m.m3), th4, 5);

  v["HS"] = hex(hs.view());
  v["MS"] = hex(ms.view());
  v["hi"] = hex(hi.view());
  v["hr"] = hex(hr.view());
  describe_traffic(v, "i_ap", expand_label(ms, "i ap " + std::string(to_string(level)), th7));
  describe_traffic(v, "r_ap", expand_label(ms, "r ap " + std::string(to_string(level)), th7));
  v["binding"] = hex(expand_label(ms, "binding", th7).view());
  v["exp"] = hex(expand_label(ms, "exp", th7).view());
}

vector_values run_fixed(security_level level) {
  fixed_meeting m(level);
  m.run();
  REQUIRE(m.agreed());
  vector_values values;
  describe_inputs(values, m, level);
  if (level == security_level::none) return values;
  derive(values, m, level);
  const auto& secrets = *(**m.connector).secrets;
  CHECK(hex(secrets.send.view()) == values["i_ap"]);
  CHECK(hex(secrets.receive.view()) == values["r_ap"]);
  CHECK(hex(secrets.binding.view()) == values["binding"]);
  CHECK(hex(secrets.exporter.view()) == values["exp"]);
  return values;
}

std::string path_of(security_level level) {
  return std::string(COSEAL_TEST_VECTORS) + "/handshake/" + std::string(to_string(level)) + ".txt";
}

const security_level levels[] = {security_level::none, security_level::authenticated,
                                 security_level::encrypted};

}  // namespace

TEST_CASE("handshakes with fixed keys give the recorded bytes and secrets", "[handshake]") {
  for (const auto level : levels) {
    const auto expected = read_vector_file(path_of(level));
    const auto values = run_fixed(level);
    CHECK(values.size() == expected.size());
    for (const auto& [name, value] : expected) {
      INFO(to_string(level) << " " << name);
      REQUIRE(values.contains(name));
      CHECK(values.at(name) == value);
    }
  }
}

TEST_CASE("write the known-answer handshakes", "[.generate]") {
  for (const auto level : levels) {
    const std::string comment = "A handshake of docs/protocol.md at level " + std::string(to_string(level)) +
                                "; M1 to M3 with their record headers. Made by test-handshake [.generate].";
    write_vector_file(path_of(level), comment, run_fixed(level));
  }
}

}  // namespace coseal::test
