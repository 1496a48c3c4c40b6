"""An unpickler's stack and memo, walked without building, importing or calling anything."""

from __future__ import annotations

from typing import NoReturn

from fairway.scan.allow import ANY, WRAPPER, allowed_global, renamed
from fairway.scan.calls import Wrapper, build_empty, call
from fairway.scan.report import Found, MalformedError, RefusedError, runs_code
from fairway.scan.states import give_state, grow
from fairway.scan.values import (
    ARRAY,
    DATA,
    LONG_TUPLE,
    LONGEST_TUPLE,
    MOST_KEYS,
    TEXT,
    Global,
    Items,
    Made,
    Table,
    Value,
)

MOST_VALUES = 2_000_000
"""Values on the stack or in the memo: enough for a vocabulary of a million words."""
_MOST_MADE = 8_000_000  # objects and what they hold: forests of 40,000 trees
_MOST_TEXT = 128 << 20
_DEEPEST = 10_000
_LIST_A_NAME = "list it in `trust.pickleGlobals` if it is safe, or save as skops"
_ATTACK = "do not load this file, and find out who made it: no model needs that"
_NO_CALL = "an {} opcode, which only Python 2 wrote, or somebody who hides a call"


class Machine:
    """The state of one pickle. ``lenient`` only asks whether bytes act like a pickle at all.

    Strict, it refuses whatever a pickler does not write, since two unpicklers may differ in it: a
    memo that is written twice or out of order, calls of unknown things, persistent ids, registries.
    """

    def __init__(
        self, found: Found, patterns: tuple[str, ...], *, joblib: bool, lenient: bool = False
    ) -> None:
        self.protocol = 0
        self.calls = 0
        self.globals = 0
        self._found = found
        self._patterns = patterns
        self._joblib = joblib
        self._lenient = lenient
        self._stack: list[Value] = []
        self._below: list[list[Value]] = []
        self._memo: list[Value] = []
        self._odd: dict[int, Value] = {}
        self._made = 0
        self._text = 0

    def push(self, value: Value) -> None:
        """Put a value on the stack."""
        if isinstance(value, str):
            self._text += len(value)
            if self._text > _MOST_TEXT:
                value = TEXT
        self._stack.append(value)
        if len(self._stack) > MOST_VALUES:
            raise RefusedError("the pickle needs a deeper stack than any model")

    def pop(self) -> Value:
        """Take the topmost value."""
        if not self._stack:
            raise MalformedError("the pickle takes a value that is not there")
        return self._stack.pop()

    def top(self) -> Value:
        """Return the topmost value."""
        if not self._stack:
            raise MalformedError("the pickle takes a value that is not there")
        return self._stack[-1]

    def mark(self) -> None:
        """Begin a group of values."""
        self._below.append(self._stack)
        self._stack = []
        if len(self._below) > _DEEPEST:
            raise RefusedError("the pickle is nested deeper than any model")

    def group(self) -> list[Value]:
        """Take the values since the last mark."""
        if not self._below:
            raise MalformedError("the pickle takes a group that was not begun")
        items, self._stack = self._stack, self._below.pop()
        return items

    def done(self) -> None:
        """End the pickle: one value is left."""
        self.pop()
        if (self._stack or self._below) and not self._lenient:
            raise RefusedError("the pickle leaves values behind, as no pickler does")

    def keep(self, index: int) -> None:
        """Write the topmost value into the memo."""
        value = self.top()
        if index == len(self._memo):
            self._memo.append(value)
        elif self._lenient:
            self._odd[index] = value
        else:
            raise RefusedError("the memo is written out of order, as no pickler does")
        if len(self._memo) > MOST_VALUES:
            raise RefusedError("the pickle remembers more values than any model")

    def next_index(self) -> int:
        """Return where MEMOIZE writes."""
        return len(self._memo)

    def recall(self, index: int) -> None:
        """Put a value from the memo on the stack."""
        if index in self._odd:
            self.push(self._odd[index])
        elif 0 <= index < len(self._memo):
            self.push(self._memo[index])
        else:
            raise MalformedError("the pickle recalls a value that it never kept")

    def make_tuple(self, items: list[Value]) -> None:
        """Put a tuple on the stack; of a long one only its kind is kept."""
        short = len(items) <= LONGEST_TUPLE
        self._count(len(items) if short else 1)
        self.push(tuple(items) if short else LONG_TUPLE)

    def make_list(self, length: int) -> None:
        """Put a list on the stack, of which the length is known."""
        self._count()
        self.push(Items(length))

    def make_table(self, items: list[Value]) -> None:
        """Put a dictionary on the stack."""
        self._count(min(len(items), 2 * MOST_KEYS))
        table = Table()
        _fill(table, items)
        self.push(table)

    def add(self, items: list[Value], kind: str) -> None:
        """Add items to the topmost list, set or dictionary (``table``: keys and values)."""
        target = self.top()
        if not self._lenient:
            grow(target, kind)
        if isinstance(target, Items):
            target.count += len(items)
        elif isinstance(target, Table) and kind == "table":
            self._count(min(len(items), 2 * MOST_KEYS))
            _fill(target, items)

    def name(self, module: Value, name: Value) -> None:
        """Put a module's attribute on the stack, with what may be done with it."""
        if not isinstance(module, str) or not isinstance(name, str):
            self._not_known()
        self.globals += 1
        if self.protocol < 3:
            module, name = renamed(module, name)
        full = self._found.imports(f"{module}.{name}")
        if (module, name) == WRAPPER and self._joblib:
            self.push(Global(module, name))
            return
        allowed = allowed_global(module, name, self._patterns)
        if allowed is None and not self._lenient:
            fix = _ATTACK if runs_code(module) else _LIST_A_NAME
            self._found.fault(f"loading it would import {full}, which is not allowed", fix)
        # What follows is still read, so that every name is told.
        self.push(allowed or Global(module, name, new=True, call=ANY))

    def reduce(self) -> None:
        """Call a function with a tuple."""
        arguments, function = self.pop(), self.pop()
        self.calls += isinstance(function, Global)
        self._count()
        self.push(DATA if self._lenient else call(function, arguments))

    def build_new(self) -> None:
        """Build an empty object of a class."""
        arguments, cls = self.pop(), self.pop()
        self.calls += isinstance(cls, Global)
        self._count()
        self.push(DATA if self._lenient else build_empty(cls, arguments))

    def build(self) -> Value:
        """Give the topmost object a state; return that state when the object is joblib's array."""
        state, target = self.pop(), self.top()
        if not self._lenient:
            give_state(target, state)
        if isinstance(target, Wrapper):
            target.read = True
            return state
        return None

    def array_read(self) -> None:
        """Put the array in the place of its description, once its bytes were passed."""
        self.pop()
        self.push(ARRAY)

    def instantiate(self, opcode: str, cls: Value) -> None:
        """Note a call by the opcodes INST, OBJ and NEWOBJ_EX, which is refused."""
        self.calls += isinstance(cls, Global)
        if not self._lenient:
            self._found.fault(_NO_CALL.format(opcode), "save the model again with Python 3")
        self.push(Made(Global("builtins", "object", call=ANY)))

    def refuse(self, message: str) -> None:
        """Refuse an opcode, unless the question is only whether this is a pickle."""
        if not self._lenient:
            raise RefusedError(message)

    def _count(self, size: int = 1) -> None:
        self._made += 1 + size
        if self._made > _MOST_MADE:
            raise RefusedError("the pickle builds more objects than any model")

    def _not_known(self) -> NoReturn:
        if self._lenient:
            raise MalformedError("a name is no text")
        raise RefusedError("the pickle imports by a name that is computed, which hides it")


def _fill(table: Table, items: list[Value]) -> None:
    if len(items) % 2:
        raise MalformedError("a key of the pickle has no value")
    for key, value in zip(items[::2], items[1::2], strict=True):
        if isinstance(key, str) and (len(table.items) < MOST_KEYS or key in table.items):
            table.items[key] = value
        elif isinstance(key, str) and key.startswith("__"):
            raise RefusedError("a state sets a special attribute among many others")
        else:
            table.other = True
