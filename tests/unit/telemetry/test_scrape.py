import asyncio

from relay.model.outcome import Joined
from relay.telemetry import Health, Metrics, serve
from relay.telemetry import Pages as Served
from relay.telemetry.scrape import Checked, Pages, pages, series

KNOWN = {"ee", "detections.ee"}


def asked(served: Served) -> Pages:
    """What is read from the pages of a relay that serves."""

    async def ask() -> Pages:
        async with serve("127.0.0.1", 0, served) as port:
            return await asyncio.to_thread(pages, "127.0.0.1", port, KNOWN)

    return asyncio.run(ask())


def test_what_a_relay_serves_is_read() -> None:
    """Verdicts, checks and numbers that are not zero come over as they were."""
    metrics = Metrics(("ee",), "1.2.3")
    metrics.observe(Joined("ee", 0))
    checks = {"draining": False, "correlate_owned": 2, "correlate_ready": 1}
    found = asked(Served(metrics, lambda: Health(ok=True), lambda: Health(ok=False, checks=checks)))

    assert found.live == Checked(ok=True)
    assert found.ready == Checked(ok=False, checks=checks)
    assert found.total("relay_sightings_joined_total") == 1
    assert found.total("relay_build_info") == 1


def test_nobody_there_is_an_answer() -> None:
    """Where nothing listens, each page is None."""
    assert pages("127.0.0.1", 1, KNOWN) == Pages(None, None, None)


def test_a_strangers_words_are_not_taken() -> None:
    """Of a page that is not the relay's, no unknown name, label or value comes over."""
    text = (
        b'relay_detections_accepted_total{member="evil.example",secret="planted"} 3.0\n'
        b'planted_total{member="ee"} 4.0\n'
        b'relay_lag_records{stage="ingest",topic="detections.ee",partition="0"} 5.0\n'
        b"relay_ready planted\n"
    )
    found = [(each.name, dict(each.labels), each.value) for each in series(text, KNOWN)]

    assert found == [
        ("relay_detections_accepted_total", {"member": "other"}, 3.0),
        (
            "relay_lag_records",
            {"stage": "ingest", "topic": "detections.ee", "partition": "0"},
            5.0,
        ),
    ]
