"""The Python form of conditions against CEL: on the pack's own subjects, changed and damaged."""

from __future__ import annotations

import copy
import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairway.packs import pack_folder
from fairway.policy import cel_env, semantics
from fairway.policy.expression import read_expression
from fairway.policy.expression_text import text_of
from fairway.policy.mutate import changes_of
from fairway.policy.pack import read_pack
from fairway.policy.program import compile_rule
from fairway.policy.python_form import (
    UntranslatableError,
    accepting_code,
    python_pattern,
    python_source,
)
from fairway.policy.rule_file import RuleFile
from fairway.policy.sample import samples_of
from fairway.policy.variables import VARIABLES

RULES = read_pack(pack_folder("policies"))
BUDGET = semantics.Budget()
ERROR = "error"
DOUBT = "doubt"


def by_cel(serialised: bytes, variables: Mapping[str, Any]) -> object:
    try:
        value = cel_env.untyped().deserialize(serialised).eval(data=dict(variables))
    except RuntimeError:
        return ERROR
    return value.value() if value.type().name().upper() == "BOOL" else ERROR


def python_function(source: str, names: tuple[str, ...]) -> Callable[..., object]:
    made: Callable[..., object] = eval(  # noqa: S307 - what is tested
        f"lambda {', '.join(f'v_{name}' for name in names)}: {source}",
        {
            "__builtins__": {"all": all, "any": any, "sum": sum},
            **semantics.NAMES,
            "elements": BUDGET.elements,
        },
    )

    def function(*arguments: object) -> object:
        BUDGET.refill()
        return made(*arguments)

    return function


def by_python(function: Callable[..., object], variables: Mapping[str, Any], about: str) -> object:
    try:
        return function(*(variables[name] for name in VARIABLES[about]))
    except Exception:  # noqa: BLE001 - whatever it is, CEL has the word
        return DOUBT


def subjects(rule: RuleFile) -> Iterator[Mapping[str, Any]]:
    for example in (*rule.good, *rule.bad):
        for sample in samples_of(rule.about, rule.kinds, example.fragment):
            yield sample.variables


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_and_every_change_of_it_says_what_cel_says(rule: RuleFile) -> None:
    program = compile_rule(rule)
    tree = read_expression(program.check)
    env = cel_env.typed(rule.about)
    seen: Counter[object] = Counter()
    cases = list(subjects(rule))
    for changed in (tree, *(change.tree for change in changes_of(tree, True))):
        try:
            function = python_function(python_source(changed), VARIABLES[rule.about])
            serialised = env.compile(text_of(changed)).serialize()
        except (UntranslatableError, RuntimeError):
            continue  # left to CEL; or a number out of its range
        for variables in cases:
            said = by_python(function, variables, rule.about)
            seen[said] += 1
            if said is not DOUBT:
                assert said == by_cel(serialised, variables), text_of(changed)
    assert seen[True] > 0
    assert seen[False] > 0


def test_the_pack_is_sure_of_what_is_sound() -> None:
    """Whatever keeps a rule is accepted without CEL; a handful may not be."""
    sure: Counter[bool] = Counter()
    for rule in RULES:
        function = python_function(
            python_source(read_expression(compile_rule(rule).check)), VARIABLES[rule.about]
        )
        for example in rule.good:
            for sample in samples_of(rule.about, rule.kinds, example.fragment):
                sure[by_python(function, sample.variables, rule.about) is True] += 1
    assert sure[False] <= sure[True] / 100, sure


STRANGE = (None, True, False, 0, 1, -1, 1.0, 2.5, "", "x", "true", [], [1], ["a"], {}, {"a": 1})


def damaged(source: random.Random, value: Any) -> Any:
    """Replace, drop or add something somewhere in plain data."""
    if isinstance(value, dict) and value and source.random() < 0.85:
        key = source.choice(sorted(value))
        if source.random() < 0.25:
            del value[key]
        else:
            value[key] = damaged(source, value[key])
        return value
    if isinstance(value, list) and value and source.random() < 0.85:
        index = source.randrange(len(value))
        value[index] = damaged(source, value[index])
        return value
    return copy.deepcopy(source.choice(STRANGE))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_damaged_subjects_are_accepted_only_where_cel_accepts_them(rule: RuleFile) -> None:
    program = compile_rule(rule)
    tree = read_expression(program.check)
    function = python_function(python_source(tree), VARIABLES[rule.about])
    source = random.Random(rule.id)  # noqa: S311
    cases = list(subjects(rule))
    for _ in range(150):
        variables = dict(copy.deepcopy(source.choice(cases)))
        for _ in range(source.randint(1, 3)):
            name = source.choice(VARIABLES[rule.about])
            variables[name] = damaged(source, variables[name])
        said = by_python(function, variables, rule.about)
        if said is not DOUBT:
            assert said == by_cel(program.check, variables)


