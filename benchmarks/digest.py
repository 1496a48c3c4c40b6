"""How fast a model's files are digested and its signature verified, against ``sha256sum``.

A folder of one gigabyte in files of varied sizes is made on a RAM disk where there is one. In each
round the same files are read by ``find -type f | xargs sha256sum`` and, each in a fresh process,
digested and digested with their signature verified; start-up is included. The target is at least
half of ``sha256sum``'s speed. The exit code does not depend on it: other machines are slower.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from measure import Sample, Series, Spread, run
from run import COMPILER, RAM_DISK, machine

TARGET = 0.5
"""The target for digesting and verifying, in multiples of ``sha256sum``'s speed."""
SHARES = (300, 200, 150, 100, 80, 60, 40, 30, 20, 10, 5, 3, 1, 0.5, 0.3, 0.15, 0.05)
"""Sizes of the files, in thousandths of the folder: shards, and what lies beside them."""
DIGEST = """\
import sys
from pathlib import Path
from fairway.signing.model import model_files
model_files(Path(sys.argv[1]))
"""
VERIFY = """\
import sys
from pathlib import Path
from fairway.signing.keys import load_public_key
from fairway.signing.model import model_files, verify_model
model, key = map(Path, sys.argv[1:])
assert verify_model(model, model_files(model), [load_public_key(key)]) is not None
"""


class Bench:
    """One session: a signed folder, and a series of samples for each way to read it."""

    def __init__(self, folder: Path, size: int, seed: int) -> None:
        self.folder = folder
        self.model = folder / "model"
        self.key = folder / "model.pub"
        self.environment: Mapping[str, str] = {
            **{key: os.environ[key] for key in os.environ if key != "PYTHONDONTWRITEBYTECODE"},
            "PYTHONPATH": str(COMPILER),
            "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
        }
        self.bytes = self._fill(size, random.Random(seed))
        self._sign()
        self.series: dict[str, Series] = {}

    def round(self) -> None:
        """Measure each way once."""
        find = "find . -type f -print0 | xargs -0 sha256sum"
        self._measure("sha256sum", ["/bin/sh", "-c", find], self.model)
        python = [sys.executable, "-c"]
        self._measure("digest", [*python, DIGEST, str(self.model)], self.folder)
        self._measure("verify", [*python, VERIFY, str(self.model), str(self.key)], self.folder)

    def speed(self, name: str) -> Spread:
        """Return a series in MB (10^6 bytes) a second."""
        samples = self.series[name].samples
        return Spread.of([self.bytes / sample.wall / 1e6 for sample in samples])

    def ratio(self, name: str) -> Spread:
        """Return the speed of a series in multiples of ``sha256sum``'s, round by round."""
        pairs = zip(self.series["sha256sum"].samples, self.series[name].samples, strict=True)
        return Spread.of([base.wall / sample.wall for base, sample in pairs])

    def _measure(self, name: str, command: list[str], folder: Path) -> None:
        sample: Sample = run(command, str(folder), self.environment)
        self.series.setdefault(name, Series(name, 1)).samples.append(sample)

    def _fill(self, size: int, chance: random.Random) -> int:
        block = chance.randbytes(1 << 20)
        total = 0
        for number, share in enumerate(SHARES):
            path = self.model / f"part-{number // 6}" / f"{number:02}.safetensors"
            path.parent.mkdir(parents=True, exist_ok=True)
            wanted = int(size * share / sum(SHARES))
            with path.open("wb") as stream:
                stream.write(chance.randbytes(16))
                for start in range(0, wanted, len(block)):
                    stream.write(block[: wanted - start])
            total += path.stat().st_size
        return total

    def _sign(self) -> None:
        key = self.folder / "model.key"
        for command in (
            ["openssl", "ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", str(key)],
            ["openssl", "ec", "-in", str(key), "-pubout", "-out", str(self.key)],
            [sys.executable, "-m", "fairway", "sign", str(self.model), "--key", str(key)],
        ):
            subprocess.run(command, check=True, capture_output=True, env=self.environment)


def report(bench: Bench, facts: Mapping[str, str | int], disk: str) -> str:
    """Return the figures as a table for people, with the target."""
    runs = len(bench.series["sha256sum"].samples)
    lines = [
        "; ".join(f"{key} {value}" for key, value in facts.items()),
        f"{bench.bytes / 1e9:.2f} GB in {len(SHARES)} files on {disk}, {runs} runs each; "
        "median (least - most)",
        "",
        f"{'':24}{'MB/s':>22}{'cpu-s':>18}{'peak MiB':>18}{'x sha256sum':>18}",
    ]
    for name, label in (
        ("sha256sum", "sha256sum"),
        ("digest", "digest"),
        ("verify", "digest and verify"),
    ):
        row = bench.series[name]
        processor = Spread.of([sample.processor for sample in row.samples])
        lines.append(
            f"{label:24}{_show(bench.speed(name)):>22}{_show(processor, 2):>18}"
            f"{_show(row.memory, 1):>18}{_show(bench.ratio(name), 2):>18}"
        )
    ratio = bench.ratio("verify").median
    met = "met    " if ratio >= TARGET else "not met"
    text = f"digest and verify: at least {TARGET} of sha256sum's speed ({ratio:.2f})"
    return "\n".join([*lines, "", f"{met}  {text}"]) + "\n"


def _show(spread: Spread, digits: int = 0) -> str:
    middle, least, most = (f"{value:.{digits}f}" for value in spread)
    return f"{middle} ({least}-{most})"


def main() -> None:
    """Measure, print the table, and write every sample to the file of ``--json``."""
    parser = argparse.ArgumentParser(description="Measure digests and signatures here.")
    parser.add_argument("--bytes", type=int, default=10**9, help="in the folder (default: 10^9)")
    parser.add_argument("--seed", type=int, default=1, help="which bytes (default: 1)")
    parser.add_argument("--repeat", type=int, default=5, help="runs (default: 5)")
    parser.add_argument("--folder", type=Path, help="a folder on the disk to measure")
    parser.add_argument("--json", type=Path, help="also write every sample to this file")
    arguments = parser.parse_args()
    ram = arguments.folder is None and RAM_DISK.is_dir() and os.access(RAM_DISK, os.W_OK)
    disk = "a RAM disk" if ram else "a disk, in the page cache"
    where = RAM_DISK if ram else arguments.folder
    with tempfile.TemporaryDirectory(prefix="fairway-bench-", dir=where) as at:
        bench = Bench(Path(at), arguments.bytes, arguments.seed)
        bench.round()
        bench.series.clear()
        facts = machine()
        for _ in range(arguments.repeat):
            bench.round()
    sys.stdout.write(report(bench, facts, disk))
    if arguments.json is not None:
        value = {
            "machine": facts,
            "bytes": bench.bytes,
            "target": bench.ratio("verify").median >= TARGET,
            "series": [asdict(series) for series in bench.series.values()],
        }
        arguments.json.write_text(json.dumps(value, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
