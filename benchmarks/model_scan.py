"""How fast a large model is scanned, and in how much memory: a joblib file of 100 MB, and others.

Each scan is a process of its own, so that its peak memory is its own; an interpreter that imports
the scanner and scans nothing is measured beside it. The target is a bound on memory, whatever is in
the file. Rates are of the bytes on the disk.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import struct
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

from measure import Series, Spread, run
from run import COMPILER, RAM_DISK, machine

SCAN = """\
import sys
from pathlib import Path
from fairway.lock.digest import FileDigest
from fairway.scan import Allowed, scan_model
for name in sys.argv[2:]:
    path = Path(name)
    files = [FileDigest(path.name, path.stat().st_size, "")]
    refused = bool(scan_model(path, files, Allowed()).faults)
    sys.exit(refused != (sys.argv[1] == "refused"))
"""
_HOSTILE = "hostile"
MOST_MEMORY = 256
"""The target for any scan, in MiB above an interpreter that scans nothing."""


def forest(size: int) -> object:
    """Return a random forest of about ``size`` bytes: thousands of small arrays."""
    import numpy as np
    from sklearn.ensemble import RandomForestRegressor

    chance = np.random.default_rng(1)
    rows = 400
    # A regression tree that is fitted to noise has about two nodes a row, of 72 bytes each.
    trees = max(size // (rows * 2 * 72), 1)
    return RandomForestRegressor(trees, n_jobs=-1, bootstrap=False, random_state=1).fit(
        chance.normal(size=(rows, 4)), chance.normal(size=rows)
    )


def weights(size: int) -> object:
    """Return a ridge regression of ``size`` bytes: one large array."""
    import numpy as np
    from sklearn.linear_model import Ridge

    model = Ridge().fit([[0.0], [1.0]], [0.0, 1.0])
    model.coef_ = np.random.default_rng(1).normal(size=size // 8)
    return model


def vocabulary(size: int) -> object:
    """Return a vectorizer of so many words that its file has about ``size`` bytes."""
    from sklearn.feature_extraction.text import CountVectorizer

    model = CountVectorizer().fit(["one two"])
    model.vocabulary_ = {f"word-{number:012}": number for number in range(size // 26)}
    return model


def names(size: int) -> bytes:
    """Return a pickle of nothing but texts: the worst for who keeps what it reads."""
    step = b"\x8c\xc8" + b"x" * 200 + b"\x94"
    return b"\x80\x04" + step * (size // len(step))


def bomb(size: int) -> bytes:
    """Return a compressed pickle of zeros, a thousand times larger than its file."""
    import zlib

    length = size * 8
    compressor = zlib.compressobj(9)
    head = compressor.compress(b"\x80\x04\x8e" + struct.pack("<Q", length))
    block = bytes(1 << 20)
    return head + b"".join(compressor.compress(block) for _ in range(length >> 20))


def write_files(folder: Path, size: int) -> None:
    """Write what is scanned, of about ``size`` bytes each."""
    import joblib

    def keep(name: str, write: Callable[[Path], object]) -> None:
        write(folder / f"{name}.joblib")

    array, trees, words = weights(size), forest(size), vocabulary(size // 4)
    keep("one array", lambda path: joblib.dump(array, path))
    keep("one array, zlib", lambda path: joblib.dump(array, path, compress=("zlib", 1)))
    keep("a forest", lambda path: joblib.dump(trees, path))
    keep("a forest, zlib", lambda path: joblib.dump(trees, path, compress=("zlib", 1)))
    keep("a forest, pickle", lambda path: path.write_bytes(pickle.dumps(trees)))
    keep("a vocabulary", lambda path: joblib.dump(words, path))
    keep("hostile, texts", lambda path: path.write_bytes(names(size)))
    keep("hostile, a bomb", lambda path: path.write_bytes(bomb(size)))


class Bench:
    """One session: the files, and a series of samples for each."""

    def __init__(self, folder: Path, size: int) -> None:
        # In a process of its own: a child's peak begins with the memory of its parent.
        script = [sys.executable, __file__, "--write", str(folder), "--bytes", str(size)]
        run(script, str(folder), os.environ)
        self.files = {path.stem: path for path in sorted(folder.glob("*.joblib"))}
        self.sizes = {name: path.stat().st_size for name, path in self.files.items()}
        self.folder = folder
        self.environment: Mapping[str, str] = {
            **{key: os.environ[key] for key in os.environ if key != "PYTHONDONTWRITEBYTECODE"},
            "PYTHONPATH": str(COMPILER),
            "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
        }
        self.series = {name: Series(name, 1) for name in ("nothing", *self.files)}

    def round(self) -> None:
        """Scan every file once, and nothing once."""
        self._measure("nothing", "-c", SCAN, "clean")
        for name, path in self.files.items():
            verdict = "refused" if name.startswith(_HOSTILE) else "clean"
            self._measure(name, "-c", SCAN, verdict, str(path))

    def warm_up(self) -> None:
        """Scan once without measuring: bytecode and the page cache."""
        self.round()
        for series in self.series.values():
            series.samples.clear()

    def seconds(self, name: str) -> Spread:
        """Return the time of a scan alone, round by round without the start-up's."""
        pairs = zip(self.series[name].samples, self.series["nothing"].samples, strict=True)
        return Spread.of([max(sample.wall - base.wall, 1e-4) for sample, base in pairs])

    def memory(self, name: str) -> Spread:
        """Return a scan's peak memory above that of scanning nothing, in MiB."""
        pairs = zip(self.series[name].samples, self.series["nothing"].samples, strict=True)
        return Spread.of([(sample.memory - base.memory) / 2**20 for sample, base in pairs])

    def _measure(self, name: str, *arguments: str) -> None:
        sample = run([sys.executable, *arguments], str(self.folder), self.environment)
        self.series[name].samples.append(sample)


