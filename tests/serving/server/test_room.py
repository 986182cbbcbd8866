import pytest

from ehsaas.serving.server.refusals import Refusal
from ehsaas.serving.server.room import LEAST, Room


def test_a_place_is_given_back() -> None:
    room = Room(queue=1, memory=1 << 20)
    with room.place():
        with pytest.raises(Refusal, match="1 requests are in hand") as refused, room.place():
            pass
        assert (refused.value.status, refused.value.headers) == (429, {"retry-after": "1"})
    with room.place():
        assert room.requests == 1
    assert room.requests == 0


def test_bytes_are_shared_by_all_and_given_back() -> None:
    room = Room(queue=9, memory=3 * LEAST)
    with room.share() as one:
        one.hold(LEAST)
        with pytest.raises(Refusal, match="hold") as refused, room.share() as other:
            other.hold(1)
        assert refused.value.status == 429
        assert room.bytes == 2 * LEAST
    assert room.bytes == 0


def test_whoever_begins_counts() -> None:
    room = Room(queue=9, memory=LEAST)
    with room.share(), pytest.raises(Refusal), room.share():
        pass
    assert room.bytes == 0
