from pathlib import Path

import pytest

from relay.cli.doctor.gathering import is_open


@pytest.mark.parametrize(
    ("mode", "owned", "expected"),
    [
        (0o600, True, False),
        (0o400, True, False),
        (0o640, True, True),
        (0o604, True, True),
        (0o440, False, False),
        (0o460, False, True),
        (0o444, False, True),
    ],
)
def test_a_file_is_open_to_others_than_the_relay(
    tmp_path: Path, mode: int, owned: bool, expected: bool
) -> None:
    """Its owner alone, or of a mounted Secret the group alone, may read the key secret."""
    (tmp_path / "secret").touch()
    (tmp_path / "secret").chmod(mode)
    status = (tmp_path / "secret").stat()

    assert is_open(status, status.st_uid + (not owned)) is expected
