"""The statement that a version was tested: in-toto, signed where a key is given.

Sources: in-toto Attestation Framework v1.1, Statement v1 and ResourceDescriptor v1; predicate
Test Result v0.1 (https://github.com/in-toto/attestation, spec/predicates/test-result.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from fairway.evidence.report import Verdict, result_of

if TYPE_CHECKING:
    from fairway.evidence.subject import Subject

STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE: Final = "https://in-toto.io/attestation/test-result/v0.1"
PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"


def make_statement(
    subject: Subject, tests: Sequence[Verdict], files: Iterable[tuple[str, str, str]]
) -> dict[str, Any]:
    """Return the statement; ``files`` are (path, media type, digest) of what the test used or made.

    The subject is the model's root digest, which is a sha256 as model signatures have it.
    """
    digest = subject.version.locked.digest
    return {
        "_type": STATEMENT_TYPE,
        "subject": [
            {"name": f"{subject.deployment}/{subject.version.name}", "digest": _digest(digest)}
        ],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "result": result_of(tests),
            "configuration": [
                {
                    "name": path,
                    **({"mediaType": media_type} if media_type else {}),
                    "digest": _digest(digest),
                }
                for path, media_type, digest in files
            ],
            "passedTests": [test.name for test in tests if not test.why],
            "warnedTests": [test.name for test in tests if test.why and test.warns],
            "failedTests": [test.name for test in tests if test.why and not test.warns],
        },
    }


def _digest(digest: str) -> dict[str, str]:
    algorithm, _, value = digest.partition(":")
    return {algorithm: value}
