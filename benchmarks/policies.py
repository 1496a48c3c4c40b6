"""What policies cost: the built-in pack's rules on each spec of a generated fleet, in one process.

Three things are timed for every spec, in rounds over the whole fleet: reading and checking it,
planning and rendering it, and judging it by the rules, from making the data that they read to the
findings. The rules' share is also given for a hundred rules, whose target is one millisecond a
spec, and in multiples of the time that reading and checking takes. Loading the pack is measured
in fresh processes, without what is kept between runs and with it.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from measure import Series, Spread, run
from run import COMPILER, HERE, machine

sys.path.insert(0, str(COMPILER))

from fairway.check import check_spec
from fairway.compile import Compiler
from fairway.discover import discover
from fairway.policy.project import ProjectPolicies
from fairway.project import LoadedProject, load_project

TARGET = 1.0
"""The target for a hundred rules, in milliseconds a spec."""
LOAD = """\
from fairway.policy.pack import load_pack
import sys
load_pack(sys.argv[1])
"""


class Round:
    """One pass over the fleet: seconds for each part of the work, and what was found."""

    def __init__(self, paths: list[str], loaded: LoadedProject) -> None:
        compiler = Compiler(loaded)
        policies = ProjectPolicies(loaded, "2026-11-01T00:00:00Z", compiler)
        self.rules = len(policies.rules)
        self.findings = 0
        self.checking = self.rendering = self.judging = 0.0
        for path in paths:
            start = time.perf_counter()
            checked = check_spec(path, loaded, "2026-11-01T00:00:00Z")
            read = time.perf_counter()
            prepared = policies.prepare(checked)
            rendered = time.perf_counter()
            self.findings += len(policies.check(checked, prepared).findings)
            judged = time.perf_counter()
            self.checking += read - start
            self.rendering += rendered - read
            self.judging += judged - rendered


def shown(name: str, spread: Spread, unit: str) -> str:
    """Return a line with a median and its spread."""
    return f"{name:<34} {spread.median:9.3f} {unit}   ({spread.least:.3f} to {spread.most:.3f})"


def loading(folder: Path, rounds: int) -> tuple[Spread, Spread, Spread]:
    """Return the milliseconds that loading the pack takes, cold and kept, and of `pass`."""
    pack = str(HERE.parent / "policies")
    series = {name: Series(name, 1) for name in ("cold", "kept", "pass")}
    environment = {**os.environ, "PYTHONPATH": str(COMPILER)}
    environment["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    for index in range(rounds + 1):
        cold = {**environment, "FAIRWAY_CACHE_DIR": str(folder / f"cache-{index}")}
        command = [sys.executable, "-c", LOAD, pack]
        for name, value in (("cold", cold), ("kept", cold)):
            sample = run(command, str(folder), value)
            if index:  # the first fills the bytecode
                series[name].samples.append(sample)
        if index:
            sample = run([sys.executable, "-c", "pass"], str(folder), environment)
            series["pass"].samples.append(sample)
    spreads = [Spread.of([s.wall * 1000 for s in each.samples]) for each in series.values()]
    return spreads[0], spreads[1], spreads[2]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--specs", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fleet = folder / "fleet"
        generate = [sys.executable, str(HERE / "generate.py"), str(fleet)]
        run(
            [*generate, "--specs", str(options.specs), "--seed", str(options.seed)],
            name,
            os.environ,
        )
        paths, loaded = discover([str(fleet)]), load_project(str(fleet / "fairway.yaml"))
        Round(paths, loaded)  # everything is loaded and kept
        rounds = [Round(paths, loaded) for _ in range(options.rounds)]
        cold, kept, nothing = loading(folder, options.rounds)
    scale = 1000 / options.specs
    hundred = 100 / rounds[0].rules
    print(", ".join(f"{key}: {value}" for key, value in machine().items()))
    print(
        f"{options.specs} specs, {rounds[0].rules} rules, {rounds[0].findings} findings a round\n"
    )
    for title, part in (("reading and checking a spec", "checking"),
                        ("planning and rendering it", "rendering"),
                        ("judging it by all rules", "judging")):  # fmt: skip
        print(shown(title, Spread.of([getattr(r, part) * scale for r in rounds]), "ms"))
    per_hundred = Spread.of([r.judging * scale * hundred for r in rounds])
    print(shown("judging it by 100 rules", per_hundred, "ms"), f"target: {TARGET:g}")
    ratio = Spread.of([r.judging / r.checking for r in rounds])
    print(shown("judging, in multiples of checking", ratio, "x "))
    print(shown("loading the pack, nothing kept", cold, "ms"))
    print(shown("loading the pack, kept", kept, "ms"))
    print(shown("python -c pass", nothing, "ms"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
