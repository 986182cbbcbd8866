"""How often recordings that are unlike the training data are told, and others taken for them.

    python benchmarks/unlike_training.py RUN [--corpora FOLDER] [-o docs/results]

RUN is the folder of a run on several corpora, whose configuration, tables and stored features are
used, once its network's and once functionals; FOLDER is the corpora's folder (default
../shared/corpora), which an encoder's may be relative to. Each corpus is left out in turn: how many
of its clips, and of folders of its clips, lie beyond the reach of the others? Then speakers of all
corpora are left out in turn: how many of theirs do, as they are and behind another line, codec or
room? Writes unlike_training.md and unlike_training.json.
"""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean

import numpy as np
import torch
from numpy.typing import NDArray

from ehsaas import audio
from ehsaas.cli.terminal import home
from ehsaas.disturbances import DISTURBANCES
from ehsaas.experiments import config, material, pretrained
from ehsaas.experiments.config import ExperimentConfig
from ehsaas.experiments.heard import disturbed
from ehsaas.experiments.material import Material, Setup
from ehsaas.experiments.stored import Kind
from ehsaas.experiments.systems import ProbeConfig
from ehsaas.features import Told
from ehsaas.features.functionals import FunctionalsConfig
from ehsaas.features.store import Settings
from ehsaas.reach import Reach, pooled
from ehsaas.training import reaching

CHANNELS = ("telephone band", "µ-law", "MP3", "Opus", "room with 0.6 s", "hiss")
CLIPS = 40
"""Clips of each corpus that go through another channel."""
DRAWS = 500
"""Folders that are drawn of each kind."""
TRIED: Mapping[str, tuple[int, bool]] = {
    "as it is": (reaching.AXES, False),
    "128 axes": (128, False),
    "64 axes": (64, False),
    "one centre for all corpora": (reaching.AXES, True),
}

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Row:
    """What share was far: of clips, of folders of 10 and 50 of them, of 10 of one speaker."""

    features: str
    part: str
    what: str
    clips: int
    clip: float
    ten: float
    fifty: float | None
    ten_of_one: float | None


def seen(asked: ExperimentConfig) -> NDArray[np.int64] | None:
    """The columns that a linear probe sees by what stands first; None for all."""
    if not isinstance(asked.model, ProbeConfig):
        return None
    first = pretrained.candidates(asked.features, asked.model)[0]
    blocks = pretrained.blocks(asked.features)
    return np.concatenate([blocks[i] for i in first.blocks])


def told(
    reach: Reach, vectors: Vectors, speakers: NDArray[np.object_], about: tuple[str, str, str]
) -> Row:
    """The shares of these clips, and of folders drawn from them, that are far."""
    distance = reach.distance(vectors)
    generator = np.random.default_rng(0)

    def folders(size: int, among: Sequence[NDArray[np.int64]]) -> float | None:
        large = [rows for rows in among if len(rows) >= size]
        if not large:
            return None
        drawn = [generator.choice(large[i % len(large)], size, False) for i in range(DRAWS)]
        return fmean(float(distance[rows].mean() > reach.together) for rows in drawn)

    everything = [np.arange(len(distance))]
    by_speaker = [np.flatnonzero(speakers == name) for name in sorted(set(speakers.tolist()))]
    return Row(
        *about,
        len(distance),
        float((distance > reach.limit).mean()),
        folders(10, everything) or 0.0,
        folders(50, everything),
        folders(10, by_speaker),
    )


@dataclass(frozen=True)
class Clips:
    """Pooled features (N, D) of all clips, with their corpora and speakers (N,).

    `columns` (K,) are those that a network sees.
    """

    name: str
    vectors: Vectors
    corpus: NDArray[np.object_]
    speaker: NDArray[np.object_]
    columns: NDArray[np.int64] | None

    def reach(self, rows: NDArray[np.int64], axes: int = reaching.AXES, one: bool = False) -> Reach:
        """The reach of some clips; with `one`, their corpora are taken for one."""
        names = ["all"] * len(rows) if one else self.corpus[rows].tolist()
        who = self.speaker[rows].tolist()
        found = reaching.fit(self.vectors[rows], names, who, self.columns, axes)
        assert found is not None, "speakers are known"
        return found


def languages(clips: Clips, foreign: Callable[[str], Sequence[str]]) -> list[Row]:
    """Each corpus left out of the fit, with all others in its language; by everything tried."""
    rows = []
    for corpus in sorted(set(clips.corpus.tolist())):
        train = np.flatnonzero(np.isin(clips.corpus, list(foreign(corpus))))
        test = np.flatnonzero(clips.corpus == corpus)
        for part, (axes, one) in TRIED.items():
            reach = clips.reach(train, axes, one)
            about = (clips.name, part, corpus)
            rows.append(told(reach, clips.vectors[test], clips.speaker[test], about))
        print(f"{clips.name}, {corpus} left out: {rows[-len(TRIED)].clip:.3f}", flush=True)
    return rows


