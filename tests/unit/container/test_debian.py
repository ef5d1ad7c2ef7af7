from pathlib import PurePosixPath

import pytest

from container.debian import merged, wanted


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("./lib/x86_64-linux-gnu/libc.so.6", "usr/lib/x86_64-linux-gnu/libc.so.6"),
        ("./usr/lib/os-release", "usr/lib/os-release"),
        ("lib64/ld-linux-x86-64.so.2", "usr/lib64/ld-linux-x86-64.so.2"),
        ("./library/x", "library/x"),
        ("./etc/debian_version", "etc/debian_version"),
    ],
)
def test_there_is_one_tree_of_programs_and_libraries(name: str, path: str) -> None:
    """Files that a package has beside usr/ belong below it."""
    assert merged(name) == PurePosixPath(path)


@pytest.mark.parametrize(
    "path",
    [
        "usr/bin/python3",
        "usr/bin/python3.13",
        "usr/lib/python3.11/asyncio/runners.py",
        "usr/lib/python3.11/lib-dynload/_ssl.cpython-311-x86_64-linux-gnu.so",
        "usr/lib/aarch64-linux-gnu/libcrypto.so.3",
        "usr/share/ca-certificates/mozilla/x.crt",
        "usr/share/doc/libc6",
        "usr/share/doc/libc6/copyright",
        "etc/python3.11/sitecustomize.py",
    ],
)
def test_what_a_relay_reads_is_wanted(path: str) -> None:
    """The interpreter, libraries, authorities, and who holds the rights."""
    assert wanted(PurePosixPath(path))


@pytest.mark.parametrize(
    "path",
    [
        "usr/bin/dash",
        "usr/bin/py3compile",
        "usr/bin/python3-config",
        "usr/sbin/update-ca-certificates",
        "usr/lib/python3.11/lib-dynload/readline.cpython-311-x86_64-linux-gnu.so",
        "usr/lib/python3.11/test/support/__init__.py",
        "usr/lib/x86_64-linux-gnu/gconv/UTF-16.so",
        "usr/share/doc/libc6/changelog.Debian.gz",
        "usr/share/man/man1/x.1.gz",
        "etc/cron.daily/dpkg",
        "var/lib/dpkg/info/x",
    ],
)
def test_the_rest_is_left_out(path: str) -> None:
    """Programs, manuals, settings of others, and modules whose libraries are not there."""
    assert not wanted(PurePosixPath(path))