def report(bench: Bench, facts: Mapping[str, str | int]) -> str:
    """Return the figures as a table for people, with the target."""
    lines = ["; ".join(f"{key} {value}" for key, value in facts.items())]
    runs = len(bench.series["nothing"].samples)
    lines += [f"{runs} runs each; median (least - most), start-up not counted", ""]
    lines.append(f"{'':20}{'MB':>8}{'seconds':>24}{'MB/s':>26}{'peak MiB more':>22}")
    for name, size in bench.sizes.items():
        seconds, megabytes = bench.seconds(name), size / 1e6
        # What takes less than a millisecond was sought over, and has no rate.
        slow = seconds.least >= 1e-3
        rate = Spread(*(megabytes / each for each in (seconds[0], seconds[2], seconds[1])))
        lines.append(
            f"{name:20}{megabytes:>8.1f}{_show(seconds, 3):>24}{_show(rate) if slow else '-':>26}"
            f"{_show(bench.memory(name), 1):>22}"
        )
    most = max(bench.memory(name).median for name in bench.files)
    met = "met    " if most <= MOST_MEMORY else "not met"
    lines += ["", f"{met}  memory of any scan: at most {MOST_MEMORY} MiB more ({most:.1f})"]
    return "\n".join(lines) + "\n"


def _show(spread: Spread, digits: int = 0) -> str:
    middle, least, most = (f"{value:.{digits}f}" for value in spread)
    return f"{middle} ({least}-{most})"


def main() -> None:
    """Measure, print the table, and write every sample to the file of ``--json``."""
    parser = argparse.ArgumentParser(description="Measure the scanner on this machine.")
    parser.add_argument("--megabytes", type=int, default=100, help="of a file (default: 100)")
    parser.add_argument("--repeat", type=int, default=7, help="runs of each (default: 7)")
    parser.add_argument("--json", type=Path, help="also write every sample to this file")
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--bytes", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.write is not None:
        write_files(arguments.write, arguments.bytes)
        return
    ram = RAM_DISK.is_dir() and os.access(RAM_DISK, os.W_OK)
    with tempfile.TemporaryDirectory(prefix="fairway-bench-", dir=RAM_DISK if ram else None) as at:
        bench = Bench(Path(at), arguments.megabytes * 1_000_000)
        bench.warm_up()
        facts = machine()
        for _ in range(arguments.repeat):
            bench.round()
        sys.stdout.write(report(bench, facts))
    if arguments.json is not None:
        series = [asdict(each) for each in bench.series.values()]
        value = {"machine": facts, "bytes": bench.sizes, "series": series}
        arguments.json.write_text(json.dumps(value, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
