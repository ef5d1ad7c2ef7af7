"""From a detection to its alert and back, through a real broker to a real collector."""

import asyncio
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from relay.broker import Spec
from relay.model.trace import derived
from tests.broker.conftest import ClusterIn
from tests.broker.test_command_line import Deployment, about, detection, until
from tests.unit.telemetry.collector import Collector, Taken, collecting

pytestmark = pytest.mark.broker

VALUE, OTHER_VALUE = "203.0.113.50", "203.0.113.51"
PLANTED = "planted-5a1e"
TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
AWAY = "http://127.0.0.1:1"


class TracedDeployment(Deployment):
    """A deployment whose relay is told of a collector, each time anew."""

    def __init__(self, place: Path, bootstrap: str) -> None:
        super().__init__(place, bootstrap)
        register = (place / "members.yaml").read_text()
        (place / "members.yaml").write_text(re.sub("name: [^,]*", f"name: {PLANTED}", register))
        (place / "key-secret").write_text(f"{PLANTED} is the secret here")

    @contextmanager
    def traced(self, endpoint: str) -> Iterator[None]:
        """Run the relay with spans sent to `endpoint`; its log begins anew."""
        (self.place / "relay.log").unlink(missing_ok=True)
        self.environ["RELAY_TRACES__ENDPOINT"] = endpoint
        with self.running():
            yield

    def logged(self) -> list[dict[str, Any]]:
        """What the relay has logged, as objects."""
        return [json.loads(line) for line in (self.place / "relay.log").read_text().splitlines()]

    def emit(self, member: str, value: str, *words: str) -> str:
        """Report an address; what the command says on standard error."""
        body = detection(member, value).replace('"title": "t"', f'"title": "{PLANTED}"')
        emitted = self.relay("emit", "-m", member, "--allow-documentation", *words, given=body)
        assert emitted.returncode == 0, emitted.stderr
        return emitted.stderr

    def written(self, topic: str) -> list[Any]:
        """The records of a topic, as aiokafka gives them."""
        return asyncio.run(_all(self.environ["RELAY_KAFKA__BOOTSTRAP"], topic))


@pytest.fixture(scope="module")
def deployment(
    cluster_in: ClusterIn, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TracedDeployment]:
    """A provisioned deployment with texts in its register and secret that nobody may see."""
    place = tmp_path_factory.mktemp("deployment")
    with cluster_in(place / "kafka", Spec()) as cluster:
        made = TracedDeployment(place, cluster.bootstrap)
        assert made.relay("provision", "--settings", "relay.yaml", "--yes").returncode == 0
        yield made


async def _all(bootstrap: str, topic: str) -> list[Any]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        places = [TopicPartition(topic, n) for n in await consumer._client._wait_on_metadata(topic)]
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        found: list[Any] = []
        while any([await consumer.position(place) < ends[place] for place in places]):
            got = await consumer.getmany(timeout_ms=200)
            found += [record for records in got.values() for record in records]
        return found
    finally:
        await consumer.stop()


async def _report(bootstrap: str, member: str, body: str, headers: dict[str, str]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap) as producer:
        named = [(name, content.encode()) for name, content in headers.items()]
        await producer.send_and_wait(f"detections.{member}", body.encode(), headers=named)


def led_to(collector: Collector, trace: str) -> list[str]:
    """The traces of alerts that the spans of a detection's trace link to."""
    own = [span for span in collector.spans if span.trace == trace]
    return [linked for span in own if span.name == "told" for linked, _ in span.links]


def above(collector: Collector, span: Taken) -> str:
    """The name of a span's parent, if it has arrived."""
    same = [s for s in collector.spans if (s.trace, s.span) == (span.trace, span.parent)]
    return same[0].name if same else ""


@dataclass(frozen=True, slots=True)
class Story:
    """A detection of ee that was traced, one of the same address by de that was not."""

    trace: str
    collector: Collector
    log: list[dict[str, Any]]
    alerts: list[Any]

    @property
    def names(self) -> list[str]:
        """What the revisions that fr read are called."""
        return [dict(record.headers)["ce_id"].decode() for record in self.alerts]


@pytest.fixture(scope="module")
def story(deployment: TracedDeployment) -> Story:
    """Let it happen, and end the relay."""
    with collecting() as collector, deployment.traced(collector.endpoint):
        said = deployment.emit("ee", VALUE, "--trace")
        until(lambda: len(about(deployment.followed("fr"), VALUE)) == 1)
        deployment.emit("de", VALUE)
        until(lambda: len(about(deployment.followed("fr"), VALUE)) == 2)
        deployment.emit("de", OTHER_VALUE)
        until(lambda: len(about(deployment.followed("fr"), OTHER_VALUE)) == 1)
    found = re.search(r"^record 1: detection \S+ has trace ([0-9a-f]{32})$", said, re.M)
    assert found is not None, said
    alerts = [
        record for record in deployment.written("alerts.fr") if VALUE.encode() in record.value
    ]
    return Story(found[1], collector, deployment.logged(), alerts)


def test_a_detection_leads_to_its_alerts(story: Story) -> None:
    """Its trace goes from ingest to the lane, and links to the trace of every revision: also of
    the one that another member's detection, which is not traced, brought about."""
    (ingest,), (correlate,) = story.collector.of("ingest"), story.collector.of("correlate")

    assert (ingest.trace, above(story.collector, ingest)) == (story.trace, "")
    assert ingest.parent
    assert (correlate.trace, above(story.collector, correlate)) == (story.trace, "ingest")
    assert ingest.start <= correlate.start <= correlate.end
    assert len(story.names) == 2
    assert {derived(name).trace for name in story.names} <= set(
        led_to(story.collector, story.trace)
    )
    states = {span.attributes["relay.alert.state"] for span in story.collector.of("told")}
    assert states == {"early-warning", "cross-border"}


