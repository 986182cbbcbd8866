"""The attribute `facts` of a Python callable → what it was trained on, checked."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError

from ehsaas import digests
from ehsaas.experiments.benchmark.mistakes import BenchmarkError
from ehsaas.experiments.mistakes import told


def _packed(text: str) -> str:
    digests.count(text)
    return text


Tag = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$")]
"""A language by its code, as BCP-47 has it: `de`, `en-GB`, `kmr`."""


class Facts(BaseModel):
    """What a model says that it was trained on, as a recogniser does: all of each, or nothing.

    `digests` are packed (`ehsaas.digests.pack`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    corpora: tuple[str, ...] = ()
    languages: tuple[Tag, ...] = ()
    digests: Annotated[str, AfterValidator(_packed)] = ""


def facts_of(call: Any, model: str) -> Mapping[str, Any]:
    """Those of a callable that it gives.

    Raises:
        BenchmarkError: they are none; the message says which and what is expected.
    """
    given = getattr(call, "facts", None)
    if given is None:
        return {}
    try:
        return Facts.model_validate(given).model_dump(exclude_defaults=True)
    except ValidationError as error:
        raise BenchmarkError(
            f"{model}: its facts cannot be read: {'; '.join(told(error, Facts, 'facts'))}; expected"
            ' {"corpora": ["emodb"], "languages": ["de"]} with language codes, and digests as'
            " ehsaas.digests.pack gives them"
        ) from error
