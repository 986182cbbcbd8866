"""What a server is told: where it listens, who may ask, how much it takes, how long it waits."""

import ipaddress

from pydantic import BaseModel, ConfigDict, Field, SecretStr

MIB = 1 << 20

DAY = 24 * 3600.0


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address: 127.0.0.0/8, ::1 or localhost."""
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Settings(BaseModel):
    """The settings of one server; unknown ones are refused.

    Attributes:
        host: the address that is listened on.
        port: of it; 0 for any that is free.
        allowed_hosts: names, in small letters, that the server is asked by beside its address, as a
            proxy in front of it has one; pages of theirs may ask, too.
        token: what a client has to bring; None where anybody may ask.
        max_bytes: of one request's body; a message of a stream may be of 1 MiB, or of this where
            it is less.
        max_seconds: of audio in one request, all its recordings together.
        max_files: recordings in one batch.
        max_looks: windows of one timeline.
        queue: requests that are decoded, judged or wait for it at once; more are told to come back.
        memory: bytes that all requests together may hold, as sent and decoded.
        decoders: processes that decode.
        hearers: threads that judge, each on one core.
        upload_seconds: in which a body has to arrive, at 8 KiB a second or more.
        decode_seconds: in which one recording has to be decoded.
        answer_seconds: in which a request has to be answered once it is there.
        streams: that are open at once.
        idle_seconds: that a stream may say nothing; before its first message 10 s at most.
        stop_seconds: that requests in hand get to end when the server is stopped.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    allowed_hosts: tuple[str, ...] = ()
    token: SecretStr | None = Field(default=None, min_length=1)
    max_bytes: int = Field(default=32 * MIB, ge=1024, le=1024 * MIB)
    max_seconds: float = Field(default=600.0, gt=0, le=DAY)
    max_files: int = Field(default=32, ge=1)
    max_looks: int = Field(default=2400, ge=1)
    queue: int = Field(default=64, ge=1)
    memory: int = Field(default=512 * MIB, ge=1024)
    decoders: int = Field(default=2, ge=1)
    hearers: int = Field(default=2, ge=1)
    upload_seconds: float = Field(default=30.0, gt=0, le=DAY)
    decode_seconds: float = Field(default=10.0, gt=0, le=DAY)
    answer_seconds: float = Field(default=60.0, gt=0, le=DAY)
    streams: int = Field(default=16, ge=0)
    idle_seconds: float = Field(default=30.0, gt=0, le=DAY)
    stop_seconds: float = Field(default=30.0, ge=0, le=DAY)

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach the server."""
        return is_loopback(self.host)
