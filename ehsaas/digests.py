"""Digests of recordings ↔ one short text, by which a model says what it was trained on.

Only the first 6 bytes of each digest are kept: ten thousand of them and ten thousand others agree
by chance once in three million times.
"""

import base64
from collections.abc import Iterable

SIZE = 6
"""Bytes of each digest that are kept."""


class DigestError(ValueError):
    """Text that `pack` did not write, or a digest that is none; the message says which."""


def pack(digests: Iterable[str | None]) -> str:
    """Digests (hexadecimal, `audio.digest`) as base64 of their first 6 bytes, sorted, each once.

    A digest that is not known (None) is left out; whoever says what was trained on says beside it
    of which corpora some were (`undigested`).

    Raises:
        DigestError: one is no digest.
    """
    kept = {_start(one) for one in digests if one is not None}
    return base64.b64encode(b"".join(sorted(kept))).decode("ascii")


def add(packed: str, digests: Iterable[str | None]) -> str:
    """A text of `pack` with more digests in it.

    Raises:
        DigestError: it is none of those, or a digest is none.
    """
    kept = _unpacked(packed) | _unpacked(pack(digests))
    return base64.b64encode(b"".join(sorted(kept))).decode("ascii")


def count(packed: str) -> int:
    """How many digests a text of `pack` holds.

    Raises:
        DigestError: it is none of those.
    """
    return len(_unpacked(packed))


def among(digests: Iterable[str | None], packed: str) -> frozenset[str]:
    """Those of some digests that a text of `pack` holds.

    Raises:
        DigestError: the text is none of those, or a digest is none.
    """
    known = _unpacked(packed)
    return frozenset(one for one in digests if one is not None and _start(one) in known)


def _start(digest: str) -> bytes:
    try:
        start = bytes.fromhex(digest[: 2 * SIZE])
    except ValueError as error:
        raise DigestError(f"{digest!r} is no digest; expected hexadecimal digits") from error
    if len(start) < SIZE:
        raise DigestError(f"{digest!r} is no digest; expected {2 * SIZE} digits at least")
    return start


def _unpacked(packed: str) -> frozenset[bytes]:
    try:
        data = base64.b64decode(packed, validate=True)
    except (ValueError, TypeError) as error:
        raise DigestError(f"the digests of what was trained on are damaged ({error})") from error
    if len(data) % SIZE:
        raise DigestError(
            f"the digests of what was trained on are damaged ({len(data)} bytes are no multiple of"
            f" {SIZE})"
        )
    return frozenset(data[i : i + SIZE] for i in range(0, len(data), SIZE))
