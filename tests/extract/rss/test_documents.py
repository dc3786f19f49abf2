"""Feeds of every kind, honest, sloppy and hostile, become articles or a plain refusal."""

from datetime import UTC, datetime
from typing import Any

import pytest

from extract.records import Unusable
from extract.rss.articles import articles
from extract.rss.document import FeedError, parsed

URL = "https://news.example/feeds/all"
ATOM = """<?xml version="1.0"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de">
 <title>News</title><link rel="self" href="https://news.example/atom"/><updated>2026-01-01T00:00:00Z</updated>
 <entry>
  <id>tag:news.example,2026:1</id><title type="html">&lt;b&gt;Bitcoin&lt;/b&gt; up</title>
  <link rel="enclosure" href="https://news.example/a.mp3"/><link rel="alternate" href="/1"/>
  <author><name>Ada</name><email>ada@news.example</email></author>
  <published>2026-01-02T03:04:05+01:00</published><updated>2026-01-03T00:00:00Z</updated>
  <category term="btc" label="Bitcoin"/><category term="eth"/>
  <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">All <b>of</b> it</div></content>
 </entry>
</feed>"""
RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/">
 <channel rdf:about="https://news.example"><title>News</title><dc:language>en</dc:language></channel>
 <item rdf:about="https://news.example/1"><title>Bitcoin up</title><link>https://news.example/1</link>
  <dc:date>2026-01-02T03:04:05Z</dc:date><dc:creator>Ada</dc:creator><dc:subject>BTC</dc:subject></item>
