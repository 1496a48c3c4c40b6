"""Walking the pickles of a file from its first byte to its last.

A file is read as joblib reads it (an array's bytes follow its description) or as ``pickle.load``
does, which sees no arrays. Several pickles may follow each other; everything else behind a pickle
is refused.
"""

from __future__ import annotations

from fairway.scan.machine import Machine
from fairway.scan.opcodes import STEPS
from fairway.scan.report import Found, MalformedError, RefusedError
from fairway.scan.states import wrapped_array
from fairway.scan.stream import Stream
from fairway.scan.values import Table

MOST_OPCODES = 20_000_000
"""Of a file: about twenty seconds, and fifty times what the largest forests have."""
_PROBED = 1_000_000
_MOST_PICKLES = 1_000
_PROTO, _FRAME, _BUILD, _STOP = 0x80, 0x95, ord("b"), ord(".")
_NEWEST = 5


class PickleWalk:
    """One file's pickles; ``arrays`` says afterwards whether joblib had put arrays into it."""

    def __init__(
        self, stream: Stream, found: Found, patterns: tuple[str, ...], *, joblib: bool
    ) -> None:
        self.arrays = False
        self._stream = stream
        self._found = found
        self._patterns = patterns
        self._joblib = joblib
        self._left = MOST_OPCODES

    def run(self) -> None:
        """Walk to the end of the file; raise ``RefusedError`` for what no pickler writes."""
        for _ in range(_MOST_PICKLES):
            self._one(joblib=self._joblib)
            if self._stream.at_end():
                return
        raise RefusedError("the file holds more pickles after each other than any model")

    def _one(self, *, joblib: bool) -> None:
        stream = self._stream
        machine = Machine(self._found, self._patterns, joblib=joblib)
        frame_end = 0
        first = True
        while True:
            self._left -= 1
            if self._left < 0:
                raise RefusedError("the pickle has more steps than any model")
            start = stream.position
            code = stream.byte()
            step = STEPS.get(code)
            if step is not None:
                step(machine, stream)
            elif code == _STOP:
                machine.done()
            elif code == _BUILD:
                self._build(machine, framed=stream.position < frame_end)
                start = stream.position  # an array's bytes, behind the frame, belong to no frame
            elif code == _FRAME and start >= frame_end:
                frame_end = stream.position + 8 + int.from_bytes(stream.peek(8), "little")
                stream.read(8)
            elif code == _PROTO and first:
                machine.protocol = self._protocol()
            else:
                raise MalformedError(f"byte {start} is no opcode that is expected there")
            if start < frame_end < stream.position and code != _FRAME:
                raise RefusedError("a value crosses the end of its frame, as no pickler does")
            if code == _STOP:
                break
            first = False
        if stream.position < frame_end:
            raise RefusedError("a frame goes on behind the end of its pickle")

    def _protocol(self) -> int:
        version = self._stream.byte()
        if version > _NEWEST:
            raise MalformedError(f"there is no pickle protocol {version}")
        return version

    def _build(self, machine: Machine, *, framed: bool) -> None:
        state = machine.build()
        if not isinstance(state, Table):
            return
        dtype, size, padded = wrapped_array(state)
        if framed:
            # joblib takes the bytes behind the frame, and would go on inside of it.
            raise RefusedError("an array stands inside of a frame, as joblib never writes it")
        self.arrays = True
        if dtype.holds_objects:
            self._one(joblib=False)
        else:
            if padded:
                self._stream.skip(self._stream.byte())
            self._stream.skip(size)
        machine.array_read()


def acts_like_pickle(stream: Stream) -> bool:
    """Return whether an unpickler that were given these bytes would import and call something.

    Asked of files that are said to be something else; texts and numbers hardly ever do.
    """
    machine = Machine(Found(), (), joblib=False, lenient=True)
    try:
        for _ in range(_PROBED):
            code = stream.byte()
            step = STEPS.get(code)
            if step is not None:
                step(machine, stream)
            elif code == _STOP:
                machine.done()
                return machine.globals > 0
            elif code == _BUILD:
                machine.build()
            elif code == _FRAME:
                stream.read(8)
            elif code != _PROTO or stream.byte() > _NEWEST:
                break
            if machine.calls:
                return True
        else:
            return True  # no text and no numbers make sense for so long
    except RefusedError:
        pass
    return machine.calls > 0
