import numpy as np
import torch

from ehsaas.models.batch import Batch, Output
from ehsaas.training.losses import balance, balanced, cross_entropy
from tests.training.builders import examples


def test_balance_makes_corpora_and_classes_count_the_same() -> None:
    data = examples(9).joined(examples(3, corpus=1))
    weights = balance(data, classes=4, corpora=3)
    assert weights.shape == (3, 4)
    total = torch.zeros(3, 4)
    for label, corpus in zip(data.labels, data.corpus, strict=True):
        total[corpus, label] += weights[corpus, label]
    torch.testing.assert_close(total[:2, :3], torch.full((2, 3), 2.0))
    assert total[2].sum() == 0 and total[:, 3].sum() == 0


def test_labels_and_corpora_alone_are_balanced_likewise() -> None:
    """As many corpora as the highest index asks for; one corpus is scikit-learn's `balanced`."""
    data = examples(9).joined(examples(3, corpus=2))
    found = balanced(data.labels, data.corpus, 4)
    np.testing.assert_allclose(found, balance(data, classes=4, corpora=3), rtol=1e-6)
    assert found.shape == (3, 4) and not found[1].any()
    labels = np.array([0, 0, 0, 1])
    np.testing.assert_allclose(balanced(labels, np.zeros_like(labels), 2), [[4 / 6, 4 / 2]])
    each = found[data.corpus, data.labels]
    np.testing.assert_allclose(each.mean(), 1)


def test_weighted_loss_equals_the_formula() -> None:
    weights = torch.tensor([[1.0, 3.0]])
    logits = torch.tensor([[0.0, 0.0], [2.0, 0.0]])
    batch = Batch(
        torch.zeros(2, 1, 1),
        torch.ones(2),
        labels=torch.tensor([0, 1]),
        corpus=torch.tensor([0, 0]),
    )
    each = -torch.log_softmax(logits, dim=1)
    expected = (1.0 * each[0, 0] + 3.0 * each[1, 1]) / 4.0
    torch.testing.assert_close(cross_entropy(weights, 0.0)(Output(logits, logits), batch), expected)
