"""Why there is no image."""


class BuildError(Exception):
    """A step failed; says which, and how it ended."""
