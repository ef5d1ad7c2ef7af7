"""For how long members have left alerts unread, by what their consumer groups commit. Pure.

A group that is at the end of the log is not told from one that is not by the log's end: behind the
last alert stand markers of transactions and aborted records, which no reader is given. So what
counts is where the last alert ends, which who wrote it knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from relay.kafka.clients import Partition
from relay.model.detection import MemberId

Group = str
Committed = Mapping[Group, Mapping[Partition, int]]


@dataclass(frozen=True, slots=True)
class Mark:
    """A group in a partition: its offset, and when (s) it last had nothing to read or moved on."""

    offset: int
    since: float


Marks = Mapping[tuple[Group, Partition], Mark]


def marked(
    before: Marks, now: float, committed: Committed, ends: Mapping[Partition, int]
) -> dict[tuple[Group, Partition], Mark]:
    """Return the marks of a look at `now`, given those of the look before.

    `ends` says where the last alert of each partition ends; 0 where none is known.
    """
    marks: dict[tuple[Group, Partition], Mark] = {}
    for group, offsets in committed.items():
        for place, offset in offsets.items():
            former = before.get((group, place))
            waits = former is not None and offset == former.offset < ends.get(place, 0)
            since = former.since if former is not None and waits else now
            marks[group, place] = Mark(offset, since)
    return marks


def unread(marks: Marks, now: float) -> dict[MemberId, float]:
    """Return for how many seconds each member has left something unread; 0: it has not.

    A group waits as long as the partition that waits longest; a member as long as the group that
    is the furthest: one that nobody uses any more is no reader.
    """
    groups: dict[Group, float] = {}
    for (group, _), mark in marks.items():
        groups[group] = max(groups.get(group, 0.0), now - mark.since)
    members: dict[MemberId, float] = {}
    for group, seconds in groups.items():
        member = group.partition(".")[0]
        members[member] = min(members.get(member, seconds), seconds)
    return members
