"""How well literal secrets are found, and what that costs on text that holds none.

Recall is measured on two corpora of synthesised secrets: the one that the finder was tuned on, and
one with another seed, other places and other names of keys. False alarms are measured on texts that
only look as if. The time is that of a clean manifest of 10 KB, beside the SHA-256 of the same text
and one regular expression over it. The targets are recall, false alarms, and the time.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from measure import Spread
from run import machine

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(1, str(ROOT / "tests"))
sys.path.insert(1, str(ROOT / "compiler"))

from literal_secrets.lookalikes import lookalikes  # noqa: E402
from literal_secrets.planted import Case, planted  # noqa: E402

from fairway.secrets.find import find_secrets  # noqa: E402

LEAST_RECALL = 0.98
MOST_ALARMS = 0.01
MOST_MICROSECONDS = 100
MANIFEST = ROOT / "tests/golden/fleet/production/wine-cultivar/manifest.yaml"
_WORDS = re.compile(r"[A-Za-z0-9_]{20,}")
_LOOPS = 200


def missed(cases: Sequence[Case]) -> list[Case]:
    """Return the cases whose secret was not found with exactly its span."""
    return [
        case
        for case in cases
        if case.secret not in {case.text[each.start : each.end] for each in find_secrets(case.text)}
    ]


def microseconds(works: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, Spread]:
    """Return the time of one call of each, measured in turns: other load disturbs all alike."""
    samples: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            start = time.perf_counter()
            for _ in range(_LOOPS):
                work()
            samples[name].append((time.perf_counter() - start) / _LOOPS * 1e6)
    return {name: Spread.of(values) for name, values in samples.items()}


def clean_text() -> str:
    """Return 10 KB of a rendered manifest, in which nothing is found."""
    text = MANIFEST.read_text("utf-8")[:10_000]
    assert len(text) == 10_000
    assert not find_secrets(text)
    return text


def by_kind(cases: Sequence[Case], wrong: Sequence[Case], label: str) -> list[str]:
    """Return a line a kind: how many there are, and how many were judged wrongly."""
    sizes, faults = Counter(each.kind for each in cases), Counter(each.kind for each in wrong)
    return [
        f"  {kind:36}{sizes[kind]:>6}{faults[kind]:>8}  {label}"
        for kind in sorted(sizes, key=lambda each: (-faults[each], each))
    ]


def judge(seed: int, each: int) -> tuple[dict[str, tuple[list[Case], list[Case]]], list[bool]]:
    """Return the cases and the wrongly judged ones of each corpus, and which targets are met."""
    corpora = {
        "planted, tuned on": planted(seed),
        "planted, held out": planted(seed + 1, held_out=True),
    }
    results = {name: (cases, missed(cases)) for name, cases in corpora.items()}
    alike = lookalikes(seed, each)
    results["look-alikes"] = (alike, [case for case in alike if find_secrets(case.text)])
    shares = {name: len(wrong) / len(cases) for name, (cases, wrong) in results.items()}
    met = [share <= 1 - LEAST_RECALL for name, share in shares.items() if name != "look-alikes"]
    return results, [*met, shares["look-alikes"] <= MOST_ALARMS]


def report(
    results: Mapping[str, tuple[list[Case], list[Case]]],
    times: Mapping[str, Spread],
    facts: Mapping[str, str | int],
) -> str:
    """Return the figures as a table for people, with the targets."""
    lines = ["; ".join(f"{key} {value}" for key, value in facts.items()), ""]
    targets = []
    for name, (cases, wrong) in results.items():
        label = "flagged" if name == "look-alikes" else "missed"
        lines += [f"{name}: {len(cases)} of {len({each.kind for each in cases})} kinds"]
        lines += [*by_kind(cases, wrong, label), ""]
        share = len(wrong) / len(cases)
        if label == "missed":
            targets.append((share <= 1 - LEAST_RECALL, f"{name}: recall {1 - share:.2%}"))
        else:
            targets.append((share <= MOST_ALARMS, f"{name}: false alarms {share:.2%}"))
    lines += [f"{'a clean manifest of 10 KB':36}{'microseconds':>26}{'x sha256':>12}"]
    base = times["sha256"].median
    for name, spread in times.items():
        shown = f"{spread.median:.1f} ({spread.least:.1f}-{spread.most:.1f})"
        lines.append(f"{name:36}{shown:>26}{spread.median / base:>12.1f}")
    taken = times["find_secrets"].median
    targets.append((taken < MOST_MICROSECONDS, f"under {MOST_MICROSECONDS} us ({taken:.1f})"))
    lines += ["", *(f"{'met    ' if met else 'not met'}  {text}" for met, text in targets)]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print the table, and write the figures to the file of ``--json``."""
    parser = argparse.ArgumentParser(description="Measure finding literal secrets here.")
    parser.add_argument("--seed", type=int, default=1, help="of the corpora (default: 1)")
    parser.add_argument("--each", type=int, default=20, help="look-alikes of a kind (default: 20)")
    parser.add_argument("--repeat", type=int, default=25, help="rounds of timing (default: 25)")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    arguments = parser.parse_args()
    results, met = judge(arguments.seed, arguments.each)
    text = clean_text()
    raw = text.encode()
    works: dict[str, Callable[[], object]] = {
        "find_secrets": lambda: find_secrets(text),
        "one findall of long words": lambda: _WORDS.findall(text),
        "sha256": lambda: hashlib.sha256(raw).digest(),
    }
    times = microseconds(works, arguments.repeat)
    facts = machine()
    sys.stdout.write(report(results, times, facts))
    if arguments.json is not None:
        value = {
            "machine": facts,
            "met": met,
            "wrong": {name: [len(wrong), len(cases)] for name, (cases, wrong) in results.items()},
            "microseconds": {name: spread._asdict() for name, spread in times.items()},
        }
        arguments.json.write_text(json.dumps(value, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
