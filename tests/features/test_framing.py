import pytest
import torch

from ehsaas.features.framing import Framing, frame_mask


@pytest.mark.parametrize(
    ("samples", "frames"),
    [(0, 1), (1, 1), (399, 1), (400, 1), (559, 1), (560, 2), (720, 3), (16_000, 98)],
)
def test_frames_are_not_centred_and_never_none(samples: int, frames: int) -> None:
    framing = Framing()
    lengths = torch.tensor([samples])
    own = framing.valid_samples(torch.ones(1, samples), lengths)
    assert framing.frame_lengths(lengths).item() == frames
    assert framing.frames(own).shape == (1, frames, 400)


def test_a_frame_starts_every_hop_and_holds_a_window() -> None:
    framing = Framing(window_ms=1.0, hop_ms=0.5)
    frames = framing.frames(torch.arange(40.0)[None])
    assert (framing.window, framing.hop) == (16, 8)
    assert frames[0, :, 0].tolist() == [0, 8, 16, 24]
    assert frames[0, 3].tolist() == list(range(24, 40))


def test_what_lies_behind_a_clip_becomes_zero_even_where_it_is_no_number() -> None:
    samples = torch.full((2, 500), torch.nan)
    samples[0, :3], samples[1] = 1.0, 2.0
    own = Framing().valid_samples(samples, torch.tensor([3, 500]))
    assert own[0].sum() == 3 and own[1].sum() == 1000


def test_a_clip_shorter_than_a_window_is_filled_up_to_one() -> None:
    own = Framing().valid_samples(torch.ones(1, 100), torch.tensor([100]))
    assert own.shape == (1, 400) and own.sum() == 100


def test_mask() -> None:
    assert frame_mask(torch.tensor([2, 3]), 3).tolist() == [[True, True, False], [True] * 3]
