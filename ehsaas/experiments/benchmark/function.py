"""`package.module:name`, a Python callable from a clip to its emotions → an entrant."""

import importlib
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ehsaas.audio import RATE, Clip
from ehsaas.calibration import Statistics
from ehsaas.experiments.benchmark import outputs
from ehsaas.experiments.benchmark.entrants import Entrant, digest_of
from ehsaas.experiments.benchmark.facts import facts_of
from ehsaas.experiments.benchmark.mistakes import BenchmarkError
from ehsaas.experiments.benchmark.outputs import Outputs

Clips = Callable[[], Iterable[Clip]]
"""Recordings, to be read if they are needed."""

_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


def is_named(model: str) -> bool:
    """Whether the text is of the form `package.module:name`."""
    return _NAME.fullmatch(model) is not None


def entrant(model: str, labels: str | None, clips: Clips = tuple) -> Entrant:
    """The callable of that name.

    It is called with a `Clip` and returns a mapping emotion → probability, always of the same
    emotions, or, with `labels`, one number each; None where it hears no speech. Without
    labels it is asked what it says of a second of noise, and of `clips` until it hears speech in
    one, to learn which emotions these are. Its attribute `facts`, where it has one, says what it
    was trained on (`Facts`). Its digest is that of the file that it is written in; what that file
    reads is not in it, so that finished answers are asked for again unless an attribute `version`,
    a text, says by another value that they would be others.

    Raises:
        BenchmarkError: there is none, it cannot be called, or it does not return that.
    """
    found, call = _imported(model)
    facts, version = facts_of(call, model), getattr(call, "version", None)
    if not isinstance(version, str | None):
        raise BenchmarkError(
            f"{model}: its version is {version!r}; expected a text, another one for other answers"
        )
    words = () if labels is not None else _asked(call, model, clips)
    told = outputs.named(words, model) if labels is None else outputs.labels(labels, model)

    def hear(clip: Clip, statistics: Statistics | None) -> NDArray[np.floating] | None:
        nonlocal words
        given = _called(call, clip, model)
        if given is None:
            return None
        if labels is not None and not isinstance(given, Mapping):
            return told(given, model)
        words = words or _labelled(given, told, model)
        return told(_ordered(given, words, model), model)

    file = getattr(found, "__file__", None)
    key = (model, labels or "", version or "")
    return Entrant(
        name=model.partition(":")[2],
        kind="Python callable",
        system=model,
        digest=digest_of(Path(file) if file else Path(__file__), *key),
        classes=told.classes,
        hear=hear,
        facts=facts,
        settled=version is not None,
    )


def _imported(model: str) -> tuple[ModuleType, Any]:
    """The module and the callable."""
    module, _, name = model.partition(":")
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if f"{module}.".startswith(f"{error.name}."):
            raise BenchmarkError(
                f"{model}: there is no module {error.name}, here or among what is installed"
            ) from error
        raise BenchmarkError(
            f"{model}: imports {error.name}, which is not installed ({error})"
        ) from error
    except (Exception, SystemExit) as error:  # somebody else's program may raise anything
        raise BenchmarkError(
            f"{model}: raised {type(error).__name__} when it was imported ({error})"
        ) from error
    call = getattr(found, name, None)
    if not callable(call):
        raise BenchmarkError(f"{model}: the module {module} has no callable {name!r}")
    return found, call


def _asked(call: Any, model: str, clips: Clips) -> tuple[str, ...]:
    """The keys of the first answer that there is."""
    noise = np.random.default_rng(0).standard_normal(RATE) / 20
    given = _called(call, Clip(noise.astype(np.float32), RATE), model)
    what = "a second of noise"
    for clip in clips() if given is None else ():
        given, what = _called(call, clip, model), f"a recording of {clip.duration:.2f} s"
        if given is not None:
            break
    if given is None:
        raise BenchmarkError(
            f"{model}: said of nothing that it hears speech there, so that its emotions cannot be"
            " learned; give --labels"
        )
    if not isinstance(given, Mapping):
        raise BenchmarkError(
            f"{model}: returned {type(given).__name__} for {what}; expected a mapping"
            " emotion → probability, or numbers together with --labels"
        )
    return tuple(map(str, given))


def _labelled(given: Mapping[Any, Any], told: Outputs, model: str) -> tuple[str, ...]:
    """The keys of an answer, which `--labels` names in their order."""
    words = tuple(map(str, given))
    own = [outputs.emotion_of(word) for word in words]
    pairs = list(zip(own, told.emotions, strict=False))
    if len(own) != len(told.emotions) or any(a and b and a != b for a, b in pairs):
        raise BenchmarkError(
            f"{model}: returned a mapping of {', '.join(words)}, in this order, and --labels says"
            f" {','.join(one or outputs.NONE for one in told.emotions)}; they do not go together"
        )
    return words


def _ordered(given: Any, words: tuple[str, ...], model: str) -> list[float]:
    """The probabilities of an answer, by the keys of the first one."""
    if not isinstance(given, Mapping) or set(map(str, given)) != set(words):
        raise BenchmarkError(
            f"{model}: returned {given!r}; expected a probability for each of {', '.join(words)}"
        )
    by_word = {str(word): value for word, value in given.items()}
    try:
        values = [_number(by_word[word]) for word in words]
    except (TypeError, ValueError) as error:
        raise BenchmarkError(f"{model}: returned {given!r}; expected numbers ({error})") from error
    if min(values) < 0 or abs(sum(values) - 1) > outputs.SUM:
        raise BenchmarkError(
            f"{model}: returned {given!r}; expected probabilities, which sum to 1 (return numbers"
            " and give --labels for logits)"
        )
    return values


def _number(value: Any) -> float:
    """A number of any library as one of Python's; a text is none."""
    if isinstance(value, str | bytes):
        raise TypeError(f"{value!r} is a text")
    return float(value)


def _called(call: Any, clip: Clip, model: str) -> Any:
    try:
        return call(clip)
    except Exception as error:  # somebody else's program may raise anything
        raise BenchmarkError(
            f"{model}: raised {type(error).__name__} on a clip of {clip.duration:.2f} s ({error})"
        ) from error