VALUES = (
    None, True, False, 0, 1, -1, 7, 2**62, -(2**63), 0.0, 1.0, -0.5, 1e300, float("inf"),
    "", "a", "ab", "é", [], [1], [1.0], ["a"], [True], {}, {"a": 1}, {"a": {"b": "c"}},
)  # fmt: skip
OPERATORS = ("==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/", "%", "&&", "||")
ONES = (
    "!a", "a.a", "has(a.a)", "size(a)", "a.size()", "a[0]", "a['a']", "double(a)", "int(a)",
    "string(a)", "a.startsWith('a')", "a.endsWith(a)", "a.contains('b')", "a.matches('a')",
    "a.all(e, e == 1)", "a.exists(e, e == 'a')", "a.exists_one(e, e == 1)", "a ? 1 : 2",
    "a.filter(e, e == 1).size()", "a.map(e, e == 1).size()", "a == ''", "a == true", "a == 1",
    "a == 1.0", "a == []", "a == null", "type(a) == int", "type(a) == map", "type(a) == bool",
)  # fmt: skip


def compare(expression: str, a: Any, b: Any) -> bool:
    """Hold both forms against each other; return whether the Python form was sure."""
    env = cel_env.untyped_with("a")
    env = cel_env.cel.NewEnv(variables=dict.fromkeys("ab", cel_env.cel.Type.DYN))
    # What an operator gives is compared with itself, so that the whole is a boolean.
    compiled = env.compile(expression)
    if compiled.return_type().name() != "BOOL":
        compiled = env.compile(f"({expression}) == ({expression})")
    try:
        source = python_source(read_expression(compiled.serialize()))
    except UntranslatableError:
        return False
    try:
        said = python_function(source, ("a", "b"))(a, b)
    except Exception:  # noqa: BLE001 - as above
        return False
    try:
        value = compiled.eval(data={"a": a, "b": b})
    except RuntimeError:
        value = None
    assert value is not None, (expression, a, b)
    assert value.type().name().upper() == "BOOL", (expression, a, b, value.value())
    assert said == value.value(), (expression, a, b)
    return True


@pytest.mark.parametrize("operator", OPERATORS)
def test_operators_on_every_pair_of_types(operator: str) -> None:
    pairs = itertools.product(VALUES, VALUES)
    assert sum(compare(f"a {operator} b", a, b) for a, b in pairs) > 0


@pytest.mark.parametrize("expression", ONES)
def test_functions_on_every_type(expression: str) -> None:
    assert sum(compare(expression, a, None) for a in VALUES) > 0


PATTERNS = (
    r"^[a-z]+$", r"\d{2,3}", r"(?i)token|key", r"^v\d+\.\d+", r"a\s+b", r"[^|;&]*\|", r"\bsh\b",
    r"x?y*z+", r"^(a|b)*$", r"[\w.-]+@", r"\.example\.com$", r"^\*",
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    pattern=st.sampled_from(PATTERNS),
    text=st.text(st.sampled_from("abxyzTOKENkeysh012 .|;&*@-\n\t\v_é")),
)
def test_patterns(pattern: str, text: str) -> None:
    compare(f"a.matches(r'{pattern}')", text, None)


@pytest.mark.parametrize(
    "pattern", [r"\p{L}", r"(?s).", r"[[:alpha:]]", r"\z", r"(?P<a>b)", r"a(?i)b"]
)
def test_patterns_that_only_cel_has_are_left_to_it(pattern: str) -> None:
    with pytest.raises(UntranslatableError):
        python_pattern(pattern)


def test_a_condition_without_a_form_is_left_to_cel() -> None:
    env = cel_env.typed("files")
    trees = [
        read_expression(env.compile(text).serialize())
        for text in ("file.size > 0", "{'a': 1}.size() > 0")
    ]
    code = accepting_code(("file",), [*trees, None])
    functions = eval(code, {"__builtins__": {}, **semantics.NAMES})  # noqa: S307
    assert functions[0]({"size": 1}) is True
    assert functions[1:] == (None, None)


def test_what_goes_over_too_much_is_left_to_cel() -> None:
    env = cel_env.typed("files")
    listed = str(list(range(20)))
    loops = (
        f"{listed}.all(a, {listed}.all(b, {listed}.all(c, {listed}.all(d, a + b + c + d >= 0))))"
    )
    tree = read_expression(env.compile(loops).serialize())
    function = python_function(python_source(tree), ("file",))
    with pytest.raises(semantics.DoubtError):
        function({})
