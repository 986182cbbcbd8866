"""Running statistics: trained by the source's, judged by those of the stream so far (vectors).

Each recording is standardised by what was known before and by all recordings before it, in the
order in which they come, as `--baseline running` does it; nothing else changes at test time.
"""

from dataclasses import replace

from ehsaas.training.adaptation import source_only
from ehsaas.training.adaptation.task import AdaptationError, Adapted, Task


def adapt(task: Task) -> Adapted:
    """The source's classifier under statistics that go along with the stream.

    Raises:
        AdaptationError: it was trained by other statistics than the source's.
    """
    if task.settings.by != "source":
        raise AdaptationError(
            f"running statistics start from the source's, not from those by {task.settings.by}"
        )
    plain = source_only.adapt(task)
    stream = replace(plain.standardise, by="running")
    return replace(plain, standardise=stream, said="statistics that follow the stream")
