#!/usr/bin/env python3
"""TRAFFIC records computed from docs/protocol.md sections 1, 2 and 6 alone, without anything of coseal.

Usage: check_vectors.py FOLDER compares the files there with what it computes; with --write it writes them.
A file is one direction: its traffic secret, then its records in order, each as it lies in the file:
record CONTENT WIRE, where CONTENT is what is sealed, padding included. A REKEY updates the keys behind it.
"""

import hashlib
import hmac
import pathlib
import struct
import sys

try:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    def aes256_gcm_seal(key, nonce, aad, plaintext):
        return AESGCM(key).encrypt(nonce, plaintext, aad)

except ImportError:  # slower, as good
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "handshake"))
    from check_vectors import aes256_gcm_seal

TRAFFIC, REKEY = 0x10, 0x12


def expand(secret, info, n):
    out, block = b"", b""
    for i in range((n + 31) // 32):
        block = hmac.new(secret, block + info + bytes([i + 1]), hashlib.sha256).digest()
        out += block
    return out[:n]


def xl(secret, label, context, n=32):
    label = b"coseal/1 " + label
    info = struct.pack(">H", n) + bytes([len(label)]) + label + bytes([len(context)]) + context
    return expand(secret, info, n)


def header(length, epoch):
    return struct.pack(">IBBH", length, TRAFFIC, epoch, 0)


def clear(_secret, _epoch, _sequence, content):
    return header(len(content), 0) + content


def nonce(secret, sequence):
    iv = xl(secret, b"iv", b"", 12)
    return bytes(a ^ b for a, b in zip(iv, bytes(4) + struct.pack(">Q", sequence)))


def authenticated(secret, epoch, sequence, content):
    head = header(len(content) + 16, epoch & 0xFF)
    return head + content + aes256_gcm_seal(xl(secret, b"key", b""), nonce(secret, sequence), head + content, b"")


def encrypted(secret, epoch, sequence, content):
    head = header(len(content) + 16, epoch & 0xFF)
    return head + aes256_gcm_seal(xl(secret, b"key", b""), nonce(secret, sequence), head, content)


def counting(n):
    return bytes((i * 7 + n) & 0xFF for i in range(n))


def vec16(frame):
    return struct.pack(">H", len(frame)) + frame


def pad(content, zeros):
    return bytes([content[0] | 0x80]) + content[1:] + bytes(zeros) + struct.pack(">H", zeros)


def contents(level):
    yield b"\x01" + vec16(b"") + vec16(b"hello") + vec16(counting(300))
    for n in (0, 1, 15, 16, 17, 63, 64, 65, 1000):
        yield b"\x02" + counting(n)
    yield b"\x03" + struct.pack(">I", 70000) + counting(40)
    yield b"\x13" + b"\xff" * 8
    if level != "none":
        yield bytes([REKEY])
        yield b"\x04" + counting(33)
    if level == "encrypted":
        for zeros in (0, 1, 14, 255, 256):
            yield pad(b"\x01" + vec16(counting(zeros % 20)), zeros)
        for _ in range(256):  # the epoch in the header wraps
            yield bytes([REKEY])
        yield pad(bytes([REKEY]), 3)
        yield b"\x14" + bytes(8)
    yield b"\x15\x00\x00"


def lines(level, seal):
    secret = hashlib.sha256(b"test vectors of coseal/1 records, " + level.encode()).digest()
    yield "secret " + secret.hex()
    epoch = sequence = 0
    for content in contents(level):
        yield f"record {content.hex()} {seal(secret, epoch, sequence, content).hex()}"
        sequence += 1
        if content[0] & 0x7F == REKEY:
            secret, epoch, sequence = xl(secret, b"upd", b""), epoch + 1, 0


def main(arguments):
    folder = pathlib.Path(arguments[0])
    wrong = 0
    for level, seal in (("none", clear), ("authenticated", authenticated), ("encrypted", encrypted)):
        path = folder / (level + ".txt")
        text = f"# TRAFFIC records at level {level}; made by test/record/check_vectors.py.\n"
        text += "".join(line + "\n" for line in lines(level, seal))
        if "--write" in arguments:
            path.write_text(text)
        elif path.read_text() != text:
            print(path, "is not what docs/protocol.md says")
            wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
