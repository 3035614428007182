"""In which letters a text file is written: UTF-8 with or without a mark, UTF-16 with one, or CP949 (spec 3)."""

import codecs
from collections.abc import Iterator
from typing import BinaryIO

AT_ONCE = 1 << 16
MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
ENCODINGS = ("utf-8", "cp949", "utf-16")


def encoding_of(stream: BinaryIO) -> str:
    """By its mark; else UTF-8 when all of it is; else what more of the lines are that have other letters than ASCII,
    so that a few damaged ones change nothing. Leaves the stream at its beginning."""
    start = stream.read(3)
    stream.seek(0)
    for mark, encoding in MARKS:
        if start.startswith(mark):
            return encoding
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := stream.read(AT_ONCE):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return _by_lines(stream)
    finally:
        stream.seek(0)
    return "utf-8"


def _by_lines(stream: BinaryIO) -> str:
    votes = {"utf-8": 0, "cp949": 0}
    for piece in _pieces(stream):
        if not piece.isascii():
            encoding = next((name for name in votes if reads(piece, name)), None)
            if encoding is not None:
                votes[encoding] += 1
    return max(votes, key=lambda name: votes[name])


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    """Lines, whatever ends them; the very long ones in parts."""
    stream.seek(0)
    while line := stream.readline(AT_ONCE):
        yield from line.split(b"\r")


def reads(piece: bytes, encoding: str) -> bool:
    try:
        piece.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
