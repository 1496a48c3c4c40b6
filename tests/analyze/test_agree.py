"""Two answers agree when every number is near enough and everything else is the same."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairway.analyze.agree import mismatch

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=12,
)


def tensor(data: object, name: str = "y", **more: object) -> dict[str, object]:
    return {"name": name, "datatype": "FP32", "data": data, **more}


@given(JSON, st.floats(0, 1))
def test_an_answer_agrees_with_itself(answer, tolerance):
    assert mismatch(answer, answer, tolerance) is None


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=8), st.floats(1e-6, 1), st.data())
def test_the_tolerance(values, tolerance, data):
    off = data.draw(st.lists(st.floats(-0.99, 0.99), min_size=len(values), max_size=len(values)))
    near = [value + tolerance * part for value, part in zip(values, off, strict=True)]
    assert mismatch([tensor(values)], [tensor(near)], tolerance * 1.001 + 1e-12) is None
    index = data.draw(st.integers(0, len(values) - 1))
    far = [*near]
    far[index] = values[index] + tolerance * 1.01 + 1e-9
    found = mismatch([tensor(values)], [tensor(far)], tolerance)
    assert found == (f"y[{index}]", values[index], far[index])


@pytest.mark.parametrize(
    ("stable", "candidate", "where"),
    [
        ([tensor([1, 2])], [tensor([1.0, 2.0], datatype="FP64")], None),
        ([tensor([[1, 2], [3, 4]])], [tensor([1, 2, 3, 4])], None),
        ([tensor([1, 2, 3, 4], shape=[2, 2])], [tensor([1, 2, 3, 4], shape=[4])], "y: shape"),
        ([tensor([1]), tensor([2], "p")], [tensor([2], "p"), tensor([1])], None),
        ([tensor([1])], [tensor([1], "z")], "outputs"),
        ([tensor([1])], [tensor([1]), tensor([2], "p")], "outputs"),
        ([tensor([1, 2])], [tensor([1])], "y: length"),
        ([tensor(["a", "b"])], [tensor(["a", "c"])], "y[1]"),
        ([tensor([None])], [tensor([None])], None),
        ([tensor([None])], [tensor([0.0])], "y[0]"),
        ([tensor([True])], [tensor([1])], "y[0]"),
        ([tensor([math.nan])], [tensor([math.nan])], None),
        ([tensor([math.inf])], [tensor([math.inf])], None),
        ([tensor([math.inf])], [tensor([1e300])], "y[0]"),
        ({"label": "yes", "p": [0.5]}, {"label": "yes", "p": [0.6]}, "outputs.p[0]"),
        ({"label": "yes"}, {"labels": "yes"}, "outputs: keys"),
        ([1, 2], [1, 3], "outputs[1]"),
        ("a", "a", None),
        ([tensor([1])], None, "outputs"),
        ([tensor([1]), tensor([2])], [tensor([1]), tensor([3])], "outputs[1].data[0]"),
    ],
)
def test_cases(stable, candidate, where):
    for one, other in ((stable, candidate), (candidate, stable)):
        found = mismatch(one, other, 1e-6)
        assert (found.where if found else None) == where
