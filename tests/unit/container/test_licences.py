from email import message_from_string
from importlib.metadata import PackageMetadata
from typing import cast

import pytest

from container.licences import of_distribution, of_package


@pytest.mark.parametrize(
    ("metadata", "expression"),
    [
        ("License-Expression: mit or apache-2.0", "MIT OR Apache-2.0"),
        ("License-Expression: MIT\nLicense: ISC", "MIT"),
        ("License: Apache 2", "Apache-2.0"),
        ("Classifier: Typing :: Typed\nClassifier: License :: OSI Approved :: MIT License", "MIT"),
        ("License: see the file", None),
        ("Name: x", None),
    ],
)
def test_a_distribution_says_its_licence(metadata: str, expression: str | None) -> None:
    """The expression if there is one, else what older metadata says, else nothing is assumed."""
    message = cast(PackageMetadata, message_from_string(f"{metadata}\n\n"))

    assert of_distribution(message) == expression


def test_a_package_has_the_licences_of_its_files() -> None:
    """Short names of Debian's machine-readable form, each once; no guess at another form."""
    text = "Format: dep5\n\nFiles: *\nLicense: GPL-2+\n text\n\nFiles: x\nLicense: Expat\n\n"

    assert of_package(text + "Files: y\nLicense: GPL-2+\n") == ("Expat", "GPL-2+")
    assert of_package("This package was put together by somebody.\nLicense: MIT\n") == ()
