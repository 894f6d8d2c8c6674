#!/usr/bin/env python3
"""Checks the known-answer handshakes against a second implementation, written from docs/protocol.md alone.

Usage: check_vectors.py FOLDER. It builds M1, M2 and M3 from the inputs, both sides' secrets, and compares every line.
Plain Python on purpose, primitives included: nothing of coseal and no package is trusted. Slow and not constant time.
"""

import hashlib
import hmac
import pathlib
import struct
import sys

# --- X25519 (RFC 7748) and Ed25519 (RFC 8032)

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def x25519(scalar, point):
    k = int.from_bytes(scalar, "little")
    k = (k & ~7 & ~(1 << 255)) | (1 << 254)
    u = int.from_bytes(point, "little") & ((1 << 255) - 1)
    x2, z2, x3, z3, swap = 1, 0, u, 1, 0
    for bit in reversed(range(255)):
        now = (k >> bit) & 1
        if swap ^ now:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = now
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a % P, b * b % P, d * a % P, c * b % P
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % P, u * (da - cb) ** 2 % P
        x2, z2 = aa * bb % P, e * (aa + 121665 * e) % P
    if swap:
        x2, x3, z2, z3 = x3, x2, z3, z2
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, "little")


def point_add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def point_mul(s, p):
    q = (0, 1, 1, 0)
    while s:
        if s & 1:
            q = point_add(q, p)
        p, s = point_add(p, p), s >> 1
    return q


def recover_x(y, sign):
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    return P - x if (x & 1) != sign else x


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = recover_x(BASE_Y, 0)
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def compress(p):
    z = pow(p[2], P - 2, P)
    return (p[1] * z % P | (p[0] * z % P & 1) << 255).to_bytes(32, "little")


def expand_seed(seed):
    h = hashlib.sha512(seed).digest()
    return (int.from_bytes(h[:32], "little") & ((1 << 254) - 8)) | (1 << 254), h[32:]


def ed25519_public(seed):
    return compress(point_mul(expand_seed(seed)[0], BASE))


def ed25519_sign(seed, message):
    a, prefix = expand_seed(seed)
    number = lambda *parts: int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % L
    r = number(prefix, message)
    big_r = compress(point_mul(r, BASE))
    s = (r + number(big_r, ed25519_public(seed), message) * a) % L
    return big_r + s.to_bytes(32, "little")


# --- AES-256-GCM (FIPS 197, SP 800-38D)


def make_sbox():
    box, p, q = [0] * 256, 1, 1
    while True:
        p ^= (p << 1) ^ (0x11B if p & 0x80 else 0)
        for shift in (1, 2, 4):
            q ^= q << shift
        q &= 0xFF
        q ^= 0x09 if q & 0x80 else 0
        rot = lambda n: (q << n | q >> (8 - n)) & 0xFF
        box[p & 0xFF] = q ^ rot(1) ^ rot(2) ^ rot(3) ^ rot(4) ^ 0x63
        if p == 1:
            box[0] = 0x63
            return box


SBOX = make_sbox()


def aes256_round_keys(key):
    words = [list(key[i : i + 4]) for i in range(0, 32, 4)]
    rcon = 1
    for i in range(8, 60):
        word = list(words[-1])
        if i % 8 == 0:
            word = [SBOX[b] for b in word[1:] + word[:1]]
            word[0] ^= rcon
            rcon <<= 1
        elif i % 8 == 4:
            word = [SBOX[b] for b in word]
        words.append([a ^ b for a, b in zip(words[i - 8], word)])
    return [sum(words[i : i + 4], []) for i in range(0, 60, 4)]


def aes256_block(round_keys, block):
    double = lambda b: (b << 1) ^ (0x11B if b & 0x80 else 0)
    state = [a ^ b for a, b in zip(block, round_keys[0])]
    for n in range(1, 15):
        state = [SBOX[state[(i + 4 * (i % 4)) % 16]] for i in range(16)]
        if n < 14:
            mixed = []
            for c in range(0, 16, 4):
                col = state[c : c + 4]
                t = col[0] ^ col[1] ^ col[2] ^ col[3]
                mixed += [col[i] ^ t ^ double(col[i] ^ col[(i + 1) % 4]) for i in range(4)]
            state = mixed
        state = [a ^ b for a, b in zip(state, round_keys[n])]
    return bytes(state)


