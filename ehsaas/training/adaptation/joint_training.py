"""Joint training: the target's labels are one more corpus among the source's (vectors)."""

from ehsaas.training.adaptation import linear
from ehsaas.training.adaptation.task import AdaptationError, Adapted, Task


def adapt(task: Task) -> Adapted:
    """A linear probe of everything that is labelled, every corpus of which weighs the same.

    Raises:
        AdaptationError: no label of the target may be seen.
    """
    if not len(task.seen):
        raise AdaptationError("joint-training needs labels of the target; without, see source-only")
    return linear.adapted(task, linear.on_source(task), f"{len(task.seen)} labels join the source")
