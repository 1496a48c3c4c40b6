"""Frames: the containers that are open while a document is built."""

from __future__ import annotations

from typing import Any

from fairway.source.document import ListMarks, MapMarks

NO_KEY: Any = object()
"""Stands for a key while a map waits for one."""


class Frame:
    """A container that is still open: its value, its marks and the key that waits for a value."""

    __slots__ = ("anchor", "before", "height", "key", "marks", "skip", "value")

    def __init__(
        self, value: Any, marks: MapMarks | ListMarks, anchor: str | None, before: int
    ) -> None:
        self.value = value
        self.marks = marks
        self.anchor = anchor
        self.before = before  # nodes counted when the container opened
        self.key: Any = NO_KEY
        self.skip = False  # the waiting key is a duplicate: its value is read and dropped
        self.height = 0  # levels below this container
