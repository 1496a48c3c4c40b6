import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairway.report.excerpt import Excerpt, excerpt
from fairway.report.printable import display_width, visible


@pytest.mark.parametrize(
    ("line", "start", "end", "shown"),
    [
        ("key: value", 5, 10, Excerpt("key: value", 5, 5)),
        ("key: value", 10, 10, Excerpt("key: value", 10, 1)),
        ("key: value", 99, 120, Excerpt("key: value", 10, 1)),
        ("\tkey", 0, 1, Excerpt("    key", 0, 4)),
        ("\tkey", 1, 4, Excerpt("    key", 4, 3)),
        ("名前: x", 0, 2, Excerpt("名前: x", 0, 4)),
        ("名前: x", 4, 5, Excerpt("名前: x", 6, 1)),
        ("cafe\u0301: x", 0, 5, Excerpt("cafe\u0301: x", 0, 4)),
        ("cafe\u0301: x", 7, 8, Excerpt("cafe\u0301: x", 6, 1)),
        ("각: x", 0, 1, Excerpt("각: x", 0, 2)),
        ("a\x1b[2Jb", 5, 6, Excerpt(r"a\x1b[2Jb", 8, 1)),
        ("a\u202eb", 1, 2, Excerpt(r"a\u202eb", 1, 6)),
        ("a\U000e0001b", 1, 2, Excerpt(r"a\U000e0001b", 1, 10)),
        ("a\xa0b", 2, 3, Excerpt(r"a\xa0b", 5, 1)),
        ("# ##[group]x", 11, 12, Excerpt(r"# #\x23[group]x", 14, 1)),
        ("##vso[task]", 0, 2, Excerpt(r"#\x23vso[task]", 0, 5)),
        ("## not [a] command", 0, 2, Excerpt("## not [a] command", 0, 2)),
    ],
)
def test_marks_are_under_what_they_mark(line, start, end, shown):
    assert excerpt(line, start, end, 60) == shown


DIGITS = "0123456789" * 10


@pytest.mark.parametrize(
    ("start", "shown"),
    [
        (0, Excerpt("0123456789012345678901234567…", 0, 2)),
        (5, Excerpt("0123456789012345678901234567…", 5, 2)),
        (50, Excerpt("…1234567890123456789012345678…", 10, 2)),
        (95, Excerpt("…2345678901234567890123456789", 24, 2)),
        (100, Excerpt("…2345678901234567890123456789", 29, 1)),
    ],
)
def test_a_long_line_is_cut_around_the_mark(start, shown):
    assert excerpt(DIGITS, start, start + 2, 30) == shown


TEXTS = st.text(st.characters() | st.sampled_from("\t\x1b\x9b́名각\u200d\udc80#["), max_size=300)


@given(TEXTS, st.integers(0, 320), st.integers(0, 320), st.integers(0, 120))
def test_an_excerpt_is_printable_and_fits(line, start, end, room):
    part = excerpt(line, start, end, room)
    room = max(room, 24)
    assert part.text.isprintable()
    assert display_width(part.text) <= room
    assert part.offset + part.marks <= room + 1  # a mark may stand behind the last cell
    assert part.marks >= 1


@given(TEXTS)
def test_visible_text_is_printable_and_stays_so(text):
    assert visible(text).isprintable()
    assert visible(visible(text)) == visible(text)
