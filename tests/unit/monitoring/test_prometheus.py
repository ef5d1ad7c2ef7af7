from pathlib import Path

import pytest

from monitoring.prometheus import UnavailableError, tool


def test_without_apt_there_is_no_prometheus_and_the_reason_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where none is installed and none can be fetched, a test is skipped for that, not passed."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("RELAY_CACHE_DIR", str(tmp_path / "cache"))

    with pytest.raises(UnavailableError, match="no apt-get to fetch it with"):
        tool("prometheus")


def test_a_fetch_that_fails_says_what_apt_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last line of the failed command is the reason; nothing is left in the cache."""
    for name in ("apt-get", "dpkg"):
        (tmp_path / name).write_text("#!/bin/sh\necho no such package >&2\nexit 100\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("RELAY_CACHE_DIR", str(tmp_path / "cache"))

    with pytest.raises(UnavailableError, match="apt-get download: no such package"):
        tool("promtool")

    assert not (tmp_path / "cache/prometheus/usr").exists()


def test_one_that_is_installed_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own comes first."""
    (tmp_path / "promtool").write_text("")
    (tmp_path / "promtool").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert tool("promtool") == tmp_path / "promtool"
