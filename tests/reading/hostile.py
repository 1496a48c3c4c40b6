"""Inputs made to exhaust a reader: each name says what of, each value is the file's bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

ROOM = 1 << 20


def repeated(part: bytes) -> bytes:
    return part * (ROOM // len(part))


def _exponential_aliases() -> bytes:
    lines = [b"a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    for n in range(1, 60):
        aliases = b", ".join([b"*a%d" % (n - 1)] * 9)
        lines.append(b"a%d: &a%d [%s]" % (n, n, aliases))
    return b"\n".join(lines)


def _quadratic_aliases() -> bytes:
    return b"a: &a [" + b"x," * 50_000 + b"]\nb: [" + b"*a," * 50_000 + b"]\n"


def _nested_aliases() -> bytes:
    lines = [b"a0: &a0 [[[[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]]]"]
    lines += [b"a%d: &a%d [[[[[*a%d]]]]]" % (n, n, n - 1) for n in range(1, 20)]
    return b"\n".join(lines)


def _many_keys(count: int) -> bytes:
    return b"".join(b"k%d: 1\n" % n for n in range(count))


def _faults_in_a_list() -> bytes:
    return b"serving:\n  callers:\n" + b"  - {x: 1}\n" * 20_000


def _number(text: bytes) -> bytes:
    return (
        b"serving:\n  port: %s\n  resources: {cpu: %s, memory: %s, gpu: %s}\n"
        b"  scaling: {min: %s, max: %s, target: %s}\n"
        b"evidence: {dataset: x.csv, metrics: [{name: a, min: %s, positive: %s}]}\n"
        b"monitoring: {drift: {reference: x, features: {method: psi, max: %s, sample: %s}}}\n"
        b"metadata: {name: %s}\n"
    ).replace(b"%s", text)


HOSTILE: Mapping[str, Callable[[], bytes]] = {
    "aliases that grow exponentially": _exponential_aliases,
    "aliases that grow quadratically": _quadratic_aliases,
    "aliases that nest": _nested_aliases,
    "10,000 anchors": lambda: b"".join(b"k%d: &k%d 1\n" % (n, n) for n in range(10_000)),
    "10,000 anchors and an unknown one": lambda: (
        b"".join(b"k%d: &k%d 1\n" % (n, n) for n in range(10_000)) + b"x: *k"
    ),
    "open brackets": lambda: repeated(b"["),
    "open braces": lambda: repeated(b"{"),
    "open braces with keys": lambda: repeated(b"{a: "),
    "items in items": lambda: repeated(b"- "),
    "keys that are questions": lambda: repeated(b"? "),
    "colons": lambda: repeated(b": "),
    "maps on one line": lambda: repeated(b"a: b: "),
    "single quotes": lambda: repeated(b"'"),
    "double quotes": lambda: repeated(b'"'),
    "an odd number of double quotes": lambda: repeated(b'"')[:-1],
    "tags": lambda: repeated(b"!!str "),
    "anchors": lambda: repeated(b"&a "),
    "aliases": lambda: repeated(b"*a "),
    "comments": lambda: repeated(b"#\n"),
    "line ends": lambda: repeated(b"\n"),
    "carriage returns": lambda: repeated(b"\r"),
    "tabs": lambda: repeated(b"\t"),
    "blanks": lambda: repeated(b" "),
    "documents": lambda: repeated(b"---\n"),
    "conflict markers": lambda: repeated(b"<<<<<<< "),
    "templates": lambda: repeated(b"{{ x }}"),
    "a line of 900 KiB": lambda: b"team: " + b"x" * 900 * 1024,
    "a key of 900 KiB": lambda: b"? " + b"x" * 900 * 1024 + b"\n: 1\n",
    "a block scalar of 900 KiB": lambda: b"team: |\n" + b"  x\n" * 230_000,
    "a directive of 900 KiB": lambda: b"%YAML " + b"1" * 900 * 1024,
    "a tag of 900 KiB": lambda: b"a: !" + b"x" * 900 * 1024 + b" b",
    "an anchor of 900 KiB": lambda: b"a: &" + b"x" * 900 * 1024 + b" b",
    "40,000 unknown keys": lambda: _many_keys(40_000),
    "90,000 keys": lambda: _many_keys(90_000),
    "20,000 keys twice": lambda: b"apiVersion: x\n" * 20_000,
    "20,000 faults in a list": _faults_in_a_list,
    "digits": lambda: repeated(b"9"),
    "an integer of 4,000 digits": lambda: _number(b"9" * 4000),
    "a hexadecimal of 3,000 digits": lambda: _number(b"0x" + b"f" * 3000),
    "a hexadecimal of 4,000 digits": lambda: _number(b"0x" + b"f" * 4000),
    "an exponent of 6 digits": lambda: _number(b"1e999999"),
    "a tiny number": lambda: _number(b"1e-999999"),
    "infinity": lambda: _number(b".inf"),
    "less than infinity": lambda: _number(b"-.inf"),
    "not a number": lambda: _number(b".nan"),
    "a fraction of 4,000 digits": lambda: _number(b"0." + b"3" * 4000),
    "a duration of 900 KiB": lambda: b"serving: {traffic: {timeout: " + b"1h" * 450_000 + b"}}",
    "a percentage of 4,000 digits": lambda: _number(b"9" * 4000 + b"%"),
    "hosts without end": lambda: b"serving: {hosts: [" + b"a.b," * 90_000 + b"]}",
}
