"""How fast Fairway is on this machine: a fleet compiled and validated, one spec in a fresh process.

Everything is measured in one session, alternately, with the commands that people run, start-up
included. Targets: at least 600 specs a second in a cold compile to images and Kubernetes objects
without policies, whose own target is in ``policies.py`` (one process, output on a RAM disk), and
``fairway validate`` of one spec in at most 15 times the time of ``python -c pass``. The exit code
does not depend on them: other machines are slower.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from measure import Sample, Series, Spread, run

HERE = Path(__file__).resolve().parent
COMPILER = HERE.parent / "compiler"
RAM_DISK = Path("/dev/shm")  # noqa: S108
COMPILE_RATE = 600
"""The target for a cold compile, in specs per second."""
LOCK_SECONDS = 3
"""The target for an up-to-date ``fairway lock --check``, in seconds for a thousand specs."""
VALIDATE_RATIO = 15
"""The target for one spec in a fresh process, in multiples of ``python -c pass``."""
BASELINE = """\
import sys
from pathlib import Path
from yaml import CSafeLoader, load
for path in sorted(Path(sys.argv[1]).glob("*/deployment.yaml")):
    load(path.read_text("utf-8"), CSafeLoader)
"""


class Bench:
    """One session: a fleet on the disk, and a series of samples for each command."""

    def __init__(self, folder: Path, specs: int, seed: int) -> None:
        self.folder = folder
        self.fleet = folder / "fleet"
        self.out = folder / "rendered"
        # Schemas and bytecode are kept between runs there, and filled before anything is measured:
        # an installed package has its bytecode, whatever the shell says of this source tree's.
        self.environment: Mapping[str, str] = {
            **{key: os.environ[key] for key in os.environ if key != "PYTHONDONTWRITEBYTECODE"},
            "PYTHONPATH": str(COMPILER),
            "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
            "FAIRWAY_CACHE_DIR": str(folder / "cache"),
        }
        generate = str(HERE / "generate.py")
        self._run(generate, str(self.fleet), "--specs", str(specs), "--seed", str(seed))
        # The same specs in a project without policies: what reading and rendering alone take.
        self.plain = folder / "plain"
        shutil.copytree(self.fleet, self.plain)
        project = self.plain / "fairway.yaml"
        text = project.read_text("utf-8").replace("policies: [builtin]", "policies: []")
        project.write_text(text, "utf-8")
        self.specs = specs
        self.one = str(sorted(self.fleet.glob("*/deployment.yaml"))[specs // 2])
        self.series: dict[str, Series] = {}

    def fleet_round(self) -> None:
        """Measure each command over the whole fleet once."""
        self._measure("validate", self.specs, "-m", "fairway", "validate", str(self.fleet))
        lock = ("-m", "fairway", "lock", "--check", "--offline", str(self.fleet))
        self._measure("lock check", self.specs, *lock)
        self._clear()
        compile_all = ("-m", "fairway", "compile", str(self.fleet), "--out", str(self.out))
        self._measure("compile", self.specs, *compile_all)
        self._clear()
        compile_plain = ("-m", "fairway", "compile", str(self.plain), "--out", str(self.out))
        self._measure("compile plain", self.specs, *compile_plain)
        self._measure("baseline", self.specs, "-c", BASELINE, str(self.fleet))

    def one_round(self) -> None:
        """Measure each command over one spec, and an interpreter that does nothing, once."""
        self._measure("pass", 1, "-c", "pass")
        self._measure("validate one", 1, "-m", "fairway", "validate", self.one)
        self._clear()
        compile_one = ("-m", "fairway", "compile", self.one, "--out", str(self.out))
        self._measure("compile one", 1, *compile_one)

    def warm_up(self) -> None:
        """Run every command once without measuring: bytecode, schemas and the page cache."""
        self.one_round()
        self.fleet_round()
        self.series.clear()

    def ratio(self, name: str, to: str) -> Spread:
        """Return the wall times of a series in multiples of another's, round by round."""
        pairs = zip(self.series[name].samples, self.series[to].samples, strict=True)
        return Spread.of([sample.wall / base.wall for sample, base in pairs])

    def _clear(self) -> None:
        if self.out.exists():
            shutil.rmtree(self.out)

    def _measure(self, name: str, specs: int, *arguments: str) -> None:
        series = self.series.setdefault(name, Series(name, specs))
        series.samples.append(self._run(*arguments))

    def _run(self, *arguments: str) -> Sample:
        return run([sys.executable, *arguments], str(self.folder), self.environment)


