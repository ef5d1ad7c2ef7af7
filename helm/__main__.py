"""`python -m helm`: write the schema of the chart's values."""

from pathlib import Path
from typing import Final

import yaml

from helm.values import schema
from relay.wire.schema import text

FRAME: Final = Path(__file__).with_name("values.schema.yaml")
PLACE: Final = Path(__file__).with_name("relay") / "values.schema.json"


def made() -> bytes:
    """Return what belongs into the file."""
    return text(schema(yaml.safe_load(FRAME.read_text(encoding="utf-8"))))


if __name__ == "__main__":
    PLACE.write_bytes(made())
