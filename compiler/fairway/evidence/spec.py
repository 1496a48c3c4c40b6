"""Testing the versions of one spec: the stable one first, since the others are compared with it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from fairway import rule
from fairway.bound import BoundSpec
from fairway.deployment import ModelVersion
from fairway.evidence import rules
from fairway.evidence.files import page_path, write_together
from fairway.evidence.isolation.predictions import ModelFailedError
from fairway.evidence.measure.evaluation import bounded_metrics, names_of
from fairway.evidence.measure.holdout import Holdout, read_holdout
from fairway.evidence.measure.sample import AnswerRefusedError, task_of
from fairway.evidence.measure.table import DatasetRefusedError, Table, read_table
from fairway.evidence.staging import FORMATS, OtherBytesError
from fairway.evidence.subject import Subject
from fairway.evidence.thresholds import check_metrics, judge, said, thresholds_of
from fairway.evidence.trial import Evaluated, Setting, Stable, Trial, evaluate_version, run_trial
from fairway.finding import Finding, Fix
from fairway.location import Route
from fairway.lock.digest import SourceRefusedError
from fairway.serve.contract import Contract
from fairway.source.folder import FileContent
from fairway.spec.nearest import nearest

if TYPE_CHECKING:
    from fairway.evidence.command import Options
    from fairway.project import LoadedProject


class SpecTest:
    """Tests one spec's versions; collects findings at its lines."""

    def __init__(
        self,
        bound: BoundSpec,
        loaded: LoadedProject,
        versions: Mapping[str, ModelVersion],
        options: Options,
        time: str,
    ) -> None:
        assert bound.spec is not None  # noqa: S101 - the command checked
        assert bound.merged is not None  # noqa: S101 - the same
        assert bound.spec.evidence is not None  # noqa: S101 - the same
        self.findings: list[Finding] = []
        self._spec, self._merged, self._folder = bound.spec, bound.merged, bound.folder
        self._evidence = bound.spec.evidence
        self._versions = versions
        self._options = options
        self._time = time
        self._project = loaded.project
        self._thresholds = list(thresholds_of(self._evidence))
        self._done: dict[str, Evaluated | str] = {}
        releases = [view.spec.release for view in bound.views] or [self._spec.release]
        self._candidates = {release.candidate for release in releases}

    def each(self) -> Iterator[str]:
        """Test the wanted versions in the spec's order; yield a line for each."""
        self.findings += check_metrics(self._evidence, self._merged)
        table = None if self.findings else self._table()
        wanted = self._options.versions
        for name in self._versions:
            if table is not None and (not wanted or name in wanted):
                yield self._version(self._subject(name), table)

    def _version(self, subject: Subject, table: Table) -> str:
        name = subject.version.name
        shown = self._folder.shown_path(page_path(name))
        before = len(self.findings)
        trial = self._trial(subject, table)
        if trial is None:
            return f"{shown}: not written: {self.findings[-1].message}"
        self._judge(name, trial)
        write_together(Path(self._folder.path), trial.files)
        worst = [test for test in trial.tests if test.why]
        passed = f"{len(trial.tests) - len(worst)} of {len(trial.tests)} tests passed"
        more = f", {len(self.findings) - before} findings" if len(self.findings) > before else ""
        return f"{shown}: {trial.report['result']}, {passed}{more}"

    def _trial(self, subject: Subject, table: Table) -> Trial | None:
        """Run one version's trial; None with a finding when there can be no evidence."""
        name, at = subject.version.name, ("versions", subject.version.name)
        refusal = _refusal(subject, self._spec.serving.runtime, self._folder.shown)
        if refusal is not None:
            self._find(refusal[0], at, f"version {name} is not tested: {refusal[1]}", refusal[2])
            return None
        try:
            holdout = read_holdout(table, subject.contract)
            if not self._groups_exist(table):
                return None
            names = names_of(self._thresholds)
            task = task_of(names, subject.contract, holdout.target)
            setting = Setting(self._thresholds, task, self._time, self._options.limits,
                              self._options.load, self._options.key)  # fmt: skip
            evaluated = self._evaluated(subject, holdout, setting)
            if not self._metrics_fit(name, evaluated):
                return None
            stable = self._stable(name, table, setting)
            warns = name in self._candidates
            return run_trial(subject, setting, holdout, evaluated, stable, warns=warns)
        except DatasetRefusedError as error:
            self._find(rules.DATASET, ("evidence", "dataset"), str(error), error.fix)
        except OtherBytesError as error:
            fix = f"restore the files, or lock them with `fairway lock {self._folder.shown}`"
            self._find(rule.LOCK_CONTENT, at, f"version {name}: {error}", fix)
        except SourceRefusedError as error:
            self._find(rule.MODEL_SOURCE, at, f"version {name}: {error}", error.fix)
        except (ModelFailedError, AnswerRefusedError) as error:
            fix = "mend the model, or give it more with --memory and --timeout"
            self._find(rules.MODEL, at, f"version {name}: {error}", fix)
        return None

    def _evaluated(self, subject: Subject, holdout: Holdout, setting: Setting) -> Evaluated:
        """Evaluate a version once, although it may be compared with several times."""
        known = self._done.get(subject.version.name)
        if isinstance(known, Evaluated):
            return known
        if known is not None:
            raise ModelFailedError(known)
        try:
            found = evaluate_version(subject, holdout, setting.task, setting.limits)
        except ModelFailedError as error:
            self._done[subject.version.name] = str(error)
            raise
        self._done[subject.version.name] = found
        return found

    def _stable(self, name: str, table: Table, setting: Setting) -> Stable | None:
        stable = self._spec.release.stable
        if stable == name or stable not in self._versions:
            return None
        subject = self._subject(stable)
        digest = subject.version.locked.digest
        refusal = _refusal(subject, self._spec.serving.runtime, self._folder.shown)
        if refusal is not None:
            return Stable(stable, digest, None, refusal[1])
        try:
            holdout = read_holdout(table, subject.contract)
            return Stable(stable, digest, self._evaluated(subject, holdout, setting).sample)
        except (
            DatasetRefusedError, OtherBytesError, SourceRefusedError, ModelFailedError,
            AnswerRefusedError,
        ) as error:  # fmt: skip
            return Stable(stable, digest, None, str(error))

    def _subject(self, name: str) -> Subject:
        version = self._versions[name]
        paths = (version.contract.path, *(file.path for file, _ in version.entrypoint))
        contents = {path: self._folder.file(path) for path in paths}
        # Each was read when the versions were resolved, so that none is missing here.
        files = {p: c.data for p, c in contents.items() if isinstance(c, FileContent)}
        contract = Contract.model_validate_json(files[version.contract.path])
        return Subject(
            deployment=self._spec.metadata.name,
            version=version,
            contract=contract,
            evidence=self._evidence,
            files=files,
            trusted=tuple(self._project.trust.skops_types) if self._project is not None else (),
            path_of=self._options.path_of(Path(self._folder.path), self._project),
        )

    def _table(self) -> Table | None:
        try:
            return read_table(dataset_path(self._folder.path, self._evidence.dataset))
        except DatasetRefusedError as error:
            self._find(rules.DATASET, ("evidence", "dataset"), str(error), error.fix)
            return None

    def _groups_exist(self, table: Table) -> bool:
        missing = [each for each in self._thresholds if each.by not in (None, *table.columns)]
        for each in missing:
            close = nearest(str(each.by), table.columns)
            route = ("evidence", "metrics", each.position, "slice", "by")
            fix = Fix(f"write {close}", close) if close else None
            self._find(rules.METRIC, route, f"the data set has no column {each.by!r}", fix)
        return not missing

    def _metrics_fit(self, name: str, evaluated: Evaluated) -> bool:
        fits = True
        for each in self._thresholds:
            metric = bounded_metrics([each])
            why = metric[0].check(evaluated.sample) if metric else None
            if why is not None:
                fits = False
                route = ("evidence", "metrics", each.position, "name")
                self._find(rules.METRIC, route, f"version {name}: {why}", None)
        return fits

    def _judge(self, name: str, trial: Trial) -> None:
        """Turn what failed into findings, at the line that each is about."""
        for threshold in self._thresholds:
            found = judge(threshold, trial.report)
            if not found.passed:
                route = ("evidence", "metrics", threshold.position)
                fix = f"see {self._folder.shown_path(page_path(name))}"
                self._find(rules.THRESHOLD, route, f"version {name}: {said(found)}", fix)
        bounds = {threshold.name for threshold in self._thresholds}
        for test in trial.tests:
            if not test.why or test.name in bounds:
                continue
            kind = rules.ROBUSTNESS
            if test.warns:
                kind = rules.WORSE
            elif test.name.startswith("example: "):
                kind = rules.EXAMPLE
            message = f"version {name}: {test.name}: {test.why}"
            fix = f"see {self._folder.shown_path(page_path(name))}"
            self._find(kind, ("versions", name), message, fix)

    def _find(self, kind: rule.Rule, route: Route, message: str, fix: Fix | str | None) -> None:
        finding = kind(message, self._merged.locate(route), fix=fix)
        if finding not in self.findings:
            self.findings.append(finding)


def dataset_path(folder: str, name: str) -> Path:
    """Return the data set's path. Raises ``DatasetRefusedError`` for one that leads elsewhere."""
    path = os.path.join(folder, name)
    root = os.path.realpath(folder)
    if os.path.islink(path) or os.path.commonpath((os.path.realpath(path), root)) != root:
        raise DatasetRefusedError(
            f"{name} leads out of the deployment's folder, or is a link",
            "put the data set beside the spec",
        )
    return Path(path)


def _refusal(subject: Subject, runtime: str, folder: str) -> tuple[rule.Rule, str, str] | None:
    """Return why a version cannot be tested: the rule, the reason and the fix."""
    if runtime != "fairway":
        why = f"the runtime {runtime} is not the model server that tests run"
        return rules.UNSUPPORTED, why, "remove `evidence`, or serve it with the runtime fairway"
    if subject.version.format not in FORMATS:
        why = f"models of format {subject.version.format} cannot be tested yet"
        return rules.UNSUPPORTED, why, f"give it in one of {', '.join(FORMATS)}"
    if subject.refusal:
        return rules.SCAN, subject.refusal, f"run `fairway lock {folder}`"
    return None
