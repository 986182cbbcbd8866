import numpy as np
import pytest

from ehsaas.evaluation.pictures import attended


@pytest.mark.parametrize(
    ("predicted", "says"),
    [("anger", "that were recognised rightly."), ("fear", "none was recognised rightly.")],
)
def test_the_attention_s_caption_says_how_its_clip_was_chosen(predicted: str, says: str) -> None:
    example = {
        "id": "a",
        "corpus": "emodb",
        "truth": "anger",
        "predicted": predicted,
        "hop_ms": 20,
        "logmel": np.zeros((8, 4)).tolist(),
        "weights": [1 / 8] * 8,
    }
    (picture,) = attended(example)
    assert says in picture.caption


def test_without_an_example_nothing_is_drawn() -> None:
    assert attended(None) == []
