"""Under which licence something is, as far as it says so itself."""

import re
from contextlib import suppress
from importlib.metadata import PackageMetadata

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

OLDER = {
    "Apache 2": "Apache-2.0",
    "ISC License": "ISC",
    "License :: OSI Approved :: MIT License": "MIT",
}
"""What metadata from before License-Expression says of the distributions in the lock."""


def of_distribution(metadata: PackageMetadata) -> str | None:
    """Return the SPDX expression of a distribution, or None if it does not say one we know."""
    for field in ("License-Expression", "License", "Classifier"):
        for word in metadata.get_all(field) or ():
            with suppress(InvalidLicenseExpression):
                return canonicalize_license_expression(OLDER.get(word, word))
    return None


def of_package(copyright_file: str) -> tuple[str, ...]:
    """Return Debian's short names of a package's licences, sorted.

    None at all if its copyright file is not of the form that machines read (DEP 5).
    """
    if not copyright_file.startswith("Format:"):
        return ()
    return tuple(
        sorted({*re.findall(r"^License:[ \t]*(\S.*?)[ \t]*$", copyright_file, re.MULTILINE)})
    )
