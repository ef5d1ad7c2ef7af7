import asyncio
import ssl
from datetime import timedelta
from pathlib import Path

import pytest

from relay.broker.certificates import Authority
from relay.kafka.security import Password, SecretFileError, Tls, Token, client_of, unusable
from relay.settings.security import Security


def secured(place: Path, **instead: Path) -> Security:
    """The settings of a sound certificate, with another file in the place of some."""
    authority = Authority(place / "ca.crt")
    made = authority.issue("ee", place)
    files = {"ca": authority.path, "cert": made.cert, "key": made.key} | instead
    return Security("ssl", ca=files["ca"], cert=files["cert"], key=files["key"])


def own_certificate(tls: Tls) -> object:
    """A value that changes when the context behind `tls` is made anew."""
    return tls.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost").context


def test_all_that_is_wrong_with_files_is_told_at_once(tmp_path: Path) -> None:
    """A check names every key whose file is no use, and no file."""
    missing = tmp_path / "hunter2"
    told = list(unusable(Security("sasl_ssl", ca=missing, password=missing, token=missing)))

    assert told == [
        "kafka.security.ca_file: No such file or directory",
        "kafka.security.password_file: No such file or directory",
        "kafka.security.token_file: No such file or directory",
    ]
    assert list(unusable(Security())) == []


def test_a_plain_connection_is_told_nothing_of_security() -> None:
    """Without kafka.security a client is what it always was."""
    assert client_of(Security()) == {"security_protocol": "PLAINTEXT"}


def test_a_password_is_read_when_it_is_needed(tmp_path: Path) -> None:
    """A file that is replaced counts from the next login on; a line end is no part of it."""
    path = tmp_path / "password"
    path.write_text("first\n")
    password = Password(path)
    before = password.encode("utf-8")
    path.write_text("second")

    assert (before, password.encode("utf-8")) == (b"first", b"second")
    assert "second" not in repr(password) + str(password)


def test_a_token_is_read_when_it_is_needed(tmp_path: Path) -> None:
    """As a password."""
    path = tmp_path / "token"
    path.write_text("a.b.c\n")

    assert asyncio.run(Token(path).token()) == "a.b.c"


@pytest.mark.parametrize("content", [None, b"", b"\n", b"x" * 70_000])
def test_a_secret_that_is_no_use_is_said_without_its_file(
    tmp_path: Path, content: bytes | None
) -> None:
    """The key is named, the file is not: somebody will have written the secret in its place."""
    path = tmp_path / "hunter2"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(SecretFileError) as raised:
        Password(path).encode()

    assert "kafka.security.password_file" in str(raised.value)
    assert "hunter2" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_certificates_are_read_again_when_they_were_replaced(tmp_path: Path) -> None:
    """A rotated certificate counts from the next connection on, an untouched one is kept."""
    authority = Authority(tmp_path / "ca.crt")
    made = authority.issue("ee", tmp_path)
    tls = Tls(Security("ssl", ca=authority.path, cert=made.cert, key=made.key))

    first, second = own_certificate(tls), own_certificate(tls)
    authority.issue("ee", tmp_path, timedelta(days=2))

    assert first is second
    assert own_certificate(tls) is not first


def test_half_a_rotation_leaves_the_last_sound_pair(tmp_path: Path) -> None:
    """Between the writes of certificate and key the old pair stays in use, and it is said."""
    authority = Authority(tmp_path / "ca.crt")
    made = authority.issue("ee", tmp_path)
    tls = Tls(Security("ssl", ca=authority.path, cert=made.cert, key=made.key))
    first = own_certificate(tls)
    half = tmp_path / "half"
    half.mkdir()
    made.key.write_bytes(authority.issue("ee", half).key.read_bytes())

    kept = own_certificate(tls)
    made.cert.write_bytes((half / "ee.crt").read_bytes())

    assert kept is first
    assert own_certificate(tls) is not first


@pytest.mark.parametrize("key", ["ca", "cert", "key"])
def test_a_certificate_that_was_never_there_is_told_by_its_key(tmp_path: Path, key: str) -> None:
    """With nothing to fall back on the connection fails; the key is named and the file is not."""
    with pytest.raises(SecretFileError) as raised:
        own_certificate(Tls(secured(tmp_path, **{key: tmp_path / "hunter2"})))

    assert str(raised.value) == f"[Errno 2] kafka.security.{key}_file: No such file or directory"
    assert raised.value.__cause__ is None


@pytest.mark.parametrize(
    ("key", "told"),
    [("ca", "ca_file"), ("cert", "cert_file and key_file"), ("key", "cert_file and key_file")],
)
def test_a_certificate_that_is_none_is_told_by_its_key(tmp_path: Path, key: str, told: str) -> None:
    """OpenSSL judges certificate and key as one, and says nothing of files."""
    wrong = tmp_path / "hunter2"
    wrong.write_text("no certificate")

    (said,) = unusable(secured(tmp_path, **{key: wrong}))

    assert said.startswith(f"kafka.security.{told}: [")
    assert "hunter2" not in said


def test_half_a_rotation_names_what_is_missing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Where a file is gone the last sound pair stays in use, and the log names its key alone."""
    authority = Authority(tmp_path / "ca.crt")
    made = authority.issue("ee", tmp_path)
    tls = Tls(Security("ssl", ca=authority.path, cert=made.cert, key=made.key))
    first = own_certificate(tls)
    made.key.unlink()

    assert own_certificate(tls) is first
    assert caplog.messages == [
        "certificates cannot be read, the last ones stay in use: "
        "kafka.security.key_file: No such file or directory"
    ]
