"""Downloads from a server on this machine: whole, resumed, dropped, forged."""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ehsaas.corpora import CORPORA
from ehsaas.corpora import fetch as fetching
from ehsaas.corpora.archive import ArchiveError
from ehsaas.corpora.fetch import FetchError, fetch, what_came
from ehsaas.corpora.unpack import FolderError
from tests.corpora.loopback import Server, serving


def packed(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return file.getvalue()


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as said:
        yield said


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def half_of(server: Server, folder: Path) -> int:
    """Fetch a part of what lies on the server, whose connection drops again and again; its size."""
    server.drops = 99
    with pytest.raises(FetchError, match="type the same again"):
        fetch(server.card(), folder)
    server.drops = 0
    return (folder / "corpus.zip.part").stat().st_size


def test_an_archive_is_fetched_checked_and_unpacked_once(server: Server, tmp_path: Path) -> None:
    server.body = packed(**{"wav/03a01Fa.wav": b"sound" * 1000})
    md5 = hashlib.md5(server.body).hexdigest()
    card = server.card(size=len(server.body), checksum=f"md5:{md5}")
    told: list[tuple[str, int, int]] = []
    (done,) = fetch(card, tmp_path, lambda *counts: told.append(counts))
    assert (tmp_path / "wav/03a01Fa.wav").read_bytes() == b"sound" * 1000
    assert {path.name for path in tmp_path.iterdir()} == {"wav", "corpus.zip.fetched"}
    assert told[-1] == ("corpus.zip", len(server.body), len(server.body))
    assert '"files": 1' in done.read_text()
    fetch(card, tmp_path)
    assert server.asked == [None]


def test_a_dropped_connection_is_taken_up_where_it_was_lost(server: Server, tmp_path: Path) -> None:
    server.body, server.drops = packed(a=b"x" * 4000), 2
    fetch(server.card(), tmp_path)
    half = len(server.body) // 2
    assert server.asked[:2] == [None, f"bytes={half}-"]
    assert (tmp_path / "a").read_bytes() == b"x" * 4000


def test_a_server_that_always_drops_leaves_what_came_and_says_so(
    server: Server, tmp_path: Path
) -> None:
    server.body, server.drops = packed(a=b"x" * 4000), 9
    with pytest.raises(FetchError, match="MB came.*type the same again to go on") as raised:
        fetch(server.card(), tmp_path)
    assert "\n" not in str(raised.value)
    assert names_in(tmp_path) == {"corpus.zip.part", "corpus.zip.part.version"}
    server.drops = 0
    fetch(server.card(), tmp_path)
    assert server.asked[-1] is not None and server.supposed[-1] == '"one"'
    assert names_in(tmp_path) == {"a", "corpus.zip.fetched"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"ETag": '"one"'}, {"ETag": '"two"'}),
        ({"ETag": 'W/"one"', "Last-Modified": "Mon"}, {"ETag": 'W/"two"', "Last-Modified": "Tue"}),
        ({"Last-Modified": "Mon"}, {"Last-Modified": "Tue"}),
    ],
)
@pytest.mark.parametrize("compares", [True, False])
def test_a_file_that_changed_meanwhile_is_not_glued_to_the_old_half(
    compares: bool,
    before: dict[str, str],
    after: dict[str, str],
    server: Server,
    tmp_path: Path,
) -> None:
    server.body, server.versions = b"old " * 1000, before
    half_of(server, tmp_path)
    server.changes(packed(a=b"new" * 2000), **after)
    server.compares = compares
    fetch(server.card(), tmp_path)
    assert (tmp_path / "a").read_bytes() == b"new" * 2000
    wanted = next(value for value in before.values() if not value.startswith("W/"))
    assert wanted in server.supposed
    assert server.supposed[-1] == (wanted if compares else None)


def test_the_same_file_is_gone_on_with(server: Server, tmp_path: Path) -> None:
    server.body, server.versions = packed(a=b"x" * 4000), {"Last-Modified": "Mon"}
    have = half_of(server, tmp_path)
    server.asked.clear()
    fetch(server.card(), tmp_path)
    assert 0 < have < len(server.body) and server.asked == [f"bytes={have}-"]


def test_a_half_of_unknown_version_is_not_gone_on_with(server: Server, tmp_path: Path) -> None:
    server.body, server.versions = b"old " * 1000, {}
    half_of(server, tmp_path)
    server.asked.clear()
    server.changes(packed(a=b"new" * 2000))
    fetch(server.card(), tmp_path)
    assert server.asked == [None]
    assert (tmp_path / "a").read_bytes() == b"new" * 2000


