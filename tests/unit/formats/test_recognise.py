from pathlib import Path
from typing import Any

import orjson
import pytest

from relay.formats.recognise import NAMES, recognise, seems
from relay.model.vocabulary import FORMATS, Format

EXAMPLES = Path(__file__).parents[3] / "examples/formats"


@pytest.mark.parametrize("form", FORMATS)
def test_who_refuses_a_record_does_not_name_itself(form: Format) -> None:
    """A record that is nearly one of a format is told to look like others only."""
    record: Any = orjson.loads((EXAMPLES / f"{form}.json").read_bytes())

    assert recognise(record) == form
    assert seems(record) == f"it looks like {NAMES[form]}"
    assert not seems(record, form).endswith(NAMES[form])
