import pytest

from fairway.finding import Severity
from fairway.report.markdown_text import code, inline, link


def test_a_fleet_reads_as_expected(show, fleet, expected):
    assert show("markdown", *fleet) == expected("fleet.md")


def test_no_findings(show):
    assert show("markdown") == (
        "<!-- fairway:report -->\n### Fairway: no findings\n\n3 deployments in 4 files.\n"
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("unknown key `scalling`", "unknown key `scalling`"),
        ("</details><img src=x>&amp;", "&lt;/details>&lt;img src=x>&amp;amp;"),
        ("*a* _b_ ~c~ |d| $e$ \\`", r"\*a\* \_b\_ \~c\~ \|d\| \$e\$ \\\`"),
        ("[a](javascript:x) ![b](c)", r"\[a\](javascript:x) !\[b\](c)"),
        ("@admin and a@b.c, `@code`", "@\u200badmin and a@\u200bb.c, `@code`"),
        ("#12 GH-12 x/y#3", "#\u200b12 GH-\u200b12 x/y#\u200b3"),
        ("https://evil.example www.x.y", "https://\u200bevil.example www.\u200bx.y"),
        ("one ` and ``two`` and `x`", r"one \` and \`\`two\`\` and `x`"),
        ("a\n# b\x1b", r"a\\x0a# b\\x1b"),
    ],
)
def test_text_from_outside_stays_text(text, shown):
    assert inline(text, 200) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a.yaml", "`a.yaml`"),
        ("a`b", "``a`b``"),
        ("`a``", "``` `a`` ```"),
        (" a", "`  a `"),
        ("", "`   `"),
        ("x" * 30, f"`{'x' * 19}…`"),
    ],
)
def test_a_name_is_code_whatever_it_holds(text, shown):
    assert code(text, 20) == shown


@pytest.mark.parametrize("url", ["", "javascript:alert(1)", "https://a/b)c", "https://a/>b", "x"])
def test_only_an_address_of_the_web_is_a_link(url):
    assert link("rule", url) == "rule"
    assert link("rule", "https://a.b/c#d") == "[rule](<https://a.b/c#d>)"


def test_the_gravest_are_open_and_the_rest_is_folded(show, many):
    text = show("markdown", *many[:60])
    head, rest = text.split("<details>\n<summary>50 more findings</summary>\n\n")
    assert head.count("- **error**") == 10
    assert rest.count("- **error**") == 5
    assert rest.endswith("\n\n</details>\n")


def test_many_findings_fit_a_comment(show, many):
    text = show("markdown", *many)
    assert 55_000 < len(text) < 65_536
    shown = text.count("- **error**")
    assert "**warning**" not in text
    assert text.endswith(
        f"**{20_000 - shown:,} more findings left out**: a comment on GitHub holds no more. "
        "The log has all.\n"
    )


@pytest.mark.parametrize("text", ["*" * 5000, "\x1b" * 5000, "𝕏" * 5000, "`" * 5000, "@a" * 5000])
def test_long_texts_fit_a_comment(show, typo, text):
    long = typo._replace(rule=text, message=text, file=text, environments=(text,), fix=None)
    same = [long._replace(severity=severity) for severity in Severity for _ in range(40)]
    assert len(show("markdown", *same).encode("utf-16-le")) // 2 < 65_536
