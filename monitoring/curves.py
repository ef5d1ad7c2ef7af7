"""Panels that recur: rates of counters, quantiles of histograms, single queries."""

from typing import Final

from monitoring.panels import Panel, Query, Unit, panel
from monitoring.queries import INTERVAL

LARGEST: Final = 10


def rate(metric: str, by: str = "", where: str = "") -> str:
    """Return the rate a second of a counter, summed over all processes, or per `by`."""
    grouped = f" by ({by})" if by else ""
    return f"sum{grouped} (rate({metric}{where}[{INTERVAL}]))"


def rates(title: str, says: str, metric: str, by: str, where: str = "") -> Panel:
    """Return a panel with the rate of a counter for each value of the label `by`.

    Of several labels the largest combinations: members by reasons are hundreds, mostly at zero.
    """
    legend = " ".join(f"{{{{{label.strip()}}}}}" for label in by.split(","))
    expr = rate(metric, by, where)
    return panel(title, says, "cps", (f"topk({LARGEST}, {expr})" if "," in by else expr, legend))


def quantiles(title: str, says: str, metric: str, *shares: float) -> Panel:
    """Return a panel with quantiles of a histogram of seconds over all processes."""
    queries = (
        Query(f"histogram_quantile({share}, {rate(f'{metric}_bucket', 'le')})", f"p{share * 100:g}")
        for share in shares
    )
    return Panel(title, says, "s", tuple(queries))


def gauge(title: str, says: str, unit: Unit, expr: str, legend: str) -> Panel:
    """Return a panel with one query that is not a rate."""
    return panel(title, says, unit, (expr, legend))
