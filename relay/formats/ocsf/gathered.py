"""All of the attacker's that a finding holds: whose is what is settled before anything is added."""

from collections.abc import Mapping
from itertools import chain, islice

from relay.formats.fields import number, parts
from relay.formats.harvest import Harvest
from relay.formats.ocsf.evidence import gather
from relay.formats.ocsf.indicators import indicators, vulnerabilities
from relay.formats.ocsf.listed import Listed, add_listed, listed
from relay.formats.ocsf.meaning import Meaning
from relay.formats.ocsf.ratings import HARMLESS
from relay.formats.ocsf.sides import Judged, judge
from relay.formats.ocsf.sinkhole import sinkhole
from relay.formats.ocsf.victims import tenants, victims
from relay.formats.outcome import Source

Fields = Mapping[str, object]

MOST_EVIDENCES = 500
"""Evidences of one finding that are looked at for what may be shared."""

_TELLING = frozenset((
    "src_endpoint", "dst_endpoint", "url", "http_request", "query", "tls", "ja4_fingerprint_list",
    "file", "process", "actor", "script", "email",
))  # fmt: skip
"""What of an evidence may hold something of the attacker's."""


def gathered(event: Fields, info: Fields, meant: Meaning, source: Source) -> Harvest:
    """Return the observables of a finding."""
    # SentinelOne tells the events themselves where others only name them.
    told = (*parts(event, "evidences"), *parts(info, "related_events"))
    evidences = (event, *told)
    seen, called = listed(event, islice(told, MOST_EVIDENCES)), sinkhole(event)
    hidden = {*tenants(event, info), *seen.victims, called.infected}
    hidden.update(chain.from_iterable(map(victims, evidences)))
    harvest = Harvest(source, hidden)
    judged = _judged(evidences, seen, meant, harvest.afresh())
    harvest.hide(_other_ends(judged) - hidden)
    harvest.host(called.host, "infrastructure", role="c2")
    for one in judged:
        gather(one, meant, harvest)
    add_listed(seen, meant, harvest)
    indicators(event, harvest)
    vulnerabilities(event, harvest)
    if not any(one.source or one.destination for one in judged):
        for written in seen.others:
            harvest.address(written, "unknown")
    return harvest


def _judged(
    evidences: tuple[Fields, ...], seen: Listed, meant: Meaning, probe: Harvest
) -> list[Judged]:
    telling = (
        one
        for one in (seen.ends, *evidences)
        if not _TELLING.isdisjoint(one) and number(one, "verdict_id") not in HARMLESS
    )
    return [judge(evidence, meant.intent, probe) for evidence in islice(telling, MOST_EVIDENCES)]


def _other_ends(judged: list[Judged]) -> set[str]:
    """Return what is said of the victims' ends. Of a connection that blames neither end both are
    victims, except one that attacks in another."""
    hit = {written for one in judged if one.attacker for written in one.victims()}
    left_open = {written for one in judged if not one.attacker for written in one.victims()}
    if left_open:
        left_open.difference_update(*(one.attackers() for one in judged))
    return hit | left_open