def ghash(h, data):
    y = 0
    for i in range(0, len(data), 16):
        y ^= int.from_bytes(data[i : i + 16], "big")
        z, v = 0, h
        for bit in reversed(range(128)):
            if y >> bit & 1:
                z ^= v
            v = v >> 1 ^ (0xE1 << 120 if v & 1 else 0)
        y = z
    return y


def aes256_gcm_seal(key, nonce, aad, plaintext):
    keys = aes256_round_keys(key)
    stream = b"".join(
        aes256_block(keys, nonce + struct.pack(">I", i + 2)) for i in range((len(plaintext) + 15) // 16)
    )
    out = bytes(a ^ b for a, b in zip(plaintext, stream))
    pad = lambda b: b + bytes(-len(b) % 16)
    h = int.from_bytes(aes256_block(keys, bytes(16)), "big")
    s = ghash(h, pad(aad) + pad(out) + struct.pack(">QQ", 8 * len(aad), 8 * len(out)))
    mask = int.from_bytes(aes256_block(keys, nonce + struct.pack(">I", 1)), "big")
    return out + (s ^ mask).to_bytes(16, "big")


# --- docs/protocol.md sections 1 and 3


def H(data):
    return hashlib.sha256(data).digest()


def HMAC(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


Extract = HMAC


def Expand(key, info, n):
    out, block, i = b"", b"", 1
    while len(out) < n:
        block = HMAC(key, block + info + bytes([i]))
        out, i = out + block, i + 1
    return out[:n]


def vec8(x):
    return struct.pack(">B", len(x)) + x


def vec16(x):
    return struct.pack(">H", len(x)) + x


def XL(secret, label, context, n=32):
    return Expand(secret, struct.pack(">H", n) + vec8(b"coseal/1 " + label.encode()) + vec8(context), n)


def coordinate(text):
    environment, _, instance = text.partition("/")
    return vec8(environment.encode()) + vec8(instance.encode())


def direction(definition):
    h = H(b"coseal/1 channel")
    texts = definition.split(",") if definition else []
    for text in texts:
        h = H(h + struct.pack(">I", len(text)) + text.encode())
    return struct.pack(">H", len(texts)) + h


def params(text):
    max_record, max_frame, keepalive, time = (int(part) for part in text.split(","))
    fields = [(1, struct.pack(">I", max_record)), (2, struct.pack(">I", max_frame))]
    fields += [(3, struct.pack(">I", keepalive)), (4, struct.pack(">Q", time))]
    return vec16(b"".join(struct.pack(">H", number) + vec16(value) for number, value in fields))


def record(kind, body):
    return struct.pack(">IBBH", len(body), kind, 0, 0) + body


# --- sections 4 and 5

LEVELS = {"none": 0, "authenticated": 1, "encrypted": 2}


def hello(v, level, e_i, extensions):
    body = b"coseal" + vec8(b"\x01") + b"\x01\x00\x01" + bytes([level]) + e_i + bytes.fromhex(v["random_i"])
    body += direction(v["channel_i_to_acceptor"]) + direction(v["channel_i_to_connector"])
    return record(0x01, body + coordinate(v["wanted"]) + vec16(extensions))


def succession_of_acceptor(v):
    before, now = bytes.fromhex(v["seed_r_before"]), bytes.fromhex(v["seed_r"])
    fields = ed25519_public(before) + ed25519_public(now) + coordinate(v["coordinate_r"]) + struct.pack(">Q", 1)
    return b"\x01" + fields + ed25519_sign(before, b" " * 64 + b"coseal/1 succession\x00" + fields)


def check_unproved(v):
    claim = coordinate(v["coordinate_i"]) + params(v["params_i"])
    yield "M1", hello(v, 0, bytes(32), struct.pack(">H", 0x8001) + vec16(claim))


def check_full(v):
    level = LEVELS[v["level"]]
    said = vec8(b"coseal/1") + struct.pack(">H", 1) + vec8(b"duplex")
    base = b"\x09" + bytes(31)
    scalar_i, scalar_r = bytes.fromhex(v["ephemeral_i"]), bytes.fromhex(v["ephemeral_r"])
    e_i, e_r = x25519(scalar_i, base), x25519(scalar_r, base)
    shared = x25519(scalar_i, e_r)
    assert shared == x25519(scalar_r, e_i)

    m1 = hello(v, level, e_i, b"")
    yield "M1", m1
    said += m1[8:]

    clear = b"\x01\x00\x01" + bytes([level])
    clear += direction(v["channel_r_to_acceptor"]) + direction(v["channel_r_to_connector"])
    clear += e_r + bytes.fromhex(v["random_r"])
    said += clear
    th1 = H(said)
    yield "TH1", th1

    es = Extract(bytes(32), bytes(32))
    hs = Extract(XL(es, "derived", H(b"")), shared)
    hi, hr = XL(hs, "i hs", th1), XL(hs, "r hs", th1)
    ms = Extract(XL(hs, "derived", H(b"")), bytes(32))
    for name, value in (("HS", hs), ("hi", hi), ("hr", hr), ("MS", ms)):
        yield name, value

    def side(kind, clear_part, seed, who, parameters, succession, role, secret, aad_th, first):
        nonlocal said
        identity = ed25519_public(seed) + coordinate(who) + params(parameters) + succession
        said += identity
        yield f"TH{first}", H(said)
        signature = ed25519_sign(seed, b" " * 64 + b"coseal/1 " + role + b" handshake\x00" + H(said))
        said += signature
        yield f"TH{first + 1}", H(said)
        finished = HMAC(XL(secret, "finished", b""), H(said))
        said += finished
        yield f"TH{first + 2}", H(said)
        plaintext = identity + signature + finished
        header = record(kind, clear_part + plaintext + bytes(16))[:8]
        key, iv = XL(secret, "key", b""), XL(secret, "iv", b"", 12)
        sealed = aes256_gcm_seal(key, iv, header + aad_th, plaintext)
        yield "M2" if kind == 0x02 else "M3", header + clear_part + sealed

    seed_r, seed_i = bytes.fromhex(v["seed_r"]), bytes.fromhex(v["seed_i"])
    chain = succession_of_acceptor(v)
    yield from side(2, clear, seed_r, v["coordinate_r"], v["params_r"], chain, b"acceptor", hr, th1, 2)
    yield from side(3, b"", seed_i, v["coordinate_i"], v["params_i"], b"\x00", b"connector", hi, H(said), 5)

    th7 = H(said)
    for name in ("i_ap", "r_ap"):
        ap = XL(ms, name[0] + " ap " + v["level"], th7)
        yield name, ap
        yield name + "_key", XL(ap, "key", b"")
        yield name + "_iv", XL(ap, "iv", b"", 12)
    yield "binding", XL(ms, "binding", th7)
    yield "exp", XL(ms, "exp", th7)


INPUTS = {"level", "wanted", "seed_i", "seed_r", "seed_r_before", "ephemeral_i", "ephemeral_r", "random_i", "random_r"}
INPUTS |= {f"{what}_{who}" for what in ("coordinate", "params") for who in "ir"}
INPUTS |= {f"channel_{who}_to_{side}" for who in "ir" for side in ("acceptor", "connector")}


def check_file(path):
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    values = dict(line.split(" = ", 1) for line in lines)
    check = check_unproved if values["level"] == "none" else check_full
    computed = {name: value.hex() for name, value in check(values)}
    wrong = [name for name in computed if computed[name] != values.get(name)]
    unchecked = sorted(set(values) - INPUTS - set(computed))
    for name in wrong:
        print(f"{path.name}: {name} is {values.get(name)}, computed {computed[name]}")
    for name in unchecked:
        print(f"{path.name}: nobody computes {name}")
    return not wrong and not unchecked, len(computed)


def self_test():
    """The primitives against their RFCs, so that two wrongs can not agree."""
    scalar = bytes.fromhex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4")
    u = bytes.fromhex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c")
    assert x25519(scalar, u).hex() == "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    assert ed25519_public(seed).hex() == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    signature = ed25519_sign(seed, b"").hex()
    assert signature.startswith("e5564300c360ac72") and signature.endswith("24655141438e7a100b")
    key, nonce = bytes.fromhex("feffe9928665731c6d6a8f9467308308") * 2, bytes.fromhex("cafebabefacedbaddecaf888")
    aad = bytes.fromhex("feedfacedeadbeef" * 2 + "abaddad2")
    text = bytes.fromhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"
        "b16aedf5aa0de657ba637b39"
    )
    assert aes256_gcm_seal(key, nonce, aad, text).hex().endswith("76fc6ece0f4e1768cddf8853bb2d551b")


def main():
    self_test()
    paths = sorted(pathlib.Path(sys.argv[1]).glob("*.txt"))
    good = bool(paths)
    for path in paths:
        ok, count = check_file(path)
        good = good and ok
        print(f"{path.name}: {count} values {'agree' if ok else 'DO NOT AGREE'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
