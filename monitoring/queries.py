"""Queries in Prometheus' language: parsed, and read for the metrics they name."""

import re
from collections.abc import Iterator
from typing import Final

import promql_parser
from promql_parser import Expr, VectorSelector

INTERVAL: Final = "$__rate_interval"
"""Grafana's own variable: at least four scrapes, wider where the picture is coarser."""

SERIES: Final = re.compile(r"_(?:bucket|count|sum)$")


def closed(query: str, interval: str = "5m") -> str:
    """Return a query with Grafana's variable replaced, as Prometheus takes it."""
    return query.replace(INTERVAL, interval)


def names(query: str) -> set[str]:
    """Return the metrics a query names. Raises ValueError where it is no query."""
    found: set[str] = set()

    def visit(expression: Expr) -> None:
        if isinstance(expression, VectorSelector) and expression.name is not None:
            found.add(expression.name)

    promql_parser.walk(promql_parser.parse(closed(query)), visit)
    return found


def families(query: str, histograms: set[str]) -> Iterator[str]:
    """Yield the metrics a query names, a histogram by its own name whichever series is meant."""
    for name in names(query):
        short = SERIES.sub("", name)
        yield short if short in histograms else name
