import numpy as np
import pytest

from ehsaas.calibration import conformal_threshold, softmax
from ehsaas.training.calibrating import CalibrationError, calibrate


def spoken(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Logits of four classes that are three times too sure, and classes drawn as they should be."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1.5, (n, 4))
    odds = softmax(logits).astype(np.float64)
    labels = np.array([rng.choice(4, p=row / row.sum()) for row in odds])
    return 3 * logits, labels


def test_a_too_sure_network_is_told_to_be_less_sure_and_keeps_its_promise() -> None:
    made = calibrate(*spoken(3000, 0))
    assert made.temperature == pytest.approx(3, rel=0.1)
    assert made.scores.shape == (3000,) and str(made.scores.dtype) == "float32"
    assert (np.diff(made.scores) >= 0).all()
    logits, labels = spoken(3000, 1)
    said = softmax(logits, made.temperature)
    held = said[np.arange(3000), labels] >= conformal_threshold(made.scores, 0.9)
    assert held.mean() == pytest.approx(0.9, abs=0.02)


def test_what_cannot_be_calibrated_on_is_said() -> None:
    with pytest.raises(CalibrationError, match="0 rows of logits, 0 labels"):
        calibrate(np.zeros((0, 3)), np.zeros(0, dtype=np.int64))
    with pytest.raises(CalibrationError, match="2 rows of logits, 1 labels"):
        calibrate(np.zeros((2, 3)), np.zeros(1, dtype=np.int64))
    with pytest.raises(CalibrationError, match="labels from 0 to 3; the network has classes 0 to"):
        calibrate(np.zeros((2, 3)), np.array([0, 3]))
