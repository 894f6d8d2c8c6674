#!/usr/bin/env python3
"""RESUME, RESUME_ACK and the keys behind them, computed from docs/protocol.md section 11 alone, without anything of coseal.

Usage: check_vectors.py FOLDER compares the files there with what it computes; with --write it writes them.
"""

import hashlib
import hmac
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "handshake"))
from check_vectors import ed25519_public, x25519  # noqa: E402

LEVELS = {"authenticated": 1, "encrypted": 2}
BASE = b"\x09" + bytes(31)


def mac(key, message):
    return hmac.new(key, message, hashlib.sha256).digest()


def xl(secret, label, context, n=32):
    label = b"coseal/1 " + label
    info = struct.pack(">H", n) + bytes([len(label)]) + label + bytes([len(context)]) + context
    return mac(secret, info + b"\x01")[:n]


def vec8(text):
    return bytes([len(text)]) + text


def counting(n):
    return bytes((n + i) & 0xFF for i in range(32))


def record(kind, body):
    return struct.pack(">IBBH", len(body), kind, 0, 0) + body


def compute(level):
    session_id = counting(0x10)[:16]
    pk_i, pk_r = ed25519_public(counting(0x00)), ed25519_public(counting(0x20))
    binding, generation = counting(0x30), 7
    direction = lambda count, seed: struct.pack(">H", count) + counting(seed)
    terms = session_id + bytes([LEVELS[level]]) + struct.pack(">HQ", 1, generation) + binding + pk_i + pk_r
    terms += vec8(b"frontend") + vec8(b"f1") + vec8(b"backend") + vec8(b"b1")
    terms += struct.pack(">III", 65536, 1048576, 15000) + struct.pack(">III", 262144, 16777216, 0)
    terms += direction(2, 0x40) + direction(1, 0x50) + direction(1, 0x60) + direction(2, 0x70)
    terms += struct.pack(">QQQ", 1_700_000_000_000, 1_700_086_400_000, 3)

    ticket = bytes((5 * i) & 0xFF for i in range(400))
    scalar, scalar_r, salt, salt_r = counting(0x80), counting(0xA0), counting(0xC0), counting(0xE0)
    e, e_r = x25519(scalar, BASE), x25519(scalar_r, BASE)
    m = b"\x00" + bytes([LEVELS[level]]) + struct.pack(">Q", generation) + salt + e
    m += struct.pack(">H", len(ticket)) + ticket + b"\x00\x00"
    binder_key = xl(binding, b"r bind i", session_id + bytes([LEVELS[level]]) + pk_i + pk_r)
    resume = m + mac(binder_key, hashlib.sha256(m).digest())
    unfinished = e_r + salt_r + b"\x00\x00"
    start = vec8(b"coseal/1 resume") + struct.pack(">H", 1) + vec8(b"duplex")
    th = hashlib.sha256(start + resume + unfinished).digest()
    k = mac(binding, x25519(scalar, e_r))
    fin = mac(xl(k, b"fin", th), th)
    text = level.encode()
    return {
        "level": level, "terms": terms, "ticket": ticket,
        "scalar_i": scalar, "scalar_r": scalar_r, "salt_i": salt, "salt_r": salt_r,
        "RESUME": record(0x06, resume), "RESUME_ACK": record(0x07, unfinished + fin),
        "TH": th, "K": k, "i_ap": xl(k, b"i ap " + text, th), "r_ap": xl(k, b"r ap " + text, th),
        "binding": xl(k, b"binding", th), "exp": xl(k, b"exp", th),
    }


def text_of(level):
    lines = [f"# A session of level {level} is resumed; docs/protocol.md section 11. Made by test/resume/check_vectors.py --write."]
    lines += [f"{name} = {value if isinstance(value, str) else value.hex()}" for name, value in compute(level).items()]
    return "\n".join(lines) + "\n"


def main():
    folder = pathlib.Path(sys.argv[-1])
    good = True
    for level in LEVELS:
        path = folder / f"{level}.txt"
        if "--write" in sys.argv:
            path.write_text(text_of(level))
        agrees = path.read_text() == text_of(level)
        good = good and agrees
        print(f"{path.name}: {'agrees' if agrees else 'DOES NOT AGREE'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
