"""What a server counts and how long things take → Prometheus text. No audio, no names of files."""

from collections.abc import Callable

try:
    from prometheus_client import (
        CollectorRegistry,
        Counter,
        Gauge,
        Histogram,
        ProcessCollector,
        generate_latest,
    )
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "prometheus_client is not installed: pip install 'ehsaas[serve]'", name=error.name
    ) from error

TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60)


class Metrics:
    """The figures of one server."""

    def __init__(self) -> None:
        registry = CollectorRegistry()
        self._registry = registry
        ProcessCollector(registry=registry)
        self.requests = Counter(
            "ehsaas_requests",
            "Requests answered, by route and status; 499 for a client that left.",
            ("route", "status"),
            registry=registry,
        )
        self.seconds = Histogram(
            "ehsaas_request_seconds",
            "From a request's first byte to its answer.",
            ("route",),
            buckets=_SECONDS,
            registry=registry,
        )
        self.decoding = Histogram(
            "ehsaas_decoding_seconds",
            "Waiting for a decoder, and decoding.",
            buckets=_SECONDS,
            registry=registry,
        )
        self.together = Histogram(
            "ehsaas_heard_together",
            "Clips that a model heard at once.",
            buckets=(1, 2, 4, 8, 16),
            registry=registry,
        )
        self.hearing = Histogram(
            "ehsaas_hearing_seconds",
            "A model's work on what it heard at once.",
            buckets=_SECONDS,
            registry=registry,
        )
        self.audio = Counter(
            "ehsaas_audio_seconds", "Seconds of audio that were judged.", registry=registry
        )
        self.streams = Gauge("ehsaas_streams", "Streams that are open.", registry=registry)

    def gauge(self, name: str, text: str, value: Callable[[], float]) -> None:
        """Also tell what `value` gives when it is asked for."""
        Gauge(f"ehsaas_{name}", text, registry=self._registry).set_function(value)

    def heard(self, together: int, seconds: float) -> None:
        """Some clips were heard at once."""
        self.together.observe(together)
        self.hearing.observe(seconds)

    def answered(self, route: str, status: int, seconds: float) -> None:
        """A request was answered."""
        self.requests.labels(route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """All of them, in the format of `TYPE`."""
        return generate_latest(self._registry)