def machine() -> dict[str, str | int]:
    """Return what the figures depend on: processor, cores, interpreter, other load."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text("utf-8").splitlines()
        models = [line.partition(":")[2].strip() for line in lines if "model name" in line]
        name = models[0] if models else name
    return {
        "processor": name,
        "cores": os.cpu_count() or 1,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "load": f"{os.getloadavg()[0]:.1f} processes in the last minute",
    }


def report(bench: Bench, facts: Mapping[str, str | int], disk: str) -> str:
    """Return the figures as a table for people, with the two targets."""
    series = bench.series
    lines = ["; ".join(f"{key} {value}" for key, value in facts.items())]
    runs = len(series["compile"].samples)
    lines += [
        f"{bench.specs} specs, output on {disk}, {runs} runs each; median (least - most)",
        "",
        f"{'':24}{'specs/s':>22}{'specs/cpu-s':>22}{'peak MiB':>18}{'x baseline':>18}",
    ]
    for name, label in (
        ("compile", "cold compile"),
        ("compile plain", "without policies"),
        ("validate", "validate"),
        ("lock check", "lock --check"),
        ("baseline", "PyYAML reads them"),
    ):
        row = series[name]
        lines.append(
            f"{label:24}{_show(row.rate):>22}{_show(row.processor_rate):>22}"
            f"{_show(row.memory, 1):>18}{_show(bench.ratio(name, 'baseline'), 1):>18}"
        )
    runs = len(series["pass"].samples)
    lines += ["", f"{f'fresh process, {runs} runs':24}{'ms':>22}{'x python -c pass':>22}"]
    for name in ("pass", "validate one", "compile one"):
        wall = Spread(*(1000 * value for value in series[name].wall))
        label = "python -c pass" if name == "pass" else name
        lines.append(f"{label:24}{_show(wall, 1):>22}{_show(bench.ratio(name, 'pass'), 1):>22}")
    lines.append("")
    for text, met in targets(bench).items():
        lines.append(f"{'met    ' if met else 'not met'}  {text}")
    return "\n".join(lines) + "\n"


def targets(bench: Bench) -> dict[str, bool]:
    """Return each target with what was measured, and whether it was met."""
    rate = bench.series["compile plain"].rate.median
    ratio = bench.ratio("validate one", "pass").median
    seconds = 1000 / bench.series["lock check"].rate.median
    return {
        f"lock --check: at most {LOCK_SECONDS} s for a thousand specs ({seconds:.2f})": (
            seconds <= LOCK_SECONDS
        ),
        f"cold compile without policies: at least {COMPILE_RATE} specs/s ({rate:.0f})": (
            rate >= COMPILE_RATE
        ),
        f"validate one spec: at most {VALIDATE_RATIO} times python -c pass ({ratio:.1f})": (
            ratio <= VALIDATE_RATIO
        ),
    }


def _show(spread: Spread, digits: int = 0) -> str:
    middle, least, most = (f"{value:.{digits}f}" for value in spread)
    return f"{middle} ({least}-{most})"


def main() -> None:
    """Measure, print the table, and write every sample to the file of ``--json``."""
    parser = argparse.ArgumentParser(description="Measure Fairway on this machine.")
    parser.add_argument("--specs", type=int, default=1000, help="in the fleet (default: 1000)")
    parser.add_argument("--seed", type=int, default=1, help="which fleet (default: 1)")
    parser.add_argument("--repeat", type=int, default=7, help="runs over the fleet (default: 7)")
    parser.add_argument("--fresh", type=int, default=21, help="runs of one spec (default: 21)")
    parser.add_argument("--json", type=Path, help="also write every sample to this file")
    arguments = parser.parse_args()
    ram = RAM_DISK.is_dir() and os.access(RAM_DISK, os.W_OK)
    disk = "a RAM disk" if ram else "the disk of temporary files"
    with tempfile.TemporaryDirectory(prefix="fairway-bench-", dir=RAM_DISK if ram else None) as at:
        bench = Bench(Path(at), arguments.specs, arguments.seed)
        bench.warm_up()
        facts = machine()
        for _ in range(arguments.repeat):
            bench.fleet_round()
        for _ in range(arguments.fresh):
            bench.one_round()
    sys.stdout.write(report(bench, facts, disk))
    if arguments.json is not None:
        value = {
            "machine": facts,
            "specs": arguments.specs,
            "seed": arguments.seed,
            "targets": targets(bench),
            "series": [asdict(series) for series in bench.series.values()],
        }
        arguments.json.write_text(json.dumps(value, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
