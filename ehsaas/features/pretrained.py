"""Settings that name a pretrained encoder; where it lies on this machine is not written with them.

The name stays as it was given, so what a run writes of its configuration says nothing of the
machine. A recogniser, which must find the encoder again, names it relative to its own folder.
"""

import os
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, PrivateAttr

from ehsaas.models.encoders import located

HELD = "the weights of the layers that are used are held"
NOT_HELD = "its weights are not held"
"""Of a frozen encoder: in a model file, and in a recogniser's folder."""


class PretrainedConfig(BaseModel):
    """Which pretrained encoder.

    Who writes a configuration gives no `sha256`; `found` of the subclasses fills it in.

    Attributes:
        encoder: the folder or the Hub name of the checkpoint.
        sha256: digest of its weights, and of its tokenizer if it has one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    encoder: str
    sha256: str | None = None
    _folder: str | None = PrivateAttr(default=None)

    @property
    def where(self) -> str:
        """The folder where it was found; before that, the name as it was given."""
        return self._folder or self.encoder

    def at(self, where: str, **known: Any) -> Self:
        """These settings with the place of the encoder, and what is known of it."""
        placed = self.model_copy(update=known)
        placed._folder = where if where != self.encoder else None
        return placed

    def seen_from(self, folder: Path) -> Self:
        """These settings for a file in `folder`: the encoder's own is named relative to that."""
        if not Path(self.where).is_dir():
            return self
        try:
            name = os.path.relpath(Path(self.where).resolve(), folder.resolve())
        except ValueError:  # another drive
            return self
        return self.model_copy(update={"encoder": name})

    def beside(self, folder: Path) -> Self:
        """What `seen_from` gave, as read from a file in `folder`."""
        return self.at(located(self.encoder, folder))
