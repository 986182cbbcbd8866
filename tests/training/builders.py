"""Small made-up training sets whose answer is known."""

import numpy as np

from ehsaas.training.batches import Examples


def examples(
    n: int = 60, seed: int = 0, classes: int = 3, corpus: int = 0, offset: float = 0.0
) -> Examples:
    """Utterances of 5 to 14 frames; the class shifts one dimension by 1, noise is 0.3."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % classes
    features = []
    for label in labels:
        x = 0.3 * rng.standard_normal((int(rng.integers(5, 15)), classes + 1)) + offset
        x[:, label] += 1.0
        features.append(x.astype(np.float32))
    ids = tuple(f"{corpus}-{i}" for i in range(n))
    return Examples(features, labels.astype(np.int64), np.full(n, corpus, dtype=np.int64), ids)
