"""The rules of evidence: what a test result must be to count, and what a test can find."""

from __future__ import annotations

from fairway.finding import Severity
from fairway.rule import Rule

METRIC = Rule(
    "evidence/metric",
    "Metrics are known, and their bounds fit them",
    "A misspelt metric, or a bound in another unit, would bound nothing.",
)
DATASET = Rule(
    "evidence/dataset",
    "The held-out data can be read by the contract",
    "A test needs every input column of the contract, the target, and rows that the model"
    " server would accept.",
)
UNSUPPORTED = Rule(
    "evidence/unsupported",
    "What is tested is what Fairway serves",
    "Latency and robustness are those of the model server; another runtime has others.",
)
MODEL = Rule(
    "evidence/model",
    "The model loads and answers within its limits",
    "A model that fails, hangs, or outgrows its memory on held-out rows would do so in production.",
)
SCAN = Rule(
    "evidence/scan",
    "Only models whose files passed the scan are loaded",
    "Loading some formats runs code that the file names; a scan that refused it said why not to.",
)
THRESHOLD = Rule(
    "evidence/threshold",
    "Every metric keeps its bound",
    "The bounds are what must be true of a version before it may take traffic.",
)
EXAMPLE = Rule(
    "evidence/example",
    "The contract's examples are answered as the contract says",
    "They are what callers rely on; a version that answers otherwise is not a drop-in replacement.",
)
ROBUSTNESS = Rule(
    "evidence/robustness",
    "A wrong request gets a refusal, never a failure",
    "An answer of 500 pages somebody, and one that breaks the contract breaks the caller.",
)
FORMAT = Rule(
    "evidence/format",
    "Evidence is what fairway test writes",
    "A result that cannot be read proves nothing.",
)
OTHER_MODEL = Rule(
    "evidence/other-model",
    "Evidence is about the bytes that are locked",
    "A result for another digest was measured on another model.",
)
OTHER_DATASET = Rule(
    "evidence/other-dataset",
    "Evidence is about the data set that is committed",
    "Numbers from other rows cannot be compared with the bounds that were chosen for these.",
)
OTHER_CONTRACT = Rule(
    "evidence/other-contract",
    "Evidence is about the contract that is committed",
    "The contract decides which requests were tried, and what counts as a right answer.",
)
EXPIRED = Rule(
    "evidence/expired",
    "Evidence is not older than maxAge",
    "Data drift; a result that was true of last year's rows may not be true of today's.",
)
UNSIGNED = Rule(
    "evidence/unsigned",
    "Evidence is signed where the project demands it",
    "Without a signature anybody who can commit can write a result that no test gave.",
)
SIGNATURE = Rule(
    "evidence/signature",
    "The signature of evidence is a trusted key's",
    "A signature of an unknown key says only that somebody has a key.",
)
EDITED = Rule(
    "evidence/edited",
    "Evidence is as the test wrote it",
    "The statement names its reports by digest, so that no number can be changed afterwards.",
)
FAILED = Rule(
    "evidence/failed",
    "The test passed",
    "A version whose test failed has evidence against it.",
)
BOUND = Rule(
    "evidence/bound",
    "Evidence meets the bounds that the spec has now",
    "Bounds that were raised, or added, after the test are not shown to hold.",
)
WORSE = Rule(
    "evidence/worse-than-stable",
    "A version is not worse than the one it replaces",
    "The whole interval of the paired difference lies on the worse side, so chance is not the"
    " reason.",
    Severity.WARNING,
)

EVIDENCE_RULES: dict[str, Rule] = {
    each.id: each for each in list(globals().values()) if isinstance(each, Rule)
}
"""Every rule of evidence by its id, in the order of this page."""
