import numpy as np
import pytest

from ehsaas.training.adaptation import METHODS, Budget, adapt
from ehsaas.training.adaptation.task import matrix
from tests.training.adaptation.builders import asked, right, settings, share_right, source, target


@pytest.mark.parametrize("labels", (0, 5))
def test_the_memory_is_everything_that_is_labelled(labels: int) -> None:
    task = asked(source(), target(), labels)
    done = METHODS["knn-memory"].adapt(task)
    keys = done.network.get_buffer("keys").numpy()
    given = matrix(task.given)
    np.testing.assert_allclose(keys, given / np.linalg.norm(given, axis=1)[:, None], rtol=1e-5)
    np.testing.assert_array_equal(done.network.get_buffer("values"), task.given.labels)
    assert len(keys) == 120 + 3 * labels
    assert done.said == f"the 20 most similar of {len(keys)} vote"


def test_the_most_similar_tell_the_class() -> None:
    done = adapt("knn-memory", source(), target(shift=6), Budget(), settings())
    assert right(done, target(shift=6)) > 0.9
    assert share_right("knn-memory", source(), target(shift=6), by="source") < 0.6
