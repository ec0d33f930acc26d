"""LiveCodeBench's hidden tests: JSON, or base64 of zlib of a pickle of JSON text.

A pickle is a program, and unpickling runs it. Here none is unpickled: its instructions are walked, and anything but one
text and the bookkeeping around it is refused. Sizes are bounded before they are reached.
"""

from __future__ import annotations

import base64
import binascii
import pickletools
import zlib

_TEXT = frozenset({"UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"})
_AROUND = frozenset({"PROTO", "FRAME", "MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT", "STOP"})
MOST_BYTES = 1 << 30  # of a row's tests, unpacked


def unpacked(text: str, *, most: int = MOST_BYTES) -> str:
    """The JSON text that ``text`` holds: itself where it is JSON, else the text of its pickle. Raises ValueError."""
    if text.lstrip()[:1] in ("[", "{"):
        return text
    try:
        packed = base64.b64decode(text, validate=True)
        inflate = zlib.decompressobj()
        pickled = inflate.decompress(packed, most)
    except (binascii.Error, zlib.error) as error:
        raise ValueError(f"neither JSON nor base64 of zlib ({error})") from error
    if inflate.unconsumed_tail:
        raise ValueError(f"unpacks to more than {most} bytes")
    if not inflate.eof:
        raise ValueError("is cut short")
    return pickled_text(pickled)


def pickled_text(pickled: bytes) -> str:
    """The text that a pickle holds, if it holds one text and nothing else. Raises ValueError."""
    found: list[str] = []
    try:
        for opcode, argument, _ in pickletools.genops(pickled):
            if opcode.name in _TEXT:
                found.append(str(argument))
            elif opcode.name not in _AROUND:
                raise ValueError(
                    f"a pickle that does more than hold a text ({opcode.name}) is not opened"
                )
    except (ValueError, UnicodeDecodeError, IndexError) as error:
        raise ValueError(f"not a pickle of a text: {error}") from error
    if len(found) != 1:
        raise ValueError(f"not a pickle of one text: it holds {len(found)}")
    return found[0]