@pytest.mark.parametrize(
    ("versions", "checksum", "then"),
    [
        ({"ETag": '"one"'}, None, "to go on from there"),
        ({"ETag": 'W/"one"', "Last-Modified": "Mon"}, None, "to go on from there"),
        ({"ETag": 'W/"one"'}, "md5:" + "0" * 32, "to go on from there"),
        ({"ETag": 'W/"one"'}, None, "to begin anew: nobody could tell"),
        ({}, None, "to begin anew: nobody could tell"),
    ],
)
def test_what_typing_the_same_again_does_is_what_is_said(
    versions: dict[str, str], checksum: str | None, then: str, server: Server, tmp_path: Path
) -> None:
    server.body, server.versions, server.drops = b"x" * 10**6, versions, 99
    card = server.card(checksum=checksum)
    assert what_came(card, tmp_path) == "corpus.zip: nothing came"
    with pytest.raises(FetchError, match=rf"MB came; type the same again {then}"):
        fetch(card, tmp_path)
    assert f" MB came; type the same again {then}" in what_came(card, tmp_path)
    server.asked.clear()
    with pytest.raises(FetchError):
        fetch(card, tmp_path)
    assert (server.asked[0] is None) == ("anew" in then)


def test_what_came_is_told_of_the_file_that_was_being_fetched(tmp_path: Path) -> None:
    card = Server(url="http://127.0.0.1:9").card(checksum="md5:" + "0" * 32)
    (one,) = card.downloads
    card = replace(card, downloads=(one, replace(one, name="two.zip")))
    (tmp_path / "corpus.zip").touch()
    assert what_came(card, tmp_path) == (
        "corpus.zip: all of it came; type the same again to go on from there"
    )
    (tmp_path / "corpus.zip.fetched").touch()
    assert what_came(card, tmp_path) == "two.zip: nothing came"
    (tmp_path / "two.zip.fetched").touch()
    assert what_came(card, tmp_path) == ""
    assert what_came(CORPORA["iemocap"].card, tmp_path) == ""


def test_a_checksum_vouches_for_a_half_of_unknown_version(server: Server, tmp_path: Path) -> None:
    server.body, server.versions = packed(a=b"x" * 4000), {}
    (tmp_path / "corpus.zip.part").write_bytes(server.body[:1000])
    fetch(server.card(checksum=f"md5:{hashlib.md5(server.body).hexdigest()}"), tmp_path)
    assert server.asked == ["bytes=1000-"]
    assert (tmp_path / "a").is_file()


def test_an_answer_in_pieces_needs_no_length(server: Server, tmp_path: Path) -> None:
    server.body, server.chunked, server.drops = packed(a=b"x" * 4000), True, 1
    fetch(server.card(), tmp_path)
    assert len(server.asked) == 2
    assert (tmp_path / "a").read_bytes() == b"x" * 4000


def test_an_unpacking_that_is_stopped_is_done_again_without_a_download(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.body = packed(a=b"x" * 4000)

    def stopped(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("ehsaas.corpora.fetch.unpack", stopped)
        with pytest.raises(KeyboardInterrupt):
            fetch(server.card(), tmp_path)
    assert names_in(tmp_path) == {"corpus.zip"}
    fetch(server.card(), tmp_path)
    assert server.asked == [None]
    assert names_in(tmp_path) == {"a", "corpus.zip.fetched"}


def test_a_link_in_the_folder_does_not_cost_the_archive(server: Server, tmp_path: Path) -> None:
    server.body = packed(**{"wav/x.wav": b"x"})
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "in").mkdir()
    (tmp_path / "in/wav").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FolderError, match="remove it first"):
        fetch(server.card(), tmp_path / "in")
    (tmp_path / "in/wav").unlink()
    fetch(server.card(), tmp_path / "in")
    assert server.asked == [None]
    assert (tmp_path / "in/wav/x.wav").is_file()


def test_a_file_in_the_way_does_not_cost_the_archive(server: Server, tmp_path: Path) -> None:
    server.body = packed(**{"wav/x.wav": b"x"})
    (tmp_path / "wav").write_bytes(b"mine")
    with pytest.raises(FolderError, match="move it away first"):
        fetch(server.card(), tmp_path)
    assert names_in(tmp_path) == {"wav", "corpus.zip"}
    (tmp_path / "wav").unlink()
    fetch(server.card(), tmp_path)
    assert server.asked == [None]
    assert (tmp_path / "wav/x.wav").is_file()


def test_archives_that_a_card_names_inside_an_archive_are_unpacked(
    server: Server, tmp_path: Path
) -> None:
    server.body = packed(**{"raw/train.zip": packed(**{"train/a.wav": b"x"}), "raw/b.csv": b"b"})
    (done,) = fetch(server.card(inner=("raw/train.zip",)), tmp_path)
    assert '"files": 2' in done.read_text()
    assert names_in(tmp_path / "raw") == {"train", "b.csv"}


def test_a_server_without_ranges_starts_anew(server: Server, tmp_path: Path) -> None:
    server.body, server.ranges = packed(a=b"x" * 4000), False
    (tmp_path / "corpus.zip.part").write_bytes(b"half of something else")
    (tmp_path / "corpus.zip.part.version").write_text('"one"')
    fetch(server.card(), tmp_path)
    assert (tmp_path / "a").read_bytes() == b"x" * 4000


