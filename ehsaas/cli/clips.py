"""A folder of recordings → clips that something can be heard in; the others are named."""

from pathlib import Path
from typing import TYPE_CHECKING

from ehsaas.cli import terminal

if TYPE_CHECKING:
    from ehsaas.audio import Clip


def clips_of(
    folder: Path, option: str, most: int | None = None, end: float | None = None
) -> "tuple[list[Clip], int]":
    """Clips of the recordings in a folder, and how many recordings could not be used.

    Args:
        folder: searched with all it holds.
        option: what the user gave the folder as, for messages.
        most: as many recordings at most, evenly drawn from the folder; all where None.
        end: seconds behind which a recording is not read; all of it where None.

    Raises:
        UsageError: there is no folder, or no recording that can be used.
    """
    from ehsaas import audio
    from ehsaas.judging import SHORTEST
    from ehsaas.judging.stretches import Stretch

    found = audio.recordings_in(folder) if folder.is_dir() else []
    if not found:
        raise terminal.UsageError(f"{option} {folder}: expected a folder of recordings")
    if most is not None:
        found = [found[i * len(found) // most] for i in range(most)] if most < len(found) else found
    clips, left_out = [], 0
    for path in (folder / name for name in found):
        try:
            clip = audio.read(path, end=end)
        except (audio.AudioError, OSError) as error:
            message = str(error)
            terminal.say(message if message.startswith(str(path)) else f"{path}: {message}")
            left_out += 1
            continue
        if Stretch(clip).sounds:
            clips.append(clip)
        else:
            terminal.say(f"{path}: left out; silent, or shorter than {SHORTEST:g} s")
            left_out += 1
    if not clips:
        raise terminal.UsageError(f"{option} {folder}: no recording of it can be used")
    return clips, left_out
