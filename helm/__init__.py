"""The chart, and what of it is made from the relay's own settings.

Beside the product, not in it: `python -m helm` writes the schema of the chart's values.
"""
