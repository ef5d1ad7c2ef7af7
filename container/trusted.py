"""Archives whose maker is trusted: git, Debian's signed packages, or the build itself."""

import tarfile


def _as_it_is(member: tarfile.TarInfo, place: str) -> tarfile.TarInfo:
    del place
    return member


class Trusted(tarfile.TarFile):
    """Extracts what is there, owners, modes and links included.

    The argument `filter`, which says so elsewhere, came with Python 3.11.4; Debian 12 has 3.11.2.
    """

    extraction_filter = staticmethod(_as_it_is)