</rdf:RDF>"""
OLD = """<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://my.netscape.example/rss-0.91.dtd">
<rss version="0.91"><channel><title>News</title><language>en-us</language>
<item><title>Bitcoin up</title><link>http://news.example/1</link><description>More&nbsp;of it</description></item>
</channel></rss>"""


def rss(items: str, before: str = "", channel: str = "<title>News</title>") -> str:
    spaces = 'xmlns:media="http://search.yahoo.com/mrss/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    return f'<?xml version="1.0"?>{before}<rss version="2.0" {spaces}><channel>{channel}{items}</channel></rss>'


def item(inside: str) -> str:
    return rss(f"<item><title>Bitcoin up</title><guid>1</guid>{inside}</item>")


def read(document: str | bytes, content_type: str = "") -> list[dict[str, Any]]:
    body = document.encode() if isinstance(document, str) else document
    found = list(articles(parsed(body, content_type), URL, URL))
    assert not any(isinstance(each, Unusable) for each in found)
    return [each for each in found if isinstance(each, dict)]


def test_rss() -> None:
    (article,) = read(rss(
        "<item><title><![CDATA[<i>Bitcoin</i> &amp; friends]]></title><link>https://news.example/1?a=1&amp;b=2</link>"
        "<guid isPermaLink='false'>g1</guid><description>&lt;p&gt;Up&lt;/p&gt;&lt;p&gt;again&lt;/p&gt;</description>"
        "<dc:creator>Ada</dc:creator><pubDate>Fri, 25 Sep 2026 14:41:53 +0200</pubDate>"
        "<category>Markets</category><category>BTC</category><category>Markets</category>"
        "<media:title>not this</media:title><media:content url='https://news.example/p.png' width='9'/></item>",
        channel="<title>News</title><language>en</language>",
    ))  # fmt: skip
    kept = article.pop("item")
    assert article == {
        "feed": URL,
        "guid": "g1",
        "title": "Bitcoin & friends",
        "url": "https://news.example/1?a=1&b=2",
        "summary": "Up again",
        "author": "Ada",
        "published_at": datetime(2026, 9, 25, 12, 41, 53, tzinfo=UTC),
        "categories": ["Markets", "BTC"],
        "language": "en",
    }
    assert kept["title"] == "<i>Bitcoin</i> &amp; friends" and kept["description"] == "<p>Up</p><p>again</p>"
    assert kept["media:content"] == {"url": "https://news.example/p.png", "width": "9"}


def test_atom() -> None:
    (article,) = read(ATOM)
    assert article["guid"] == "tag:news.example,2026:1" and article["url"] == "https://news.example/1"
    assert (article["title"], article["summary"], article["author"]) == ("Bitcoin up", "All of it", "Ada")
    assert article["published_at"] == datetime(2026, 1, 2, 2, 4, 5, tzinfo=UTC)
    assert article["updated_at"] == datetime(2026, 1, 3, tzinfo=UTC)
    assert (article["categories"], article["language"]) == (["Bitcoin", "eth"], "de")
    assert article["item"]["atom:author"]["atom:email"] == "ada@news.example"
    assert article["item"]["atom:link"][0] == {"rel": "enclosure", "href": "https://news.example/a.mp3"}


def test_rdf() -> None:
    (article,) = read(RDF)
    assert (article["guid"], article["url"]) == ("https://news.example/1", "https://news.example/1")
    assert (article["title"], article["author"], article["categories"]) == ("Bitcoin up", "Ada", ["BTC"])
    assert article["published_at"] == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC) and article["language"] == "en"


def test_rss_of_1999_with_its_doctype_and_html_entities() -> None:
    (article,) = read(OLD)
    assert (article["summary"], article["url"], article["language"]) == ("More of it", "http://news.example/1", "en-us")
    assert article["guid"] == "http://news.example/1"


def test_identity_falls_back_to_the_link_then_to_a_hash_of_the_text() -> None:
    by_link, by_text, again, other = read(rss(
        "<item><title>a</title><link>https://n.example/1</link></item><item><title>b</title></item>"
        "<item><title>b</title></item><item><title>c</title></item>"
    ))  # fmt: skip
    assert by_link["guid"] == "https://n.example/1"
    assert by_text["guid"].startswith("hash:") and by_text["guid"] == again["guid"] != other["guid"]
    (long,) = read(rss(f"<item><title>a</title><guid isPermaLink='false'>{'g' * 5000}</guid></item>"))
    assert long["guid"].startswith("hash:") and long["item"]["guid"]["text"] == "g" * 5000


def test_an_item_that_says_nothing_is_unusable() -> None:
    (nothing,) = articles(
        parsed(rss("<item><pubDate>Fri, 25 Sep 2026 14:41:53 GMT</pubDate></item>").encode()), URL, URL
    )
    assert isinstance(nothing, Unusable) and nothing.reason == "neither guid, link, title nor summary"


def test_a_guid_that_is_a_permalink_stands_in_for_the_link() -> None:
    assert read(rss("<item><guid>https://n.example/1</guid></item>"))[0]["url"] == "https://n.example/1"
    assert "url" not in read(rss("<item><guid isPermaLink='false'>https://n.example/1</guid></item>"))[0]


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "  ", "http://["])
def test_links_that_lead_elsewhere_are_kept_aside(link: str) -> None:
    (article,) = read(item(f"<link>{link}</link>"))
    assert "url" not in article
    assert article.get("item", {}).get("link", "") == link.strip()


def test_links_are_seen_from_the_feed_or_its_base() -> None:
    assert read(item("<link>/1</link>"))[0]["url"] == "https://news.example/1"
    based = item("<link>1</link>").replace("<rss ", "<rss xml:base='https://other.example/dir/' ")
    assert read(based)[0]["url"] == "https://other.example/dir/1"


def test_times_that_are_none_stay_as_they_came() -> None:
    (article,) = read(item("<pubDate>Thu, 32 Foo 2026 25:61:00 +9999</pubDate>"))
    assert article["published_at"] == "Thu, 32 Foo 2026 25:61:00 +9999"


@pytest.mark.parametrize(
    ("encoding", "declared", "content_type"),
    [
        ("utf-8", "ISO-8859-1", ""),  # says Latin-1, is UTF-8
        ("utf-8", "no-such-encoding", ""),
        ("cp1252", "utf-8", ""),
        ("cp1252", "windows-1252", ""),
        ("latin-1", "", "text/xml; charset=ISO-8859-1"),
        ("utf-16", "utf-16", ""),
        ("utf-16-le", "utf-16", ""),
        ("utf-16-be", "utf-8", ""),
        ("utf-8-sig", "utf-8", "text/xml; charset=us-ascii"),
        ("shift_jis", "Shift_JIS", ""),
    ],
)
def test_encodings_right_and_wrong(encoding: str, declared: str, content_type: str) -> None:
    title = "ビットコイン" if encoding == "shift_jis" else "Éther à 3 000"
    declaration = f'<?xml version="1.0"{f" encoding={chr(34)}{declared}{chr(34)}" if declared else ""}?>'
    document = item("").replace('<?xml version="1.0"?>', declaration).replace("Bitcoin up", title)
    assert read(document.encode(encoding), content_type)[0]["title"] == title


def test_what_xml_forbids_does_not_stop_reading() -> None:
    assert read(item("").replace("Bitcoin up", "Bit\x00coin\x08 up"))[0]["title"] == "Bit\ufffdcoin\ufffd up"
    assert read(item("").replace("Bitcoin up", "R&D &eacute; & more &copy;"))[0]["title"] == "R&D é & more ©"


def test_a_feed_that_breaks_off_yields_what_came_whole() -> None:
    whole = rss("".join(f"<item><guid>{number}</guid><title>t{number}</title></item>" for number in range(5)))
    document = parsed(whole[: whole.index("t3")].encode())
    assert document.broken
    assert [article["guid"] for article in articles(document, URL, URL) if isinstance(article, dict)] == ["0", "1", "2"]


@pytest.mark.parametrize("text", ["ETH&lt;SOL", "<![CDATA[ETH<SOL]]>", "ETH&amp;lt;SOL", "ETH<SOL"])
def test_a_text_that_looks_like_a_tag_is_kept(text: str) -> None:
    assert read(item("").replace("Bitcoin up", f"{text} in fees"))[0]["title"] == "ETH<SOL in fees"


@pytest.mark.parametrize(
    ("kind", "text", "title"),
    [
        ("", "ETH&lt;SOL", "ETH<SOL"),
        ("type='html'", "&lt;b&gt;ETH&amp;lt;SOL&lt;/b&gt;", "ETH<SOL"),
        ("type='text'", "ETH&lt;SOL, the &lt;b&gt; tag", "ETH<SOL, the <b> tag"),
        ("type='xhtml'", "<div xmlns='http://www.w3.org/1999/xhtml'>ETH&lt;SOL <b>now</b></div>", "ETH<SOL now"),
    ],
)
def test_atom_says_what_its_texts_are(kind: str, text: str, title: str) -> None:
    entry = ATOM.replace('<title type="html">&lt;b&gt;Bitcoin&lt;/b&gt; up', f"<title {kind}>{text}")
    assert read(entry)[0]["title"] == title


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "<script>if (a<b && c) { document.write('<p>') }</script>"),
        ("", "<br />\r\n<b>Warning</b>: é in <b>/x.php</b> on line <b>3</b><br />"),
        ("<br />\n<b>Warning</b>: é in <b>/x.php</b> on line <b>3</b><br />\n", ""),
        ("Notice: a < b & c in /x.php\r\n\r\n", "\x00\x1a"),
        ("", "<!-- cached --> 12 queries, 0.1 s"),
        ("<!DOCTYPE html><p>", "</html>"),
    ],
)
def test_what_a_server_writes_around_a_feed_is_none_of_it(before: str, after: str) -> None:
    whole = item("<link>https://news.example/é</link>")
    document = parsed(f"{before}{whole}\n{after}".encode())
    assert document.broken is None
    assert [node.first("title") and node.first("guid") and True for node in document.items] == [True]


def test_a_second_feed_behind_the_first_is_read_too() -> None:
    first, second = item("").replace("><item>", ">\r\n<item>"), item("").replace("Bitcoin up", "é down")
    for between in ("", "\r\n\r\n", "<p>é</p>\n"):
        assert [each["title"] for each in read(first + between + second)] == ["Bitcoin up", "é down"]
    cut = parsed((first + second + item("<link>x")[:-40]).encode())
    assert cut.broken and len(cut.items) == 2
    assert parsed((first * 50).encode()).broken == "more than 10 documents"
    bomb = rss("<item><title>&y;</title></item>", '<!DOCTYPE rss [<!ENTITY y "lol">]>')
    for body in (first + bomb, "<br />" + bomb):
        with pytest.raises(FeedError, match=r"entities of its own|no feed"):
            parsed(body.encode())


@pytest.mark.parametrize("base", ["http://[", "//[", "http://h:99999/", "²:²", "http://exämple..x"])
@pytest.mark.parametrize("place", ["<rss ", "<item"])
def test_a_base_that_is_no_address_spoils_no_article(base: str, place: str) -> None:
    document = item("<link>/1</link><pubDate>²</pubDate>").replace(place, f"{place} xml:base='{base}' ")
    assert read(document)[0]["title"] == "Bitcoin up"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (rss("<item><title>&y;</title></item>", '<!DOCTYPE rss [<!ENTITY x "lol"><!ENTITY y "&x;&x;">]>'),
         "with entities of its own"),
        (rss("<item><title>&x;</title></item>", '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/hostname">]>'),
         "with entities of its own"),
        (rss("<item><title>&x;</title></item>", '<!DOCTYPE rss [<!ENTITY % p SYSTEM "http://127.0.0.1:1/x.dtd"> %p;]>'),
         "with entities of its own"),
        ("<!DOCTYPE html><html><body>Just a moment...</body></html>", "a web page instead of a feed"),
        ("<html><head><title>x</title></head></html>", "a web page instead of a feed"),
        ("", "with nothing"),
        ('{"error": "no"}', "no XML"),
        ("<sitemap></sitemap>", "<sitemap>, no feed"),
        ("<rss><channel><item>", "XML that can't be read"),
        ("<rss>" + "<a>" * 5000, "nested more than 100 deep"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "no XML"),
    ],
)  # fmt: skip
def test_what_is_no_feed_is_refused_in_plain_words(body: str | bytes, told: str) -> None:
    with pytest.raises(FeedError, match=told):
        read(body)


def test_a_feed_without_articles_is_one() -> None:
    assert read(rss("")) == []
