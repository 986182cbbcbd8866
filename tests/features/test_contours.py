import torch

from ehsaas.features.contours import Contours
from ehsaas.features.framing import Framing
from tests import signals

FRAMING = Framing()


def of(*clips: signals.Signal) -> dict[str, torch.Tensor]:
    samples, lengths = signals.batch(*clips)
    own = FRAMING.valid_samples(samples, lengths)
    found: dict[str, torch.Tensor] = Contours(FRAMING)(own, FRAMING.frame_lengths(lengths))
    return found


def test_pitch_counts_semitones_above_27_5_hertz() -> None:
    found = of(signals.voice(220, 0.4))
    torch.testing.assert_close(found["pitch"][0, 2:-2].mean(), torch.tensor(36.0), atol=0.1, rtol=0)
    assert (found["voiced"][0, 2:-2] == 1).all()


def test_a_low_tone_leans_down_and_a_high_tone_up() -> None:
    found = of(signals.tone(300, 0.3), signals.tone(3000, 0.3))
    for name in ("alpha", "hammarberg"):
        low, high = found[name].mean(dim=1)
        assert low > 20 and high < -20
    low, high = found["centroid"].mean(dim=1)
    torch.testing.assert_close(low, torch.tensor(0.3), atol=0.02, rtol=0)
    torch.testing.assert_close(high, torch.tensor(3.0), atol=0.02, rtol=0)


def test_tilt_of_a_spectrum_that_falls_is_negative() -> None:
    found = of(signals.voice(100, 0.4, "u"))
    assert found["tilt500"].shape == (1, 38)
    assert found["tilt1500"].mean() < -5


def test_flux_is_high_where_the_sound_changes() -> None:
    clip = torch.cat([torch.from_numpy(signals.tone(hertz, 0.3)) for hertz in (300, 2000)])
    flux = of(clip.numpy())["flux"][0]
    assert 26 <= int(flux.argmax()) <= 31
    assert flux[5:20].max() < 0.1 * flux.max()


def test_louder_is_louder() -> None:
    soft, loud = of(signals.noise(0.2, rms=0.05), signals.noise(0.2, rms=0.2))["loudness"]
    torch.testing.assert_close(loud / soft, torch.full_like(soft, 16**0.3), rtol=1e-3, atol=0)
