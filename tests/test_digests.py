import base64
import hashlib

import pytest

from ehsaas import digests
from ehsaas.digests import DigestError

DIGESTS = [hashlib.sha256(bytes([i])).hexdigest()[:32] for i in range(50)]


def test_what_was_packed_is_found_and_nothing_else() -> None:
    packed = digests.pack(DIGESTS[:30])
    assert digests.among(DIGESTS, packed) == frozenset(DIGESTS[:30])
    assert digests.count(packed) == 30


def test_the_text_is_sorted_prefixes_whatever_the_order_and_each_once() -> None:
    packed = digests.pack(["ffeeddccbbaa99", "00112233445566", None, "00112233445577"])
    assert base64.b64decode(packed).hex() == "001122334455" + "ffeeddccbbaa"
    assert digests.pack(reversed(DIGESTS)) == digests.pack(DIGESTS + DIGESTS)


def test_digests_can_be_added() -> None:
    packed = digests.pack(DIGESTS[:20])
    assert digests.add(packed, DIGESTS[10:30]) == digests.pack(DIGESTS[:30])


def test_an_unknown_digest_is_never_found() -> None:
    assert digests.among([None], digests.pack(DIGESTS)) == frozenset()
    assert digests.pack([None]) == "" and digests.among(DIGESTS, "") == frozenset()


@pytest.mark.parametrize("packed", ["not base64!", base64.b64encode(b"seven b").decode()])
def test_damaged_text_is_refused(packed: str) -> None:
    with pytest.raises(DigestError, match="damaged"):
        digests.among(DIGESTS, packed)


@pytest.mark.parametrize("digest", ["xyz", "0011"])
def test_what_is_no_digest_is_named(digest: str) -> None:
    with pytest.raises(DigestError, match=f"{digest!r} is no digest"):
        digests.pack([digest])
