#!/usr/bin/env python3
"""Messages and tokens of calls over HTTP, computed from docs/protocol.md section 8 alone, without anything of coseal.

Usage: check_vectors.py FOLDER compares the file there with what it computes; with --write it writes it.
"""

import hashlib
import hmac
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "handshake"))
from check_vectors import aes256_gcm_seal  # noqa: E402

REQUEST, RESPONSE = 0x20, 0x21


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


def vec8(value):
    return bytes([len(value)]) + value


def vec16(value):
    return struct.pack(">H", len(value)) + value


def header(length, kind):
    return struct.pack(">IBBH", length, kind, 0, 0)


def box(level, key_and_iv, aad, content):
    key, iv = key_and_iv[:32], key_and_iv[32:]
    if level == "encrypted":
        return aes256_gcm_seal(key, iv, aad, content)
    return content + aes256_gcm_seal(key, iv, aad + content, b"")


# --- XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03, RFC 8439)


def rotate(x, n):
    return (x << n | x >> 32 - n) & 0xFFFFFFFF


def rounds(state):
    s = list(state)
    for _ in range(10):
        for a, b, c, d in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
                           (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
            s[a] = (s[a] + s[b]) & 0xFFFFFFFF
            s[d] = rotate(s[d] ^ s[a], 16)
            s[c] = (s[c] + s[d]) & 0xFFFFFFFF
            s[b] = rotate(s[b] ^ s[c], 12)
            s[a] = (s[a] + s[b]) & 0xFFFFFFFF
            s[d] = rotate(s[d] ^ s[a], 8)
            s[c] = (s[c] + s[d]) & 0xFFFFFFFF
            s[b] = rotate(s[b] ^ s[c], 7)
    return s


def words(data):
    return list(struct.unpack("<%dI" % (len(data) // 4), data))


CONSTANTS = words(b"expand 32-byte k")


def hchacha20(key, nonce16):
    s = rounds(CONSTANTS + words(key) + words(nonce16))
    return struct.pack("<8I", *(s[:4] + s[12:]))


def chacha20(key, counter, nonce12, length):
    out = b""
    while len(out) < length:
        state = CONSTANTS + words(key) + [counter] + words(nonce12)
        out += struct.pack("<16I", *((a + b) & 0xFFFFFFFF for a, b in zip(rounds(state), state)))
        counter += 1
    return out[:length]


def poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for i in range(0, len(message), 16):
        total = (total + int.from_bytes(message[i:i + 16] + b"\x01", "little")) * r % (2**130 - 5)
    return ((total + int.from_bytes(key[16:], "little")) % 2**128).to_bytes(16, "little")


def padded(data):
    return data + bytes(-len(data) % 16)


def xchacha_seal(key, nonce24, aad, plaintext):
    subkey, nonce = hchacha20(key, nonce24[:16]), bytes(4) + nonce24[16:]
    sealed = bytes(a ^ b for a, b in zip(plaintext, chacha20(subkey, 1, nonce, len(plaintext))))
    lengths = struct.pack("<QQ", len(aad), len(sealed))
    return sealed + poly1305(chacha20(subkey, 0, nonce, 32), padded(aad) + padded(sealed) + lengths)


# --- the vectors


def counting(first, n):
    return bytes((first + i) & 0xFF for i in range(n))


def token(ring_key, key_id, kind, nonce, pk, plaintext):
    clear = bytes([1, kind]) + struct.pack(">I", key_id) + nonce
    return clear + xchacha_seal(xl(ring_key, b"tok%d" % kind, pk), nonce, clear + pk, plaintext)


def values():
    out = {}
    ring_key, pk_r, pk_i = counting(1, 32), counting(33, 32), counting(65, 32)
    i_ap, r_ap = counting(97, 32), counting(129, 32)
    session_id, boot, endpoint_id = counting(5, 16), counting(200, 16), b"backend"
    started, issued, expires, epoch = 1700000000000, 1700000001000, 1700003601000, 3
    channel = struct.pack(">H", 1) + counting(7, 32) + struct.pack(">H", 0) + counting(8, 32)
    plaintext = session_id + b"\x02" + pk_i + vec8(b"frontend") + vec8(b"f1") + channel + i_ap + r_ap
    plaintext += struct.pack(">QQQQ", started, issued, expires, epoch)
    session = token(ring_key, 9, 2, counting(60, 24), pk_r, plaintext)
    hs, th1, settled = counting(11, 32), counting(12, 32), counting(13, 32)
    waiting = b"\x01" + struct.pack(">H", 1) + channel + hs + th1 + settled + struct.pack(">Q", issued)
    out.update(ring_key=ring_key, pk_r=pk_r, i_ap=i_ap, r_ap=r_ap, boot=boot, session_plaintext=plaintext)
    out.update(session_token=session, handshake_plaintext=waiting)
    out.update(handshake_token=token(ring_key, 9, 1, counting(61, 24), pk_r, waiting))
    for level in ("authenticated", "encrypted"):
        salt, salt_r = counting(161, 32), counting(193, 32)
        time, within, body = 1700000002345, 30000, b"what is asked"
        sealed_part = struct.pack(">I", within) + body
        before = vec16(session) + boot + salt + struct.pack(">Q", time) + b"\x01"
        before = header(len(before) + len(sealed_part) + 16, REQUEST) + before
        key = xl(i_ap, b"http req", salt + struct.pack(">Q", time), 44)
        request = before + box(level, key, before + vec16(endpoint_id), sealed_part)
        accept = session_id + struct.pack(">QQQ", expires, epoch, time) + vec16(session) + vec16(b"")
        for name, accepted, rest in (("answer", accept, b"\x02" + b"what is answered"),
                                     ("refusal", b"", b"\x11" + struct.pack(">BI", 25, 0) + vec16(b""))):
            content = boot + struct.pack(">Q", time + 1) + vec16(accepted) + rest
            before_r = header(32 + len(content) + 16, RESPONSE) + salt_r
            key_r = xl(r_ap, b"http rsp", hashlib.sha256(request).digest() + salt_r, 44)
            out[f"{level}_{name}"] = before_r + box(level, key_r, before_r, content)
        out[f"{level}_request"] = request
    return out


def main(arguments):
    path = pathlib.Path(arguments[0]) / "messages.txt"
    text = "# Messages and tokens of calls over HTTP; made by test/exchange/check_vectors.py.\n"
    text += "".join(f"{name} = {value.hex()}\n" for name, value in sorted(values().items()))
    if "--write" in arguments:
        path.write_text(text)
        return 0
    if path.read_text() != text:
        print(path, "is not what docs/protocol.md says")
        return 1
    return 0


if __name__ == "__main__":
    # The draft's own example (A.3.1).
    example = xchacha_seal(bytes(range(0x80, 0xA0)), bytes(range(0x40, 0x58)),
                           bytes.fromhex("50515253c0c1c2c3c4c5c6c7"),
                           b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
                           b"future, sunscreen would be it.")
    assert example.hex().endswith("c0875924c1c7987947deafd8780acf49"), example.hex()
    sys.exit(main(sys.argv[1:]))