def test_a_part_that_is_whole_already_is_only_checked(server: Server, tmp_path: Path) -> None:
    server.body = packed(a=b"x")
    (tmp_path / "corpus.zip.part").write_bytes(server.body)
    (tmp_path / "corpus.zip.part.version").write_text('"one"')
    fetch(server.card(size=len(server.body)), tmp_path)
    assert (tmp_path / "a").is_file()
    assert server.asked == []


def test_a_whole_part_of_unknown_size_is_held_against_its_checksum(
    server: Server, tmp_path: Path
) -> None:
    server.body = packed(a=b"x")
    (tmp_path / "corpus.zip.part").write_bytes(server.body)
    fetch(server.card(checksum=f"md5:{hashlib.md5(server.body).hexdigest()}"), tmp_path)
    assert server.asked == [f"bytes={len(server.body)}-"]
    assert (tmp_path / "a").is_file()


def test_a_part_that_is_longer_than_the_file_is_begun_anew(server: Server, tmp_path: Path) -> None:
    server.body = packed(a=b"x")
    (tmp_path / "corpus.zip.part").write_bytes(server.body + b"more")
    (tmp_path / "corpus.zip.part.version").write_text('"one"')
    fetch(server.card(), tmp_path)
    assert server.asked == [f"bytes={len(server.body) + 4}-", None]
    assert (tmp_path / "a").is_file()


def test_a_file_whose_end_nobody_could_tell_is_not_fetched(server: Server, tmp_path: Path) -> None:
    server.body, server.measured = packed(a=b"x"), False
    with pytest.raises(FetchError, match="the server does not say how long the file is"):
        fetch(server.card(), tmp_path)
    assert not (tmp_path / "corpus.zip.part").exists()
    fetch(server.card(size=len(server.body)), tmp_path)
    assert (tmp_path / "a").is_file()


@pytest.mark.parametrize("published", [True, False])
def test_more_than_there_should_be_is_not_waited_for(
    published: bool, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.body = bytes(2**22)
    if not published:
        monkeypatch.setattr(fetching, "_MOST", 1000)
    reason = "1000 were published" if published else "no corpus has more than 1000"
    with pytest.raises(FetchError, match=rf"file: 262144 bytes came, .*{reason}; it was deleted"):
        fetch(server.card(size=1000 if published else None), tmp_path)
    assert server.asked == [None] and not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"checksum": "md5:" + "0" * 32}, "its md5 is [0-9a-f]{32}, published is 0{32}"),
        ({"checksum": "sha256:" + "0" * 64}, "its sha256 is"),
        ({"size": 7}, "7 were published"),
        ({"size": 10**6}, "1000000 were published"),
    ],
)
def test_a_file_that_is_not_the_published_one_is_deleted(
    facts: dict[str, object], reason: str, server: Server, tmp_path: Path
) -> None:
    server.body = packed(a=b"x")
    with pytest.raises(FetchError, match=f"not the published file: .*{reason}.*deleted"):
        fetch(server.card(**facts), tmp_path)
    assert not any(tmp_path.iterdir())


def test_an_archive_that_would_write_elsewhere_is_refused(server: Server, tmp_path: Path) -> None:
    server.body = packed(**{"../../x": b"evil"})
    with pytest.raises(ArchiveError, match="outside the folder"):
        fetch(server.card(), tmp_path / "a/b")
    assert not list(tmp_path.rglob("x"))


def test_a_damaged_archive_is_not_found_again(server: Server, tmp_path: Path) -> None:
    server.body = b"<html>try later</html>"
    for _ in range(2):
        with pytest.raises(ArchiveError, match="damaged, or no archive"):
            fetch(server.card(), tmp_path)
    assert server.asked == [None, None] and not any(tmp_path.iterdir())


def test_a_file_that_lies_there_already_is_checked_too(server: Server, tmp_path: Path) -> None:
    (tmp_path / "corpus.zip").write_bytes(packed(a=b"forged"))
    with pytest.raises(FetchError, match="not the published file"):
        fetch(server.card(checksum="md5:" + "0" * 32), tmp_path)


def test_another_stretch_than_was_asked_for_is_not_appended(server: Server, tmp_path: Path) -> None:
    server.body, server.lies = packed(a=b"x" * 4000), True
    (tmp_path / "corpus.zip.part").write_bytes(server.body[:100])
    (tmp_path / "corpus.zip.part.version").write_text('"one"')
    fetch(server.card(), tmp_path)
    assert (tmp_path / "a").read_bytes() == b"x" * 4000


def test_a_missing_file_and_a_missing_server_are_said(server: Server, tmp_path: Path) -> None:
    server.status = 404
    with pytest.raises(FetchError, match="the server answers 404 Not Found"):
        fetch(server.card(), tmp_path)
    nobody = replace(server, url="http://127.0.0.1:9")
    with pytest.raises(FetchError, match="nothing came"):
        fetch(nobody.card(), tmp_path)


def test_what_is_not_for_plain_download_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="iemocap is not fetched here .on request"):
        fetch(CORPORA["iemocap"].card, tmp_path)
