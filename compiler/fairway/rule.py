"""The engine's own rules: what each finding's id means, how much it matters, why it exists.

Rules about policy are data (``policies/``); these are the rules of the language itself, which
no pack can change. A finding is made by calling its rule, so an id cannot be misspelt.
"""

from __future__ import annotations

from typing import NamedTuple

from fairway.finding import Finding, Fix, Related, Severity
from fairway.location import Location


class Rule(NamedTuple):
    """A rule of the language: a stable id, one line of title, and why it is so."""

    id: str
    title: str
    why: str
    severity: Severity = Severity.ERROR

    def __call__(
        self,
        message: str,
        at: Location,
        *,
        fix: Fix | str | None = None,
        related: tuple[Related, ...] = (),
        environments: tuple[str, ...] = (),
    ) -> Finding:
        """Return a finding of this rule at ``at``; a ``str`` fix is a description without text."""
        mend = Fix(fix) if isinstance(fix, str) else fix
        return Finding(self.id, self.severity, message, at, mend, related, environments)


UNREADABLE = Rule(
    "source/unreadable",
    "The file can be read",
    "A directory, a broken link, a device or a file without permission holds no spec.",
)
TOO_LARGE = Rule(
    "source/too-large",
    "The file is at most 1 MiB",
    "A deployment spec is a page or two; a larger file is data, or an attack on the reader.",
)
ENCODING = Rule(
    "source/encoding",
    "The file is UTF-8",
    "One encoding means that every tool sees the same text, at the same columns.",
)
CHARACTER = Rule(
    "yaml/character",
    "Only printable characters",
    "Control characters are outside YAML and hide from reviewers; some YAML readers take the"
    " Unicode line separators for line ends and others do not.",
)
SYNTAX = Rule(
    "yaml/syntax",
    "The file is YAML",
    "Nothing after the fault can be trusted, so only what stands before it is checked further.",
)
TOO_MANY = Rule(
    "source/too-many-findings",
    "A file has at most 100 findings",
    "A file with more was generated or damaged as a whole, and the first hundred show how.",
)
EMPTY = Rule("yaml/empty", "The file is not empty", "An empty file deploys nothing.")
ONE_DOCUMENT = Rule(
    "yaml/one-document",
    "One document in a file",
    "A file is one deployment, so that its history is the deployment's history.",
)
DUPLICATE_KEY = Rule(
    "yaml/duplicate-key",
    "A key stands once in a map",
    "YAML forbids it, and readers differ in which of the two values they keep.",
)
KEY = Rule(
    "yaml/key",
    "Keys are strings",
    "An unquoted key such as 3.10 or null is read as a number or as nothing: 3.10 becomes 3.1.",
)
TAG = Rule(
    "yaml/tag",
    "Only tags of the YAML 1.2 core schema",
    "Other tags ask the reader to build objects, which a spec never needs.",
)
ALIAS = Rule(
    "yaml/alias",
    "Aliases name an anchor and stay within limits",
    "Aliases of aliases grow exponentially, and one inside its own anchor never ends.",
)
DEPTH = Rule(
    "yaml/depth",
    "At most 32 levels of nesting",
    "No field lies deeper than a dozen levels; deeper input is an attack on the reader.",
)