def speakers(clips: Clips) -> tuple[list[Row], Reach, NDArray[np.int64]]:
    """Speakers of every corpus left out in turn; the first turn's reach, and who is out of it."""
    turn = reaching.folds(clips.corpus, clips.speaker)
    reaches = [clips.reach(np.flatnonzero(turn != k)) for k in range(reaching.FOLDS)]
    rows = []
    for corpus in sorted(set(clips.corpus.tolist())):
        own = []
        for k, reach in enumerate(reaches):
            test = np.flatnonzero((turn == k) & (clips.corpus == corpus))
            if len(test):
                about = (clips.name, "unseen speakers", corpus)
                own.append(told(reach, clips.vectors[test], clips.speaker[test], about))
        rows.append(_mean(own, corpus))
    return rows, reaches[0], np.flatnonzero(turn == 0)


def channels(
    clips: Clips,
    reach: Reach,
    out: NDArray[np.int64],
    heard: Settings,
    data: Material,
    setup: Setup,
) -> list[Row]:
    """Clips of unseen speakers as they are, and as another channel would have given them."""
    generator = np.random.default_rng(0)
    chosen = np.concatenate(
        [
            np.sort(generator.permutation(own)[:CLIPS])
            for corpus in sorted(set(clips.corpus[out].tolist()))
            for own in [out[clips.corpus[out] == corpus]]
        ]
    )
    tables = {name: setup.table(name) for name in data.corpora}
    sounds = [
        audio.read(
            tables[row["corpus"]].location(row["corpus"], row["path"]), row["start"], row["end"]
        )
        for row in data.rows[chosen].iter_rows(named=True)
    ]
    extract = heard.extractor().eval()
    rows = []
    for name in ("as they are", *CHANNELS):
        vectors = clips.vectors[chosen]
        if name in DISTURBANCES:
            behind = [disturbed(sound.samples, DISTURBANCES[name]) for sound in sounds]
            vectors = np.stack([_vector(extract, one) for one in behind]).astype(np.float32)
        own = [
            told(reach, vectors[mine], clips.speaker[chosen][mine], (clips.name, "channel", name))
            for corpus in sorted(set(clips.corpus[chosen].tolist()))
            for mine in [np.flatnonzero(clips.corpus[chosen] == corpus)]
        ]
        rows.append(_mean(own, name))
        print(f"{clips.name}, {name}: {rows[-1].clip:.3f}", flush=True)
    return rows


@torch.inference_mode()
def _vector(extract: torch.nn.Module, samples: NDArray[np.float32]) -> NDArray[np.float64]:
    batch = torch.from_numpy(np.ascontiguousarray(samples))[None]
    features, _ = extract(batch, torch.tensor([len(samples)]))
    return pooled(features[0].numpy())


