import hashlib
import os
import tarfile
from pathlib import Path

import pytest

from container.layers import layer_of, pack


@pytest.mark.parametrize(
    ("path", "layer"),
    [
        ("usr/bin/python3.11", "system"),
        ("usr/local", "system"),
        ("usr/local/lib/python3.11/dist-packages", "packages"),
        ("usr/local/lib/python3.11/dist-packages/aiokafka/client.py", "packages"),
        ("usr/local/lib/python3.11/dist-packages/relayed/x.py", "packages"),
        ("usr/local/lib/python3.11/dist-packages/relay", "relay"),
        ("usr/local/lib/python3.11/dist-packages/relay/cli/main.py", "relay"),
        ("usr/local/lib/python3.11/dist-packages/relay-0.1.0.dist-info/RECORD", "relay"),
        ("usr/bin/relay", "relay"),
        ("var/lib/relay", "relay"),
        ("var/lib/dpkg/status.d/libc6", "system"),
    ],
)
def test_what_changes_least_lies_lowest(path: str, layer: str) -> None:
    """Debian's files, then other people's Python, then ours."""
    assert layer_of(path) == layer


def test_a_layer_depends_on_its_files_alone(tmp_path: Path) -> None:
    """Neither the order in which files were made nor when, nor by whom, is in a layer."""
    sums = []
    for number, names in enumerate((("a", "b"), ("b", "a"))):
        root, place = tmp_path / f"root{number}", tmp_path / f"layers{number}"
        root.mkdir()
        place.mkdir()
        for name in names:
            (root / name).write_text(name)
            os.utime(root / name, (number, number))
        pack(root, place, 1_000_000_000)
        sums.append(hashlib.sha256((place / "system.tar").read_bytes()).hexdigest())

    assert sums[0] == sums[1]


def test_the_state_is_the_relay_s_and_the_rest_is_root_s(tmp_path: Path) -> None:
    """Whoever builds, one directory belongs to the relay's user and everything else to root."""
    (tmp_path / "root/var/lib/relay").mkdir(parents=True)
    (tmp_path / "root/usr/bin").mkdir(parents=True)
    (tmp_path / "root/usr/bin/relay").touch()
    pack(tmp_path / "root", tmp_path, 0)

    with tarfile.open(tmp_path / "relay.tar") as archive:
        owners = {member.name: (member.uid, member.gid, member.uname) for member in archive}

    assert owners == {"usr/bin/relay": (0, 0, ""), "var/lib/relay": (65532, 65532, "")}
