"""The programs that judge the chart: pinned, built from source, kept in the user's cache.

Each is a Go module of its own in `tools/go`, so that what one rests on moves no other.
"""
