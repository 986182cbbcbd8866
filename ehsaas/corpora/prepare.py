"""The name of a corpus and its folder → its utterance table, and what could not be used and why."""

from difflib import get_close_matches
from pathlib import Path

from ehsaas.audio import recordings_in
from ehsaas.corpora import CORPORA
from ehsaas.corpora.card import Card, Corpus, CorpusError, UnusedError
from ehsaas.corpora.manifest import Manifest, from_manifest
from ehsaas.corpora.measure import Found, Prepared, Progress, Unused, measure

__all__ = ["CorpusError", "Manifest", "Prepared", "Progress", "prepare"]


def prepare(
    name: str,
    folder: Path,
    *,
    manifest: Manifest | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Prepared:
    """The utterance table of the corpus `name`, whose recordings lie under `folder`.

    Every recording is decoded once, for its duration, source rate and digest. Files that look like
    audio but are no part of the corpus, or cannot be read, are listed in `Prepared.unused`.

    Args:
        name: a key of `CORPORA`; with `manifest`, the name that your own corpus gets.
        folder: the corpus's folder; with `manifest`, a CSV or Parquet file, or a folder with one
            folder an emotion.
        manifest: how to read a corpus that `CORPORA` does not know.
        workers: threads; None = one a core.
        progress: called with (files done, files in all).

    Raises:
        CorpusError: the corpus is unknown, or the folder is missing or holds none of it.
    """
    if manifest is not None:
        if name in CORPORA:
            raise CorpusError(f"{name!r} is a corpus known here; give your own another name")
        return from_manifest(name, folder, manifest, workers, progress)
    if name not in CORPORA:
        near = get_close_matches(name, CORPORA, 1, 0.5)
        raise CorpusError(
            f"no corpus {name!r}{f'; did you mean {near[0]!r}?' if near else ''}"
            f" (known: {', '.join(CORPORA)}); your own recordings come in through a manifest"
        )
    corpus, unused = CORPORA[name], Unused()
    if not folder.is_dir():
        what = "a file" if folder.exists() else "no such folder"
        raise CorpusError(f"{folder}: {what}; {name} expects a folder with {corpus.card.layout}")
    rows = _parsed(corpus, folder, unused)
    if not rows:
        raise CorpusError(
            f"{folder}: none of its {len(unused.rows)} audio files is of {name}, whose files are"
            f" laid out like {corpus.card.layout}. {unused.reasons()}".rstrip()
        )
    prepared = measure(name, folder, rows, unused, workers, progress)
    notes = (*prepared.notes, *_against_card(corpus.card, len(prepared.table)))
    return Prepared(prepared.table, prepared.unused, notes)


def _parsed(corpus: Corpus, folder: Path, unused: Unused) -> list[Found]:
    """One row a file that the corpus knows; the others go to `unused` with the reason."""
    card, texts = corpus.card, corpus.texts(folder)
    rows: dict[str, Found] = {}
    for path in recordings_in(folder):
        try:
            row: Found = {"id": path.stem, "path": str(path), "language": card.language}
            row |= corpus.parse(path)
        except UnusedError as error:
            unused.add(path, str(error))
            continue
        code = str(row["native_emotion"])
        if code not in card.labels:
            known = ", ".join(card.labels)
            unused.add(path, f"unknown emotion code {code!r}; known codes are {known}")
        elif path.stem in rows:
            unused.add(path, f"{rows[path.stem]['path']} has the same name and is used")
        else:
            row["emotion"] = card.labels[code]
            row.setdefault("text", texts.get(path.stem))
            rows[path.stem] = row
    return list(rows.values())


def _against_card(card: Card, count: int) -> list[str]:
    if card.utterances in (None, count):
        return []
    return [f"{card.name} as published has {card.utterances} utterances; {count} are here"]
