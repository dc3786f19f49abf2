"""Bytes are read in the encoding they are in, and what is no text is told apart."""

import io

import pytest

from extract.csv_files.folder import UnreadableError
from extract.csv_files.layout import layout_of
from extract.csv_files.text import decoded, encoding_of

TABLE = "symbol,name,price\nBTC,Bitcoïn – “B”,64000\nETH,Éther,3000\n"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("cp1252", "cp1252"),
    ],
)
def test_encodings(written: str, told: str) -> None:
    copy = io.BytesIO(TABLE.encode(written))
    assert encoding_of(copy) == told
    with decoded(copy, told) as text:
        assert text.read() == TABLE


def test_bytes_that_windows_1252_lacks_are_latin_1() -> None:
    assert encoding_of(io.BytesIO(b"name\n\x81\xe9\n")) == "latin-1"


def test_a_character_cut_off_by_the_end_does_not_change_the_encoding() -> None:
    copy = io.BytesIO("name\né".encode()[:-1])
    assert encoding_of(copy) == "utf-8"
    with decoded(copy, "utf-8") as text:
        assert text.read() == "name\n\\xc3"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"PK\x03\x04\x14\x00", "Excel workbook or a zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "old Excel workbook"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"PAR1\x15\x04", "Parquet"),
        (b"%PDF-1.7", "PDF"),
        (b"\x89PNG\r\n", "picture"),
        (b"\n<!doctype html><title>x</title>", "web page"),
        (bytes(range(1, 32)) * 100, "binary data"),
    ],
)
def test_what_is_no_text_is_told_apart(content: bytes, told: str) -> None:
    with pytest.raises(UnreadableError, match=told):
        encoding_of(io.BytesIO(content))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(delimiter: str) -> None:
    layout = layout_of(io.BytesIO(TABLE.replace(",", delimiter).encode()))
    assert layout.delimiter == delimiter and layout.mapping.kind == "snapshot"


def test_commas_inside_of_cells_do_not_win() -> None:
    layout = layout_of(io.BytesIO(b"Symbol;Name, long, and longer;Price\nBTC;a,b,c;1,5\n"))
    assert (layout.delimiter, len(layout.mapping.headers)) == (";", 3)


@pytest.mark.parametrize("before", ["sep=,\r\n", "https://data.example\n", "Prices of 2025\n\nall in USD\n"])
def test_lines_before_the_header_are_passed_over(before: str) -> None:
    assert layout_of(io.BytesIO((before + TABLE).encode())).mapping.headers == ("symbol", "name", "price")


def test_a_file_of_blanks_has_no_columns() -> None:
    assert layout_of(io.BytesIO(b"\n  \n\n")).mapping.headers == ()
