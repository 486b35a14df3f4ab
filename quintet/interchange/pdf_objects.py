"""Objects that a PDF packs into streams, where a look at the bytes of the file does not find them."""

import re
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from un20portal.lib.archives import STRANGE, TOO_MUCH
from un20portal.lib.errors import InvalidInput

WINDOW, OVERLAP, CHUNK = 1 << 20, 256, 1 << 12
MOST_STREAMS, MOST_UNPACKED = 50_000, 50_000_000
HEX = re.compile(rb"#([0-9A-Fa-f]{2})")
STREAM = re.compile(rb"(?<!end)stream[ \t]*(?:\r\n|\n|\r)")
PACKED = b"/ObjStm"
# numbers and places of its objects, then the first of them: so no other name in the dictionary hides it
LOOKS_PACKED = re.compile(rb"\s*(?:%|(?:\d+\s+){2,}(?:[<\[(/]|\d*$))")
OTHER_FILTER = re.compile(rb"/(?:ASCII|AHx|A85|LZW|RunLength|RL\b|Crypt|Predictor\s+(?!1\b))")


def windows(file: BinaryIO) -> Iterator[bytes]:
    """The whole file, piece by piece; pieces overlap, so that nothing is cut where it matters."""
    file.seek(0)
    kept = b""
    while piece := file.read(WINDOW):
        yield kept + piece
        kept = piece[-OVERLAP:]


def plain_names(text: bytes) -> bytes:
    """The text with its names in one spelling: /J#53 is /JS."""
    return HEX.sub(lambda found: bytes([int(found[1], 16)]), text)


def packed_objects(file: BinaryIO) -> Iterator[bytes]:
    """Yield the unpacked objects of each stream of objects, in pieces that overlap.

    Raises InvalidInput for one that is packed as no program does it, and for more than the limits.
    """
    left = MOST_UNPACKED
    for place in _stream_places(file):
        file.seek(max(0, place - CHUNK))
        before = plain_names(file.read(min(place, CHUNK)))
        pieces = _unpacked(file)
        first, said = next(pieces, b""), before.rpartition(b"obj")[2]
        if PACKED in said and (OTHER_FILTER.search(said) or (b"/Filter" in said and not first)):
            raise InvalidInput(STRANGE)
        if PACKED in before or LOOKS_PACKED.match(first):
            kept = first
            yield kept
            for piece in pieces:
                left -= len(piece)
                if left < 0:
                    raise InvalidInput(TOO_MUCH)
                yield kept[-OVERLAP:] + piece
                kept = piece or kept


def _stream_places(file: BinaryIO) -> list[int]:
    """Where the contents of each stream begin."""
    places: list[int] = []
    end = 0
    for window in windows(file):
        end = end + len(window) - (OVERLAP if end else 0)
        begin = end - len(window)
        found = (begin + match.end() for match in STREAM.finditer(window))
        places += [place for place in found if not places or place > places[-1]]
        if len(places) > MOST_STREAMS:
            raise InvalidInput(TOO_MUCH)
    return places


def _unpacked(file: BinaryIO) -> Iterator[bytes]:
    """What comes out from here on, until the end of it or until it is no packed data."""
    unpack = zlib.decompressobj()
    data = file.read(CHUNK)
    while data and not unpack.eof:
        try:
            piece = unpack.decompress(data, CHUNK)
        except zlib.error:
            return
        if piece:
            yield piece
        data = unpack.unconsumed_tail or file.read(CHUNK)
