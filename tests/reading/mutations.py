"""Ways to damage a spec: in its bytes, in its lines, and in the values of its tree."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

INSERTED = (
    b"[", b"]", b"{", b"}", b"\t", b"&a ", b"*a ", b"!!int ", b"!x ", b"? ", b"- ", b": ", b"#",
    b"'", b'"', b"|", b">", b"%", b"@", b"`", b"\0", b"\x1b", b"\r", b"\xef\xbb\xbf", b"\xff",
    b"\xe2\x80\xa8", b"\xc2\x85", b"<<: *a\n", b"---\n", b"...\n", b"<<<<<<< HEAD\n", b"{{ x }}",
    "日本".encode(), "👩‍🔬".encode(),
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 3.10, 1e308, 10**400, float("inf"), float("-inf"), float("nan"),
    "", " ", "x", "3.10", "5%", "101%", "30s", "-1s", "1h1h", "99999999999999w", "1Gi", "0.0001m",
    "40/s", "./x", "../x", "/", "a\0b", "a/\0/b", "x/" * 3000, "x" * 300, "日本語", [], {}, [None],
    [[]], [{}], {"": None}, {"x": "y"}, ["x", 1], {"uri": 1}, "models:/x/1", "rolling", "*", "{}",
)  # fmt: skip


def flip_bytes(data: bytes, chance: random.Random) -> bytes:
    damaged = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
    return bytes(damaged)


def delete_a_part(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data))
    return data[:start] + data[start + chance.randint(1, 30) :]


def insert(data: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(data))
        data = data[:at] + chance.choice(INSERTED) + data[at:]
    return data


def repeat_lines(data: bytes, chance: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    start = chance.randrange(len(lines))
    part = lines[start : start + chance.randint(1, 5)]
    at = chance.randrange(len(lines))
    return b"".join([*lines[:at], *part, *lines[at:]])


def indent_lines(data: bytes, chance: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(lines))
        blanks = chance.choice((b" ", b"  ", b"   ", b"\t"))
        lines[at] = lines[at][2:] if lines[at][:2] == b"  " else blanks + lines[at]
    return b"".join(lines)


def change_line_ends(data: bytes, chance: random.Random) -> bytes:
    return data.replace(b"\n", chance.choice((b"\r\n", b"\r", b"\n\n", b"\xc2\x85")))


def change_the_tree(data: bytes, chance: random.Random) -> bytes:
    """Replace, remove, rename and move values, and write the result in another style."""
    tree = yaml.load(data, yaml.CSafeLoader)
    for _ in range(chance.randint(1, 3)):
        places = list(_places(tree))
        holder, key = chance.choice(places)
        change = chance.randrange(4)
        if change == 0:
            holder[key] = chance.choice(VALUES)
        elif change == 1:
            other, name = chance.choice(places)
            holder[key] = yaml.load(yaml.dump(other[name]), yaml.CSafeLoader)
        elif isinstance(holder, dict):
            value = holder.pop(key)
            if change == 2:
                holder[f"{key}x" if chance.random() < 0.7 else chance.choice(VALUES[:12])] = value
        else:
            holder.append(chance.choice(VALUES))
        if not tree:
            break
    flow = chance.choice((True, False, None))
    return yaml.dump(tree, allow_unicode=True, default_flow_style=flow, sort_keys=False).encode()


def _places(node: Any) -> Any:
    pairs = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in list(pairs):
        yield node, key
        if isinstance(value, dict | list):
            yield from _places(value)


MUTATIONS: Mapping[str, Callable[[bytes, random.Random], bytes]] = {
    mutation.__name__.replace("_", " "): mutation
    for mutation in (
        flip_bytes,
        delete_a_part,
        insert,
        repeat_lines,
        indent_lines,
        change_line_ends,
        change_the_tree,
    )
}


def living_specs(root: Path) -> dict[str, bytes]:
    """Return the specs of the fleet by their name."""
    return {path.parent.name: path.read_bytes() for path in sorted(root.glob("*/deployment.yaml"))}
