"""Texts without markup, links that lead somewhere harmless, times in UTC."""

import pytest

from extract.rss import plain

BASE = "https://news.example/feeds/all?x=1"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("Bitcoin rises", "Bitcoin rises"),
        ("  two\n\t lines ", "two lines"),
        ("<b>Bit</b>coin &amp; <p>one</p><p>two</p><br>three", "Bitcoin & one two three"),
        ("AT&T &#8217;s &nbsp;deal", "AT&T ’s deal"),
        ("BTC <5k and > 3k, a < b", "BTC <5k and > 3k, a < b"),
        ("<script>alert(1)</script>Hi<style>p{}</style>", "Hi"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;Hi", "Hi"),
        ("&amp;lt;b&amp;gt;bold&amp;lt;/b&amp;gt;", "bold"),
        ("<img src=x onerror=alert(1)>picture", "picture"),
        ("<!-- hidden -->seen", "seen"),
        ("<a href='javascript:alert(1)'>link", "link"),
        ("שלום 😀", "שלום 😀"),
        ("", ""),
        ("<p></p>", ""),
        ("ETH<SOL in fees", "ETH<SOL in fees"),
        ("ETH&lt;SOL &amp;lt;ADA", "ETH<SOL <ADA"),
        ("<b>ETH<SOL</b>, BTC<LINK and more", "ETH<SOL, BTC<LINK and more"),
        ("a<b and x</ETH", "a<b and x</ETH"),
        ("<own>closed</own> <x-y z='1'>", "closed <x-y z='1'>"),
        ("cut short <a href='http", "cut short"),
    ],
)
def test_text(markup: str, text: str) -> None:
    assert plain.text(markup) == text


@pytest.mark.parametrize(
    "markup",
    ["<scr<script>ipt>alert(1)</scr</script>ipt>", "<" * 50_000, "&lt;" * 20_000 + "b>", "<div>" * 200_000],
    ids=["split", "open", "escaped", "nested"],
)
def test_hostile_markup_leaves_no_tag(markup: str) -> None:
    assert "<script" not in plain.text(markup)


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("https://a.example/x?y=1#z", "https://a.example/x?y=1#z"),
        (" http://a.example ", "http://a.example"),
        ("/news/1", "https://news.example/news/1"),
        ("1.html", "https://news.example/feeds/1.html"),
        ("//b.example/y", "https://b.example/y"),
        ("/a b", "https://news.example/a%20b"),
        ("javascript:alert(1)", None),
        ("JaVaScRiPt:alert(1)", None),
        ("java\nscript:alert(1)", None),
        ("data:text/html,<script>", None),
        ("vbscript:x", None),
        ("file:///etc/passwd", None),
        ("ftp://a.example/x", None),
        ("mailto:a@b.example", None),
        ("http://", None),
        ("http://[bad", None),
        ("", None),
    ],
)
def test_link(url: str, link: str | None) -> None:
    assert plain.link(url, BASE) == link


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("Fri, 25 Sep 2026 14:41:53 +0000", "2026-09-25T14:41:53"),
        ("Fri, 25 Sep 2026 14:41:53 GMT", "2026-09-25T14:41:53"),
        ("25 Sep 26 14:41 EST", "2026-09-25T19:41:00"),
        ("Fri, 25 Sep 2026 14:41:53 CEST", "2026-09-25T12:41:53"),
        ("Fri, 25 Sep 2026 14:41:53 -0730", "2026-09-25T22:11:53"),
        ("2026-09-25T14:41:53Z", "2026-09-25T14:41:53"),
        ("2026-09-25T14:41:53.5+02:00", "2026-09-25T12:41:53.500000"),
        ("2026-09-25 14:41:53", "2026-09-25T14:41:53"),
        ("2026-09-25", "2026-09-25T00:00:00"),
        ("Fri, 25 Sep 2026 14:41:53 XYZ", None),
        ("Fri, 31 Feb 2026 10:00:00 GMT", None),
        ("Thu, 32 Foo 2026 25:61:00 +9999", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        ("1790000000", None),
        ("", None),
    ],
)
def test_moment(value: str, moment: str | None) -> None:
    found = plain.moment(value)
    assert (found.isoformat().removesuffix("+00:00") if found else None) == moment
