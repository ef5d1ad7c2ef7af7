"""The container image: built from a commit by `python -m container`, without an engine.

A Debian without a package manager, the distributions of requirements.lock, the relay's own wheel.
"""
