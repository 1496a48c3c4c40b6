"""The opcodes of pickle protocols 0 to 5, each with the bytes that follow it.

Source: ``Lib/pickle.py`` and ``Modules/_pickle.c`` of CPython 3.11 to 3.14, which agree on what
is accepted here; where they differ (text escapes, frames that are crossed) it is refused.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

from fairway.scan.machine import Machine
from fairway.scan.report import MalformedError, RefusedError
from fairway.scan.stream import Stream
from fairway.scan.values import (
    BYTES,
    DATA,
    LONGEST_BYTES,
    LONGEST_TEXT,
    SET,
    TEXT,
    Value,
)

Step = Callable[[Machine, Stream], None]
_LONGEST_NUMBER = 32
_NUMBER = re.compile(rb"-?[0-9]{1,31}")


def _unsigned(stream: Stream, size: int) -> int:
    return int.from_bytes(stream.read(size), "little")


def _signed(stream: Stream, size: int) -> int:
    return int.from_bytes(stream.read(size), "little", signed=True)


def _text(stream: Stream, size: int) -> Value:
    if size > LONGEST_TEXT * 4:
        stream.skip(size)
        return TEXT
    try:
        text = stream.read(size).decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise MalformedError("a text of the pickle is not UTF-8") from None
    return text if len(text) <= LONGEST_TEXT else TEXT


def _bytes(stream: Stream, size: int) -> Value:
    if size <= LONGEST_BYTES:
        return stream.read(size)
    stream.skip(size)
    return BYTES


def _ascii(stream: Stream, size: int) -> Value:
    """Python 2's strings; Python 3 reads them as ASCII or fails."""
    if size < 0:
        raise MalformedError("a string of the pickle has a negative size")
    value = _text(stream, size)
    if isinstance(value, str) and not value.isascii():
        raise RefusedError("a string of Python 2 is not ASCII", "save the model with Python 3")
    return value


def _quoted(stream: Stream) -> Value:
    line = stream.short_line(4 * LONGEST_TEXT)
    if line is None:
        return TEXT
    if len(line) < 2 or line[:1] != line[-1:] or line[:1] not in (b"'", b'"'):
        raise MalformedError("a string of the pickle is not quoted")
    inner = line[1:-1]
    if b"\\" in inner or len(inner) > LONGEST_TEXT or not inner.isascii():
        return TEXT
    return inner.decode("ascii")


def _unicode_line(stream: Stream) -> Value:
    line = stream.short_line(4 * LONGEST_TEXT)
    if line is None:
        return TEXT
    try:
        text = line.decode("raw-unicode-escape")
    except UnicodeDecodeError:
        raise MalformedError("a text of the pickle has a wrong escape") from None
    return text if len(text) <= LONGEST_TEXT else TEXT


def _decimal(line: bytes) -> int:
    if not _NUMBER.fullmatch(line):
        raise MalformedError("a number of the pickle is none")
    return int(line)


def _int_line(machine: Machine, stream: Stream) -> None:
    line = stream.line()
    machine.push(line == b"01" if line in (b"00", b"01") else _decimal(line))


def _long_line(machine: Machine, stream: Stream) -> None:
    line = stream.short_line(_LONGEST_NUMBER)
    machine.push(DATA if line is None else _decimal(line.removesuffix(b"L")))


def _float_line(machine: Machine, stream: Stream) -> None:
    try:
        float(stream.line())
    except ValueError:
        raise MalformedError("a number of the pickle is none") from None
    machine.push(DATA)


def _long(machine: Machine, stream: Stream, size: int) -> None:
    if size < 0:
        raise MalformedError("a number of the pickle has a negative size")
    if size <= LONGEST_BYTES:
        machine.push(_signed(stream, size))
    else:
        stream.skip(size)
        machine.push(DATA)


def _global(machine: Machine, stream: Stream) -> None:
    module, name = _name(stream), _name(stream)
    machine.name(module, name)


def _name(stream: Stream) -> str:
    try:
        return stream.line().decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedError("a name in the pickle is not UTF-8") from None


def _stack_global(machine: Machine, _: Stream) -> None:
    name, module = machine.pop(), machine.pop()
    machine.name(module, name)


def _inst(machine: Machine, stream: Stream) -> None:
    machine.group()
    _global(machine, stream)
    machine.instantiate("INST", machine.pop())


def _obj(machine: Machine, _: Stream) -> None:
    items = machine.group()
    if not items:
        raise MalformedError("the pickle takes a value that is not there")
    machine.instantiate("OBJ", items[0])


def _newobj_ex(machine: Machine, _: Stream) -> None:
    machine.pop(), machine.pop()
    machine.instantiate("NEWOBJ_EX", machine.pop())


def _persistent(machine: Machine, stream: Stream) -> None:
    stream.line()
    machine.refuse("it holds a persistent id, which other code resolves")
    machine.push(DATA)


def _binary_persistent(machine: Machine, _: Stream) -> None:
    machine.pop()
    machine.refuse("it holds a persistent id, which other code resolves")
    machine.push(DATA)


