"""Source only: a classifier of the source's labels, whatever is known of the target (vectors).

Whose statistics standardise the features is a setting of every method. Under those of the target's
corpus or of its speakers this is what METHODS.md E calls corpus and speaker normalisation.
"""

from ehsaas.training.adaptation import linear
from ehsaas.training.adaptation.task import Adapted, Task


def adapt(task: Task) -> Adapted:
    """A linear probe of the source; labels of the target are not used."""
    source = task.source
    probe = linear.fit(
        task.ground.vectors,
        source.labels,
        source.corpus,
        task.settings.classes,
        task.settings.probe,
    )
    return linear.adapted(task, probe, "trained on the source alone")