UNKNOWN_KEY = Rule(
    "spec/unknown-key",
    "Every key is known",
    "A misspelt key would otherwise be ignored, and what it was meant to change would not change.",
)
MISSING_KEY = Rule(
    "spec/missing-key",
    "Required keys are there",
    "Without it the deployment has no meaning; no default could be right for everyone.",
)
TYPE = Rule(
    "spec/type",
    "Values have the type of their field",
    "A value of another type would be coerced to something that its author did not write.",
)
VALUE = Rule(
    "spec/value",
    "Values lie in their field's range or form",
    "Outside it the value cannot mean anything; the message shows the accepted forms.",
)
UNIT = Rule(
    "spec/unit",
    "Durations, percentages, quantities and rates carry their unit",
    "A bare 30 is seconds to one reader and minutes to another.",
)
CHOICE = Rule(
    "spec/choice",
    "Exactly one alternative",
    "The alternatives exclude each other, so two of them, or none, cannot be carried out.",
)
REFERENCE = Rule(
    "spec/reference",
    "Every name refers to something that exists",
    "A release of a version that does not exist, or an environment that the project does not"
    " have, would be found only when it is applied.",
)
CONSISTENT = Rule(
    "spec/consistent",
    "Fields agree with each other",
    "Each value is fine alone, but together they contradict each other.",
)
CONTRACT = Rule(
    "spec/contract",
    "The model's contract is well formed",
    "The model server checks every request against it, and the release arithmetic compares it.",
)
PROJECT = Rule(
    "project/file",
    "Specs belong to a project",
    "fairway.yaml says which environments exist and what renders what runs there.",
)
UNIQUE_NAME = Rule(
    "fleet/unique-name",
    "Deployment names are unique",
    "The name is the name of the Kubernetes objects and of the output folder: two deployments"
    " of one name would overwrite each other.",
)
TARGET = Rule(
    "target/unknown",
    "Targets named by the project exist",
    "A target that is not there renders nothing.",
)
CAPABILITY = Rule(
    "target/capability",
    "Every field is expressed by a target of the environment",
    "A field that no target can express would be dropped in silence.",
)
METRIC = Rule(
    "target/metric",
    "The metrics of gates and of objectives can be measured",
    "A gate on a metric that nobody measures has no answer: the canary stops at it, or worse,"
    " passes.",
)
LOCK_MISSING = Rule(
    "lock/missing",
    "Every version is locked",
    "Compile never reads models: what it writes about them, their digests, is in the lock.",
)
LOCK_STALE = Rule(
    "lock/stale",
    "The lock agrees with the spec",
    "A version whose source changed since it was locked has no known bytes.",
)
LOCK_CONTENT = Rule(
    "lock/content",
    "The model's bytes are those that were locked",
    "What was reviewed and tested is a digest; other bytes are another model.",
)
LOCK_FORMAT = Rule(
    "lock/format",
    "The lock is a lock",
    "It is written by fairway lock and only read by people; an edited one proves nothing.",
)
MOVED = Rule(
    "lock/moved",
    "A name in a registry stands for what it stood for",
    "Whoever moves an alias or a tag changes what runs without a review; the lock keeps what was"
    " reviewed until someone asks for the new one.",
)
UNSAFE = Rule(
    "lock/unsafe",
    "Loading the model runs nothing but the model",
    "A model's file can hold any program; it is read without being loaded, and what is not known"
    " to be harmless is refused.",
)
SIGNATURE = Rule(
    "lock/signature",
    "A model's signature is right",
    "A signature that does not fit its files says that someone changed them, or that they are not"
    " from whom they seem to be.",
)
DISAGREES = Rule(
    "lock/contract",
    "The contract says what the model says",
    "The server checks requests against the contract; the model then takes what passed, in its"
    " own names, types and order.",
)
IMAGE = Rule(
    "lock/image",
    "The images of the versions that run are in the registry",
    "What was built and pushed is known by its digest; a tag that is missing, or that holds"
    " another model's image, would be found by the pods that cannot start.",
)
MODEL_SOURCE = Rule(
    "lock/source",
    "The model's source can be read",
    "A version is locked by its bytes, which are where its source says.",
)
NOT_READY = Rule(
    "release/not-ready",
    "What is to serve runs already",
    "Traffic would move to pods that do not exist yet, and what serves now would be removed.",
)
OUTPUT_STALE = Rule(
    "output/stale",
    "The committed output is what the specs compile to",
    "What is applied is the output; if it differs from the specs, nobody reviewed what runs.",
)

POLICY = Rule(
    "policy/failed",
    "Every rule can be evaluated",
    "A rule that fails says nothing about the spec, so the spec is not known to keep it.",
)

_END = 1 << 30  # behind the end of any file: the last place there is

MOST_FINDINGS = 100
"""How many findings of a file are listed; one more then says that there are others."""


def too_many(file: str) -> Finding:
    """Return the finding that ends the list of a file with more than ``MOST_FINDINGS``."""
    message = f"this file has more findings than the {MOST_FINDINGS} that are listed"
    at = Location(file, offsets=(_END, _END))
    return TOO_MANY(message, at, fix="mend those that are listed, and run this again")


ENGINE_RULES: dict[str, Rule] = {
    rule.id: rule for rule in list(globals().values()) if isinstance(rule, Rule)
}
"""Every rule of the engine by its id, in the order of this page."""
