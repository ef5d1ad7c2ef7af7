"""All dashboards."""

from typing import Final

from monitoring.correlation import CORRELATION
from monitoring.kafka import KAFKA
from monitoring.members import MEMBERS
from monitoring.overview import OVERVIEW

DASHBOARDS: Final = (OVERVIEW, MEMBERS, CORRELATION, KAFKA)
