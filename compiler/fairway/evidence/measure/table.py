"""Reading a data set: CSV, gzipped CSV or Parquet, as text columns, within limits of size."""

from __future__ import annotations

import gzip
import hashlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import pandas as pd  # type: ignore[import-untyped,import-not-found,unused-ignore]
from numpy.typing import NDArray

MAX_BYTES: Final = 1 << 30
"""The largest data set, unpacked, in bytes: it is held in memory, some copies of it as well."""

MAX_ROWS: Final = 5_000_000
_CHUNK: Final = 1 << 20

Text = NDArray[np.object_]
"""One column: a string for each row, None where the value is missing."""


class DatasetRefusedError(Exception):
    """A data set cannot be read, or does not fit the contract; ``fix`` says what mends it."""

    def __init__(self, message: str, fix: str) -> None:
        super().__init__(message)
        self.fix = fix


class Table(NamedTuple):
    """A data set: its columns by name, in the file's order, and the sha256 of the file's bytes."""

    columns: Mapping[str, Text]
    rows: int
    digest: str


def read_table(path: Path) -> Table:
    """Read a data set, whose ending says its format. Raises ``DatasetRefusedError``.

    Every value is text here: what a column's values are is the contract's to say, so that a
    guess from the first rows never changes a result.
    """
    digest = _digest(path)
    name = path.name.lower()
    if name.endswith(".parquet"):
        frame = _parquet(path)
    elif name.endswith((".csv", ".csv.gz")):
        frame = _csv(path, packed=name.endswith(".gz"))
    else:
        raise DatasetRefusedError(
            f"{path.name} is of no known format", "give a .csv, .csv.gz or .parquet file"
        )
    if len(frame) == 0:
        raise DatasetRefusedError(f"{path.name} has no rows", "add the held-out rows")
    if len(frame) > MAX_ROWS:
        raise DatasetRefusedError(
            f"{path.name} has {len(frame)} rows, more than {MAX_ROWS}", "test on a sample of them"
        )
    columns = {str(column): frame[column].to_numpy(dtype=object) for column in frame.columns}
    return Table(columns, len(frame), digest)


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    size = 0
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                if size > MAX_BYTES:
                    raise _too_large(path)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise DatasetRefusedError(
            f"{path.name} cannot be read: {why}", "correct the path, or add the file"
        ) from error
    return f"sha256:{digest.hexdigest()}"


def _too_large(path: Path) -> DatasetRefusedError:
    return DatasetRefusedError(
        f"{path.name} holds more than {MAX_BYTES >> 20} MiB", "test on a sample of its rows"
    )


def _csv(path: Path, *, packed: bool) -> pd.DataFrame:
    try:
        stream = _unpacked(path) if packed else path.open("rb")
        with stream:
            frame = pd.read_csv(
                stream, dtype=str, keep_default_na=False, na_filter=False, encoding="utf-8-sig"
            )
    except (ValueError, OSError, EOFError, OverflowError) as error:
        why = str(error).partition("\n")[0][:200]
        raise DatasetRefusedError(f"{path.name} is not CSV: {why}", "write it again") from error
    if len(set(frame.columns)) < len(frame.columns) or isinstance(frame.index, pd.MultiIndex):
        raise DatasetRefusedError(f"{path.name}: rows are longer than its header", "write it again")
    # An empty cell is a missing value; CSV has no other way to say so.
    return frame.mask(frame == "", None)


def _unpacked(path: Path) -> io.BytesIO:
    """Unpack at most ``MAX_BYTES``: a few packed kilobytes can stand for gigabytes."""
    data = io.BytesIO()
    with gzip.open(path) as stream:
        while chunk := stream.read(_CHUNK):
            data.write(chunk)
            if data.tell() > MAX_BYTES:
                raise _too_large(path)
    data.seek(0)
    return data


def _parquet(path: Path) -> pd.DataFrame:
    import pyarrow as pa  # type: ignore[import-untyped,import-not-found,unused-ignore]
    import pyarrow.parquet as pq  # type: ignore[import-untyped,import-not-found,unused-ignore]

    try:
        with pq.ParquetFile(path) as file:
            metadata = file.metadata
            groups = (metadata.row_group(i) for i in range(metadata.num_row_groups))
            if sum(group.total_byte_size for group in groups) > MAX_BYTES:
                raise _too_large(path)
            table = file.read()
    except (pa.ArrowException, OSError) as error:
        why = str(error).partition("\n")[0][:200]
        raise DatasetRefusedError(f"{path.name} is not Parquet: {why}", "write it again") from error
    return pd.DataFrame({name: _texts(table[name].to_pylist()) for name in table.column_names})


def _texts(values: list[object]) -> pd.Series:
    return pd.Series([_text(value) for value in values], dtype=object)


def _text(value: object) -> str | None:
    """Return a value as a CSV writer would: whole floats and booleans without surprises."""
    if value is None or value != value:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
