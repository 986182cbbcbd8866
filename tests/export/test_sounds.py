import numpy as np

from ehsaas.audio import RATE, is_silent
from ehsaas.export.sounds import voices


def test_voices_are_of_all_lengths_and_the_same_each_time() -> None:
    made, again = voices(8), voices(8)
    seconds = [clip.duration for clip in made]
    assert seconds[0] == 0.3 and seconds[-1] == 15.0 and seconds == sorted(seconds)
    for one, other in zip(made, again, strict=True):
        np.testing.assert_array_equal(one.samples, other.samples)
        assert one.rate == RATE and one.samples.dtype == np.float32
        assert np.abs(one.samples).max() <= 1 and not is_silent(one)
    others = voices(8, seed=1)
    assert all(not np.array_equal(a.samples, b.samples) for a, b in zip(made, others, strict=True))
