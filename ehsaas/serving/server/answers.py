"""The shapes of what is asked and answered, as OpenAPI tells them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ehsaas.judging import LONGEST, LOOK, STEP

Name = Annotated[str, Field(max_length=255)]


class Asked(BaseModel):
    """What is to be told of recordings, by the query of a request."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: Name | None = Field(
        default=None, description="A name of `/v1/models`; the first by default."
    )
    timeline: bool = Field(False, description="Segments: who sounds how from when to when.")
    window: float = Field(
        LOOK, ge=0.1, le=LONGEST, description="Seconds that a timeline looks at at once."
    )
    hop: float = Field(STEP, ge=0.05, le=LONGEST, description="Seconds from look to look.")
    coverage: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="Sets of emotions that hold the true one with this probability; where a set"
        " holds several the emotion is “not sure”.",
    )
    language: str | None = Field(
        None,
        pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$",
        max_length=35,
        description="What is spoken (BCP-47), e.g. `ks`; a warning says where the model never"
        " heard it.",
    )

    @model_validator(mode="after")
    def _looks_overlap(self) -> "Asked":
        if self.timeline and self.hop > self.window:
            raise ValueError(
                f"hop {self.hop:g} is longer than window {self.window:g}: what lies between would"
                " not be looked at"
            )
        return self


class AskedOfOne(Asked):
    """Also how raw samples (`audio/pcm`) are written."""

    rate: int = Field(16000, ge=4000, le=192_000, description="Of `audio/pcm`, in Hz.")
    encoding: Literal["s16le", "f32le"] = Field("s16le", description="Of `audio/pcm`.")
    channels: int = Field(1, ge=1, le=16, description="Of `audio/pcm`.")


class Said(BaseModel):
    """What was recognised in one stretch of audio: `ehsaas.Estimate`."""

    emotion: str = Field(description="A class of the model, “not sure” or “no speech”.")
    probabilities: dict[str, float] = Field(description="One a class, summing to 1.")
    prediction_set: list[str]
    arousal: float | None = Field(ge=-1, le=1, description="Null where the model says none.")
    valence: float | None = Field(ge=-1, le=1, description="Null where the model says none.")
    start: float = Field(description="In seconds.")
    end: float = Field(description="In seconds.")
    attention: list[float] | None = Field(description="One weight a frame, summing to 1.")
    statistics: str
    warnings: list[str]
    model: str
    version: str
    path: None
    extra: dict[str, Any]


class Answer(BaseModel):
    """What was recognised in a recording: one estimate, or one a segment and one of it `whole`."""

    model: str
    duration: float = Field(description="In seconds.")
    estimates: list[Said]
    whole: Said | None = Field(default=None, description="With `timeline` only.")


class Judged(BaseModel):
    """What was recognised in one of several recordings."""

    name: str | None
    duration: float
    estimates: list[Said]
    whole: Said | None = Field(default=None, description="With `timeline` only.")


class Failed(BaseModel):
    """Why one of several recordings has no answer."""

    name: str | None
    error: str
    status: int = Field(description="That it would have had alone; 429 and 504 may be tried again.")


class Answers(BaseModel):
    """What was recognised in several recordings, in their order."""

    model: str
    results: list[Judged | Failed]


class Listed(BaseModel):
    """What is known of a model."""

    name: str
    version: str
    model: str = Field(description="What kind of network it is.")
    classes: list[str]
    languages: list[str]
    corpora: list[str]
    licence: str | None
    precision: str
    sha256: str | None = Field(description="Of the graph in its file.")
    bytes: int | None = Field(description="Of its file.")
    hop_ms: float | None = Field(description="From one weight of the attention to the next.")
    calibrated: bool = Field(description="Whether it can be asked for `coverage`.")
    standardises: bool
    trained_on: str


class Described(Listed):
    """Also the whole card of its file, arrays as base64 of little-endian float32."""

    card: dict[str, Any] | None


class Health(BaseModel):
    """That the server is there."""

    status: Literal["ok"]


_SAID: dict[str, Any] = {
    "emotion": "anger",
    "probabilities": {"anger": 0.81, "happiness": 0.12, "neutral": 0.05, "sadness": 0.02},
    "prediction_set": [],
    "arousal": 0.6,
    "valence": -0.5,
    "start": 0.0,
    "end": 2.4,
    "attention": None,
    "statistics": "source",
    "warnings": [],
    "model": "ehsaas",
    "version": "1",
    "path": None,
    "extra": {"distance": 0.9},
}
_LISTED = {
    "name": "whisper",
    "version": "1",
    "model": "finetuned-speech",
    "classes": ["anger", "happiness", "neutral", "sadness"],
    "languages": ["de", "ur"],
    "corpora": ["emodb", "urdu"],
    "licence": None,
    "precision": "float32",
    "sha256": "0" * 64,
    "bytes": 15_400_000,
    "hop_ms": 20.0,
    "calibrated": True,
    "standardises": False,
    "trained_on": "what the model was trained on (emodb, urdu; languages de, ur)",
}
ANSWER = {"model": "whisper", "duration": 2.4, "estimates": [_SAID]}
ANSWERS = {
    "model": "whisper",
    "results": [
        {"name": "a.wav", "duration": 2.4, "estimates": [_SAID]},
        {"name": "b.txt", "error": "the recording: not audio that can be read", "status": 422},
    ],
}
MODELS = [_LISTED]
MODEL = _LISTED | {"card": {"format": 2, "name": "ehsaas", "classes": _LISTED["classes"]}}
"""Examples."""
