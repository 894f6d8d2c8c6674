"""json_python.py JSON_LINES [SEED]: 10,000 documents made here, whole and damaged, read by coseal and by Python's json.

Both must agree which ones are documents, and on every value of those that are."""
import base64
import json
import math
import random
import struct
import subprocess
import sys

DOCUMENTS = 10_000
rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)


class Refused(Exception):
    pass


class MinusZero(int):
    """-0 is an integer, but not an unsigned one."""


def text(limit=8):
    characters = ["a", "Z", "0", " ", '"', "\\", "/", "\n", "\b", "\x00", "\x7f", "é", "€", "😀", "\ufffd", "\u2028"]
    return "".join(rng.choice(characters) for _ in range(rng.randrange(limit)))


def whole(low, high):
    return rng.choice([low, high, 0, rng.randrange(-10, 10) if low < 0 else rng.randrange(10), rng.randint(low, high)])


def real():
    while True:
        value = struct.unpack("d", rng.randbytes(8))[0]
        if math.isfinite(value):
            return rng.choice([value, 0.0, -0.0, 0.1, 1.5, 1e22, float(rng.randrange(1000))])


def single(value):
    try:
        value = struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        raise Refused from None
    check(math.isfinite(value))
    return value


def choice():
    return rng.choice([{"none": None}, {"i64": whole(-2**63, 2**63 - 1)}, {"text": text()},
                       {"spot": {"x": real(), "y": single(rng.uniform(-1e30, 1e30))}}])


def document(depth=0):
    return {
        "text": text(40), "small": whole(-128, 127), "whole": whole(-2**63, 2**63 - 1), "natural": whole(0, 2**64 - 1),
        "real": real(), "yes": rng.random() < 0.5, "maybe": rng.choice([None, text()]),
        "list": [whole(-2**31, 2**31 - 1) for _ in range(rng.randrange(4))],
        "counts": {text(): whole(0, 2**64 - 1) for _ in range(rng.randrange(3))},
        "choice": choice(), "raw": base64.b64encode(rng.randbytes(rng.randrange(9))).decode(),
        "children": [document(depth + 1) for _ in range(rng.randrange(3))] if depth < 2 else [],
    }


def shuffled(value):
    if isinstance(value, dict):
        items = [(key, shuffled(each)) for key, each in value.items()]
        rng.shuffle(items)
        return dict(items)
    return [shuffled(each) for each in value] if isinstance(value, list) else value


def damaged(line):
    line = bytearray(line)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        at = rng.randrange(len(line))
        what = rng.randrange(4)
        if what == 0:
            line[at] = rng.choice(b'{}[]:,"\\0123456789-+.eEtrufalsn \t\xff\xc3\x00')
        elif what == 1:
            del line[at]
        elif what == 2:
            line[at:at] = rng.choice([b" ", b",", b"}", b"]", b"0", b'"', b"\\ud800", b"\\udc00", b"1e999", b"-0", b"null", b"."])
        else:
            end = at + rng.randrange(1, 12)
            line[at:end] = line[at:end] * 2
    return bytes(line).replace(b"\n", b" ") or b" "


def once(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Refused
    return members


def refuse(_):
    raise Refused


def check(holds):
    if not holds:
        raise Refused


def is_text(value):
    check(isinstance(value, str))
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Refused from None
    return value


def is_whole(value, low, high):
    check(type(value) in (int, MinusZero) and low <= value <= high and not (low == 0 and isinstance(value, MinusZero)))
    return int(value)


def is_real(value):
    check(type(value) in (int, float, MinusZero))
    try:
        value = -0.0 if isinstance(value, MinusZero) else float(value)
    except OverflowError:
        raise Refused from None
    check(math.isfinite(value))
    return value


def has(value, names):
    check(isinstance(value, dict) and set(value) == set(names))


def is_choice(value):
    check(isinstance(value, dict) and len(value) == 1)
    (name, inner), = value.items()
    if name == "none":
        check(inner is None)
    elif name == "i64":
        inner = is_whole(inner, -2**63, 2**63 - 1)
    elif name == "text":
        is_text(inner)
    elif name == "spot":
        has(inner, ["x", "y"])
        inner = {"x": is_real(inner["x"]), "y": single(is_real(inner["y"]))}
    else:
        raise Refused
    return {name: inner}


def is_list(value):
    check(isinstance(value, list))
    return value


def is_raw(value):
    is_text(value)
    try:
        raw = base64.b64decode(value, validate=True)
    except ValueError:
        raise Refused from None
    check(base64.b64encode(raw).decode() == value)
    return value


def is_document(value):
    has(value, ["text", "small", "whole", "natural", "real", "yes", "maybe", "list", "counts", "choice", "raw", "children"])
    check(isinstance(value["yes"], bool) and isinstance(value["counts"], dict))
    return {
        "text": is_text(value["text"]), "small": is_whole(value["small"], -128, 127),
        "whole": is_whole(value["whole"], -2**63, 2**63 - 1), "natural": is_whole(value["natural"], 0, 2**64 - 1),
        "real": is_real(value["real"]), "yes": value["yes"],
        "maybe": None if value["maybe"] is None else is_text(value["maybe"]),
        "list": [is_whole(each, -2**31, 2**31 - 1) for each in is_list(value["list"])],
        "counts": {is_text(key): is_whole(each, 0, 2**64 - 1) for key, each in value["counts"].items()},
        "choice": is_choice(value["choice"]), "raw": is_raw(value["raw"]),
        "children": [is_document(each) for each in is_list(value["children"])],
    }


def python_reads(line):
    """The document, or None."""
    try:
        parsed = json.loads(line.decode(), object_pairs_hook=once, parse_constant=refuse,
                            parse_int=lambda digits: MinusZero(0) if digits == "-0" else int(digits))
        return is_document(parsed)
    except (Refused, ValueError, RecursionError):
        return None


def exact(value):
    """Floats by their bits, since 0.0 == -0.0."""
    return json.dumps(value, sort_keys=True)


lines = []
for number in range(DOCUMENTS):
    line = json.dumps(shuffled(document()), ensure_ascii=rng.random() < 0.5).encode()
    lines.append(damaged(line) if number % 2 else line)
answers = subprocess.run([sys.argv[1]], input=b"\n".join(lines) + b"\n", stdout=subprocess.PIPE, check=True).stdout.split(b"\n")
assert len(answers) == DOCUMENTS + 1, "an answer a line"
accepted = wrong = 0
for line, answer in zip(lines, answers):
    expected = python_reads(line)
    got = None if answer.startswith(b"!") else python_reads(answer)
    accepted += expected is not None
    if (expected is None) != (got is None) or (expected is not None and exact(expected) != exact(got)):
        wrong += 1
        if wrong <= 5:
            print("differs:", line[:2000], "\n  coseal:", answer[:2000], "\n  Python:", expected and json.dumps(expected)[:2000])
print(f"{DOCUMENTS} documents, {accepted} of them right, {wrong} differences")
sys.exit(1 if wrong or accepted < DOCUMENTS // 2 else 0)
