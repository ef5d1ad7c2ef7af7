"""Where spans are sent, and of how many records."""

import pytest

from relay.settings import SettingsError, load_settings

WRONG = "must be http:// or https://, a host, and at most a port and a path"


def endpoint(text: str) -> str | None:
    """The collector that a variable names."""
    return load_settings(None, {"RELAY_TRACES__ENDPOINT": text}).traces.endpoint


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ("http://collector", "http://collector/v1/traces"),
        ("http://collector:4318/", "http://collector:4318/v1/traces"),
        (
            "https://collector.example.eu/otlp/v1/traces",
            "https://collector.example.eu/otlp/v1/traces",
        ),
        ("http://[::1]:4318", "http://[::1]:4318/v1/traces"),
        ("http://127.0.0.1:4318/x", "http://127.0.0.1:4318/x"),
    ],
)
def test_a_collector_has_a_path_or_gets_the_usual_one(given: str, taken: str) -> None:
    """Collectors take traces at /v1/traces unless somebody put them elsewhere."""
    assert endpoint(given) == taken


@pytest.mark.parametrize(
    "given",
    [
        "collector:4318",
        "grpc://collector:4317",
        "http://collector:0",
        "http://collector:65536",
        "http://user:planted@collector",
        "http://collector/v1/traces?key=planted",
        "http://collector/#planted",
        "http:///v1/traces",
        "http://col lector",
        "http://collector\n",
        "http://" + "c" * 254,
    ],
)
def test_anything_else_is_refused_and_not_shown(given: str) -> None:
    """A password in an address is refused, and is in no message."""
    with pytest.raises(SettingsError) as refused:
        endpoint(given)

    assert str(refused.value) == f"RELAY_TRACES__ENDPOINT: traces.endpoint: {WRONG}"


def test_without_a_word_nothing_is_sent() -> None:
    """No collector, and no share beside what is asked for; a share is kept exactly."""
    traces = load_settings(None, {}).traces

    assert (traces.endpoint, traces.ratio) == (None, 0)
    assert load_settings(None, {"RELAY_TRACES__RATIO": "0.01"}).traces.ratio == 10_000
