"""Source only, by a network: what the neural methods are to be measured against (all features)."""

from ehsaas.training.adaptation import neural
from ehsaas.training.adaptation.task import Adapted, Task


def adapt(task: Task) -> Adapted:
    """A network of the source; labels of the target are not used."""
    given = neural.heard(task).blind
    network = neural.of_source(task, given)
    return neural.finished(task, given, network, "a network trained on the source alone")
