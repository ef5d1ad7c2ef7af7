"""The official STIX tools, imported so that they run under this project's strict warnings.

stix2-validator imports `CPE` from the package `cpe` for one check of the `cpe` property of
software objects. That package has no wheel and is left out (`requirements.overrides`); the relay
writes no software objects, so a stand-in that finds no fault is enough.
"""

import sys
import warnings
from types import ModuleType


class CPE:
    """Stands in for `cpe.CPE`: takes any name."""

    def __init__(self, name: str) -> None:
        self.name = name


_stand_in = ModuleType("cpe")
_stand_in.CPE = CPE  # type: ignore[attr-defined]
sys.modules.setdefault("cpe", _stand_in)

with warnings.catch_warnings():
    # ANTLR's runtime and the validators import parts of the standard library that are going away.
    warnings.simplefilter("ignore", DeprecationWarning)
    import stix2 as stix2
    from stix2patterns.v21.pattern import Pattern as Pattern
    from stix2validator import ValidationOptions as ValidationOptions
    from stix2validator import validate_string as validate_string