def _extension(size: int) -> Step:
    def step(machine: Machine, stream: Stream) -> None:
        stream.read(size)
        machine.refuse("it names an object by number in copyreg's registry, which hides it")
        machine.push(DATA)

    return step


def _buffers(machine: Machine, _: Stream) -> None:
    machine.refuse("it needs buffers from outside of the file")
    machine.push(DATA)


def _dup(machine: Machine, _: Stream) -> None:
    machine.push(machine.top())


def _tuple(size: int) -> Step:
    def step(machine: Machine, _: Stream) -> None:
        machine.make_tuple([machine.pop() for _ in range(size)][::-1])

    return step


def _add(kind: str, count: int) -> Step:
    def step(machine: Machine, _: Stream) -> None:
        items = [machine.pop() for _ in range(count)][::-1] if count else machine.group()
        machine.add(items, kind)

    return step


def _list(machine: Machine, _: Stream) -> None:
    machine.make_list(len(machine.group()))


def _frozenset(machine: Machine, _: Stream) -> None:
    machine.group()
    machine.push(DATA)


def _constant(value: Value) -> Step:
    return lambda machine, _: machine.push(value)


def _double(machine: Machine, stream: Stream) -> None:
    struct.unpack(">d", stream.read(8))
    machine.push(DATA)


STEPS: dict[int, Step] = {
    ord("("): lambda machine, _: machine.mark(),
    ord("0"): lambda machine, _: void(machine.pop()),
    ord("1"): lambda machine, _: void(machine.group()),
    ord("2"): _dup,
    ord("F"): _float_line,
    ord("G"): _double,
    ord("I"): _int_line,
    ord("J"): lambda machine, stream: machine.push(_signed(stream, 4)),
    ord("K"): lambda machine, stream: machine.push(stream.byte()),
    ord("M"): lambda machine, stream: machine.push(_unsigned(stream, 2)),
    ord("L"): _long_line,
    0x8A: lambda machine, stream: _long(machine, stream, stream.byte()),
    0x8B: lambda machine, stream: _long(machine, stream, _signed(stream, 4)),
    ord("N"): _constant(None),
    0x88: _constant(True),
    0x89: _constant(False),
    ord("S"): lambda machine, stream: machine.push(_quoted(stream)),
    ord("T"): lambda machine, stream: machine.push(_ascii(stream, _signed(stream, 4))),
    ord("U"): lambda machine, stream: machine.push(_ascii(stream, stream.byte())),
    ord("V"): lambda machine, stream: machine.push(_unicode_line(stream)),
    ord("X"): lambda machine, stream: machine.push(_text(stream, _unsigned(stream, 4))),
    0x8C: lambda machine, stream: machine.push(_text(stream, stream.byte())),
    0x8D: lambda machine, stream: machine.push(_text(stream, _unsigned(stream, 8))),
    ord("B"): lambda machine, stream: machine.push(_bytes(stream, _unsigned(stream, 4))),
    ord("C"): lambda machine, stream: machine.push(_bytes(stream, stream.byte())),
    0x8E: lambda machine, stream: machine.push(_bytes(stream, _unsigned(stream, 8))),
    0x96: lambda machine, stream: machine.push(_bytes(stream, _unsigned(stream, 8))),
    0x97: _buffers,
    0x98: _buffers,
    ord("P"): _persistent,
    ord("Q"): _binary_persistent,
    ord("c"): _global,
    0x93: _stack_global,
    ord("R"): lambda machine, _: machine.reduce(),
    0x81: lambda machine, _: machine.build_new(),
    0x92: _newobj_ex,
    ord("i"): _inst,
    ord("o"): _obj,
    0x82: _extension(1),
    0x83: _extension(2),
    0x84: _extension(4),
    ord(")"): lambda machine, _: machine.make_tuple([]),
    0x85: _tuple(1),
    0x86: _tuple(2),
    0x87: _tuple(3),
    ord("t"): lambda machine, _: machine.make_tuple(machine.group()),
    ord("]"): lambda machine, _: machine.make_list(0),
    ord("l"): _list,
    ord("a"): _add("list", 1),
    ord("e"): _add("list", 0),
    ord("}"): lambda machine, _: machine.make_table([]),
    ord("d"): lambda machine, _: machine.make_table(machine.group()),
    ord("s"): _add("table", 2),
    ord("u"): _add("table", 0),
    0x8F: _constant(SET),
    0x90: _add("set", 0),
    0x91: _frozenset,
    ord("p"): lambda machine, stream: machine.keep(_decimal(stream.line())),
    ord("q"): lambda machine, stream: machine.keep(stream.byte()),
    ord("r"): lambda machine, stream: machine.keep(_unsigned(stream, 4)),
    0x94: lambda machine, _: machine.keep(machine.next_index()),
    ord("g"): lambda machine, stream: machine.recall(_decimal(stream.line())),
    ord("h"): lambda machine, stream: machine.recall(stream.byte()),
    ord("j"): lambda machine, stream: machine.recall(_unsigned(stream, 4)),
}
"""What each opcode does, but PROTO, FRAME, BUILD and STOP, which concern the whole pickle."""


def void(_: object) -> None:
    """Drop a value."""
