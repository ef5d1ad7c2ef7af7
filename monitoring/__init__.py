"""What is drawn of the relay's metrics: the dashboards, made here, and the tools to try them.

Beside the product, not in it: `python -m monitoring` writes the dashboards of the chart.
"""
