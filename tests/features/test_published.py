"""The published Urdu-Sindhi features, in small: MATLAB files written by scipy."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat

from ehsaas.corpora.published.urdu_sindhi import annotations
from ehsaas.features.published import SETS, PublishedError, read
from tests.corpora import recordings

FOLDERS = {
    "egemaps": "eGeMAPS funcs",
    "compare": "ComParE funcs",
    "is09": "IS09Emotion funcs",
    "is10": "IS10Paraling funcs",
    "prosody": "Prosody funcs",
}
IDS = ("urdu_Anger_0001", "urdu_Sarcasm_0003", "sindhi_Anger_0001")
VECTORS = {one: np.arange(5) + 10.0 * i for i, one in enumerate(IDS)}


def place(folder: Path, one: str, feature_set: str = "egemaps") -> Path:
    language, name = one.split("_", 1)
    path = folder / f"Feats - {language.title()}" / FOLDERS[feature_set] / f"Matfiles/{name}.mat"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def mat(folder: Path, one: str, feature_set: str = "egemaps", **arrays: Any) -> Path:
    path = place(folder, one, feature_set)
    savemat(path, arrays)
    return path


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    for one, vector in VECTORS.items():
        for i, feature_set in enumerate(FOLDERS):
            mat(tmp_path, one, feature_set, funcs=vector[None] + 100 * i)
    return tmp_path


@pytest.mark.parametrize("feature_set", SETS)
def test_each_set_is_found_by_its_folder_in_the_order_asked_for(
    corpus: Path, feature_set: str
) -> None:
    order = [IDS[2], IDS[0]]
    found = read(corpus, feature_set, order)
    expected = np.stack([VECTORS[one] for one in order]) + 100 * list(SETS).index(feature_set)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected)


def test_the_ids_are_those_of_the_table(tmp_path: Path) -> None:
    for name in recordings.FEATURES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        savemat(tmp_path / name, {"x": np.ones(4)})
    ids = [one for one in annotations(tmp_path) if not one.startswith("sindhi")]
    assert read(tmp_path, "egemaps", ids).shape == (2, 4)


def test_the_folder_of_one_language_may_be_given_itself(corpus: Path) -> None:
    found = read(corpus / "Feats - Urdu", "is10", IDS[:2])
    np.testing.assert_array_equal(found, read(corpus, "is10", IDS[:2]))


def test_any_name_shape_and_type_of_number_will_do(tmp_path: Path) -> None:
    mat(tmp_path, IDS[0], row=np.array([[1, 2, 3]], dtype=np.int16), said="seven")
    mat(tmp_path, IDS[1], column=np.array([[4.0], [5.0], [6.0]]), set=np.array(["a"], dtype=object))
    savemat(
        place(tmp_path, IDS[2]), {"v": np.array([7, 8, 9], dtype=np.float32)}, do_compression=True
    )
    found = read(tmp_path, "egemaps", IDS)
    np.testing.assert_array_equal(found, np.arange(1, 10).reshape(3, 3))


def test_undefined_numbers_are_0_and_counted(
    corpus: Path, caplog: pytest.LogCaptureFixture
) -> None:
    mat(corpus, IDS[1], funcs=np.array([np.nan, 1, np.inf, -np.inf, 2]))
    with caplog.at_level(logging.WARNING):
        found = read(corpus, "egemaps", IDS)
    np.testing.assert_array_equal(found[1], [0, 1, 0, 0, 2])
    assert "3 numbers of egemaps are not finite" in caplog.text


def refused(folder: Path, *ids: str, feature_set: str = "egemaps") -> str:
    with pytest.raises(PublishedError) as caught:
        read(folder, feature_set, ids)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_several_arrays_or_none_are_refused(corpus: Path) -> None:
    path = mat(corpus, IDS[1], a=np.ones(5), b=np.ones(5))
    assert refused(corpus, *IDS).startswith(f"{path}: holds 2 arrays of numbers (a, b)")
    mat(corpus, IDS[1], said="nothing")
    assert refused(corpus, *IDS).startswith(f"{path}: holds no numbers")
    mat(corpus, IDS[1], a=np.ones((0, 5)))
    assert refused(corpus, *IDS).startswith(f"{path}: holds an empty array")


def test_vectors_of_different_sizes_are_refused(corpus: Path) -> None:
    path = mat(corpus, IDS[2], funcs=np.ones(6))
    message = refused(corpus, *IDS)
    assert message.startswith(f"{path}: 6 numbers, but 5 in ") and "Anger_0001.mat" in message


def test_what_is_no_matlab_file_of_ours_is_refused(corpus: Path) -> None:
    path = place(corpus, IDS[0])
    whole = path.read_bytes()
    header = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM"
    path.write_bytes(header + bytes(512))
    assert refused(corpus, *IDS).startswith(f"{path}: written as MATLAB 7.3 (HDF5)")
    for damaged in (b"", b"MATLAB 5.0 MAT-file", whole[:150], whole[:-9]):
        path.write_bytes(damaged)
        assert refused(corpus, *IDS).startswith(f"{path}: cannot be read as a MATLAB file")


def test_utterances_without_a_file_are_counted_and_named(corpus: Path) -> None:
    place(corpus, IDS[1], "is09").unlink()
    message = refused(corpus, *IDS, "urdu_Anger_0009", feature_set="is09")
    assert "2 of 4 utterances" in message and "(urdu_Sarcasm_0003, urdu_Anger_0009)" in message
    assert "0 of 0 utterances" in refused(corpus)


def test_two_files_of_one_utterance_are_refused_and_hidden_ones_unread(corpus: Path) -> None:
    path = place(corpus, IDS[0])
    (path.parent / "._Anger_0001.mat").write_bytes(b"of a Mac")
    assert len(read(corpus, "egemaps", IDS)) == 3
    twin = corpus / "Feats - Urdu" / "eGeMAPS again" / path.name
    twin.parent.mkdir()
    twin.write_bytes(path.read_bytes())
    message = refused(corpus, *IDS)
    assert message.startswith("urdu_Anger_0001 has two files of the set eGeMAPS: ")
    assert str(twin) in message


def test_an_unknown_set_is_refused_with_the_known(corpus: Path) -> None:
    known = "'gemaps' is no set; known are egemaps, compare, is09, is10, prosody"
    assert refused(corpus, *IDS, feature_set="gemaps") == known