def test_an_alert_leads_back_to_its_detection(story: Story) -> None:
    """The trace of the header that a member reads holds the alert's span, with the link."""
    for record, name in zip(story.alerts, story.names, strict=True):
        assert dict(record.headers)["traceparent"] == derived(name).header()
        spans = [span for span in story.collector.of("alert") if span.trace == derived(name).trace]
        assert spans[0].span == derived(name).span
        assert {linked for span in spans for linked, _ in span.links} == {story.trace}


def test_the_log_leads_there_and_back_without_a_collector(story: Story) -> None:
    """A line for the detection, one for each revision, each with the trace of the other."""
    (taken,) = [line for line in story.log if line["msg"] == "detection traced"]
    told = [line for line in story.log if line["msg"] == "alert traced"]

    assert (taken["trace"], taken["member"], taken["sightings"]) == (story.trace, "ee", 1)
    assert {line["trace"] for line in told} >= {derived(name).trace for name in story.names}
    assert {line["evidence"] for line in told} == {story.trace}


def test_a_member_s_trace_reaches_no_member(story: Story, deployment: TracedDeployment) -> None:
    """Neither alerts nor rejections nor the state hold it, in no key, value or header."""
    for topic in ("alerts.fr", "alerts.de", "alerts.ee", "rejected.ee", "relay.state"):
        for record in deployment.written(topic):
            parts = (record.key, record.value, *(content for _, content in record.headers))
            assert not any(story.trace.encode() in part for part in parts if part), topic


def test_nothing_of_a_detection_is_exported(story: Story) -> None:
    """No value, title, name or secret is in what was sent, nor in what was logged."""
    sent = b"".join(story.collector.bodies) + json.dumps(story.log).encode()

    assert story.trace.encode() in sent
    for planted in (VALUE, OTHER_VALUE, PLANTED, "intrusion-attempts", "203.0.113"):
        assert planted.encode() not in sent


def test_a_siem_s_own_trace_is_continued(deployment: TracedDeployment) -> None:
    """Its span is the parent of ours, refused or taken; what else it sends is not looked at."""
    bootstrap = deployment.environ["RELAY_KAFKA__BOOTSTRAP"]
    headers = {
        "traceparent": f"00-{TRACE}-{PARENT}-01",
        "tracestate": f"vendor={PLANTED}",
        "baggage": f"userId={PLANTED}",
    }
    crafted = {"traceparent": f"00-{TRACE[::-1]}-{PARENT}-01;{PLANTED}", "baggage": PLANTED}
    body = detection("ee", "203.0.113.60")
    with collecting() as collector, deployment.traced(collector.endpoint):
        asyncio.run(_report(bootstrap, "ee", body, headers))
        asyncio.run(_report(bootstrap, "ee", PLANTED, headers))
        asyncio.run(_report(bootstrap, "ee", detection("ee", "203.0.113.61"), crafted))
        until(lambda: len(about(deployment.followed("fr"), "203.0.113.61")) == 1)

    taken, refused = collector.of("ingest")
    assert {(span.trace, span.parent) for span in (taken, refused)} == {(TRACE, PARENT)}
    assert taken.attributes["relay.sightings"] == 1
    assert refused.attributes["relay.rejections"] == "not-json"
    assert len(led_to(collector, TRACE)) >= 1
    assert PLANTED.encode() not in b"".join(collector.bodies)
    carried = {
        name: content
        for record in deployment.written("relay.sightings")
        for name, content in record.headers
    }
    assert set(carried) == {"traceparent"}


def test_a_collector_that_is_away_changes_nothing(deployment: TracedDeployment) -> None:
    """Members are warned, the relay ends as quickly, one line tells of it, and the loss is
    counted."""
    deployment.environ["RELAY_TRACES__RATIO"] = "1"
    try:
        with deployment.traced(AWAY):
            for number in range(70, 90):
                deployment.emit("ee", f"203.0.113.{number}")
            until(lambda: len(about(deployment.followed("fr"), "203.0.113.89")) == 1)
            until(lambda: not re.search(r"relay_spans_refused_total 0\.0", _page(deployment)))
            page = _page(deployment)
            ready, _ = deployment.page("/readyz")
    finally:
        del deployment.environ["RELAY_TRACES__RATIO"]

    assert ready == 200
    assert re.search(r"^relay_spans_sent_total 0\.0$", page, re.M)
    log = deployment.logged()
    assert [line["level"] for line in log if line["msg"] == "traces not sent"] == ["warning"]
    assert not any("opentelemetry" in line.get("logger", "") for line in log)
    assert log[-1]["msg"] == "stopped"


def _page(deployment: Deployment) -> str:
    return deployment.page("/metrics")[1]


def test_a_collector_without_the_extra_is_refused(deployment: TracedDeployment) -> None:
    """`check` and `run` name the extra and end with code 3, before anything is connected."""
    hidden = deployment.place / "hidden"
    (hidden / "opentelemetry").mkdir(parents=True)
    (hidden / "opentelemetry" / "__init__.py").write_text("raise ImportError('not there')\n")
    environ = dict(deployment.environ)
    deployment.environ |= {"RELAY_TRACES__ENDPOINT": AWAY, "PYTHONPATH": str(hidden)}
    try:
        checked = deployment.relay("check", "--settings", "relay.yaml")
        ran = deployment.relay("run", "--settings", "relay.yaml")
    finally:
        deployment.environ.clear()
        deployment.environ.update(environ)

    assert (checked.returncode, ran.returncode) == (3, 3)
    for said in (checked, ran):
        assert said.stderr == "traces.endpoint: needs the extra otel: pip install 'relay[otel]'\n"