def _mean(rows: Sequence[Row], what: str) -> Row:
    """Several rows as one, each weighing the same."""

    def mean(values: Sequence[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return fmean(known) if known else None

    return Row(
        rows[0].features,
        rows[0].part,
        what,
        sum(row.clips for row in rows),
        fmean(row.clip for row in rows),
        fmean(row.ten for row in rows),
        mean([row.fifty for row in rows]),
        mean([row.ten_of_one for row in rows]),
    )


def page(rows: Sequence[Row], command: str) -> str:
    """The page: what is to be told, what is not, and what else was tried."""
    kinds = list(dict.fromkeys(row.features for row in rows))
    lines = [
        "# Unlike the training data",
        "",
        "A recogniser warns where a recording lies far from what it was trained on, and the command"
        " line where many of them do together: `ehsaas.reach` says how, and the limits are set so"
        " that about 0.05 of the clips of unseen speakers of the training corpora, and 0.05 of"
        " such speakers, are beyond. Here is the share that was, of single clips and of folders of"
        f" 10 and 50 clips ({DRAWS} draws). Folders are drawn from a corpus, or from one speaker"
        " of it. The clips that were trained on are not judged here: where they are fewer than the"
        " columns that are looked at, more than that of them lie beyond.",
    ]
    for kind in kinds:
        own = [row for row in rows if row.features == kind]
        lines += [
            "",
            f"## {kind[0].upper()}{kind[1:]}",
            "",
            _sentence(own),
            "",
            "A language that was left out, to be told (higher is better). A language is a corpus"
            " here, so language, microphone, room and style of acting are told together.",
            "",
            *_table([row for row in own if row.part == "as it is"], "left out", whole=True),
            "",
            "Unseen speakers of the training corpora, not to be told (lower is better).",
            "",
            *_table([row for row in own if row.part == "unseen speakers"], "corpus", whole=True),
            "",
            f"Up to {CLIPS} clips of each corpus by the unseen speakers of one turn, as they are"
            " and behind another channel; each corpus weighs the same.",
            "",
            *_table([row for row in own if row.part == "channel"], "channel", whole=False),
        ]
    lines += [
        "",
        "## What else was tried",
        "",
        "The share of clips that was told, mean over the languages left out. What is kept was"
        " chosen by these very figures, which flatters it a little.",
        "",
        f"| | {' | '.join(kinds)} |",
        "|---" * (len(kinds) + 1) + "|",
    ]
    for part in TRIED:
        means = [
            fmean(row.clip for row in rows if (row.features, row.part) == (kind, part))
            for kind in kinds
        ]
        lines.append(f"| {part} | {' | '.join(f'{value:.3f}' for value in means)} |")
    return "\n".join([*lines, "", f"Written by `{command}`.", ""])


def _sentence(rows: Sequence[Row]) -> str:
    """What of languages was told, the worst by name, and how many unseen speakers were, too."""
    left_out = [row for row in rows if row.part == "as it is"]
    unseen = _mean([row for row in rows if row.part == "unseen speakers"], "")
    alone, ten = (
        min(left_out, key=lambda row: (row.clip, row.what)),
        min(left_out, key=lambda row: (row.ten, row.what)),
    )
    mean = _mean(left_out, "")
    return (
        f"Of a language that was left out {mean.clip:.2f} of the clips are told alone, at worst"
        f" {alone.clip:.2f} ({alone.what}); of folders of ten {mean.ten:.2f}, at worst"
        f" {ten.ten:.2f} ({ten.what}). Of unseen speakers of the training corpora"
        f" {unseen.clip:.2f} of the clips and {unseen.ten:.2f} of such folders are taken for one."
    )


def _table(rows: Sequence[Row], what: str, whole: bool) -> list[str]:
    """A line a row, and their mean where they are of one kind (`whole`)."""
    shown = [*rows, _mean(rows, "mean")] if whole else list(rows)
    return [
        f"| {what} | clips | a clip | 10 clips | 50 clips | 10 clips of one speaker |",
        "|---|---|---|---|---|---|",
        *(
            f"| {row.what} | {row.clips} | "
            + " | ".join(
                "" if value is None else f"{value:.3f}"
                for value in (row.clip, row.ten, row.fifty, row.ten_of_one)
            )
            + " |"
            for row in shown
        ),
    ]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--corpora", type=Path, default=Path("../shared/corpora"))
    parser.add_argument("-o", "--output", type=Path, default=Path("docs/results"))
    given = parser.parse_args()
    try:
        asked = pretrained.found(config.load(given.run / "config.yaml"), given.corpora)
    except ValueError as error:
        raise SystemExit(str(error)) from None
    heard = asked.features
    if len(asked.corpora) < 2 or isinstance(heard, Told):
        raise SystemExit(f"{given.run}: not a run that hears two corpora or more")
    alone = asked.training.model_copy(update={"speeds": (1.0,), "disturbed": ()})
    asked = asked.model_copy(update={"training": alone})
    setup = Setup(asked, given.run, home(), given.corpora)
    kinds: tuple[tuple[Kind, str, Settings, NDArray[np.int64] | None], ...] = (
        ("frames", f"what {asked.name_of_system} sees", heard, seen(asked)),
        ("functionals", "functionals", FunctionalsConfig(), None),
    )
    rows: list[Row] = []
    for kind, name, settings, columns in kinds:
        data = material.load(setup, asked.corpora, "four", kind)
        clips = Clips(
            name,
            np.stack([pooled(one) for one in data.features]).astype(np.float32),
            np.array(data.rows["corpus"].to_list(), dtype=object),
            np.array(data.rows["speaker"].to_list(), dtype=object),
            columns,
        )
        rows += languages(clips, data.foreign)
        unseen, reach, out = speakers(clips)
        rows += unseen + channels(clips, reach, out, settings, data, setup)
    command = f"python benchmarks/unlike_training.py runs/{asked.name}"
    given.output.mkdir(parents=True, exist_ok=True)
    (given.output / "unlike_training.md").write_text(page(rows, command), "utf-8")
    twin = json.dumps([asdict(row) for row in rows], indent=1) + "\n"
    (given.output / "unlike_training.json").write_text(twin, "utf-8")
    print(given.output / "unlike_training.md")


if __name__ == "__main__":
    main()
