"""From bytes to text: which encoding a file is in, and whether it is text at all."""

import codecs
import io
from collections.abc import Generator
from contextlib import contextmanager
from typing import IO, TextIO

from extract.csv_files.folder import UnreadableError

CHUNK = 1024 * 1024
SAMPLE = 64 * 1024
# A stray NUL or two make no text binary, in however short a file
STRAY_CONTROL_CHARACTERS = 30
MOST_CONTROL_CHARACTERS = 0.01
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SIGNATURES = (
    (b"PK\x03\x04", "an Excel workbook or a zip archive: save it as CSV UTF-8, or unpack it"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook: save it as CSV UTF-8"),
    (b"\x1f\x8b", "a gzip archive: unpack it"),
    (b"PAR1", "a Parquet file: export it as CSV"),
    (b"%PDF", "a PDF: export its table as CSV"),
    (b"\x89PNG", "a picture"),
    (b"<!DOCTYPE", "a web page: download the file itself"),
    (b"<html", "a web page: download the file itself"),
)
CONTROL_CHARACTERS = bytes({*range(9), 11, *range(14, 32), 127})


def encoding_of(copy: IO[bytes]) -> str:
    """The encoding of a whole file, as Python names it.

    A byte order mark decides, then whether every byte is valid UTF-8; what is not is taken as Windows-1252, or
    Latin-1 where that has no character. Raises UnreadableError for what is not text.
    """
    copy.seek(0)
    sample = copy.read(SAMPLE)
    if not sample:
        raise UnreadableError("the file is empty")
    for signature, what in SIGNATURES:
        if sample.lstrip()[: len(signature)].lower() == signature.lower():
            raise UnreadableError(f"this is not a CSV file but {what}")
    for mark, encoding in BYTE_ORDER_MARKS:
        if sample.startswith(mark):
            return encoding
    if wide := _wide_encoding(sample):
        return wide
    controls = len(sample) - len(sample.translate(None, CONTROL_CHARACTERS))
    if controls > max(STRAY_CONTROL_CHARACTERS, MOST_CONTROL_CHARACTERS * len(sample)):
        raise UnreadableError("this is not text but binary data: export it as CSV UTF-8")
    return next((each for each in ("utf-8", "cp1252") if _decodes(copy, each)), "latin-1")


def _wide_encoding(sample: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of mostly Latin text is zero."""
    pairs = max(len(sample) // 2, 1)
    for first, encoding in ((0, "utf-16-be"), (1, "utf-16-le")):
        if sample[first::2].count(0) > 0.4 * pairs and sample[1 - first :: 2].count(0) < 0.05 * pairs:
            return encoding
    return None


def _decodes(copy: IO[bytes], encoding: str) -> bool:
    """Whether all bytes are valid; a character cut off by the file's end is."""
    decoder = codecs.getincrementaldecoder(encoding)()
    copy.seek(0)
    try:
        while chunk := copy.read(CHUNK):
            decoder.decode(chunk)
    except UnicodeDecodeError:
        return False
    return True


@contextmanager
def decoded(copy: IO[bytes], encoding: str) -> Generator[TextIO]:
    """The file as text from its beginning, line ends as they are; bytes that are no characters become escapes."""
    copy.seek(0)
    text = io.TextIOWrapper(copy, encoding, errors="backslashreplace", newline="")
    try:
        yield text
    finally:
        text.detach()
