import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from relay.broker.certificates import Authority, Identity
from relay.kafka.events import CertificateEnds, Purpose
from relay.kafka.security import Tls
from relay.kafka.validity import ends, valid_until, watch
from relay.model.outcome import Outcome
from relay.settings.security import Security

KEY = ec.generate_private_key(ec.SECP256R1())
FIRST, LAST = datetime(1950, 1, 2, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)


def a_certificate(end: datetime, name: str = "ee", serial: int = 1) -> bytes:
    """A certificate in PEM that ends at a time, made by a library that knows how."""
    named = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(KEY.public_key())
        .serial_number(serial)
        .not_valid_before(end - timedelta(days=1))
        .not_valid_after(end)
        .sign(KEY, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


SOUND = a_certificate(datetime(2027, 1, 1, tzinfo=UTC))
DER = x509.load_pem_x509_certificate(SOUND).public_bytes(serialization.Encoding.DER)


@given(
    st.datetimes(FIRST.replace(tzinfo=None), LAST.replace(tzinfo=None)),
    st.text("abc", min_size=1, max_size=60),
    st.integers(1, 2**150),
)
def test_the_end_is_what_a_library_of_its_own_finds(end: datetime, name: str, serial: int) -> None:
    """In either form of a date, in any century, behind names and numbers of any length."""
    pem = a_certificate(end.replace(microsecond=0, tzinfo=UTC), name, serial)

    [found] = valid_until(pem)

    assert found == x509.load_pem_x509_certificate(pem).not_valid_after_utc.timestamp()


@given(st.integers(0, len(DER) - 1), st.integers(0, 255))
def test_whatever_a_file_holds_there_is_an_end_or_a_plain_error(at: int, byte: int) -> None:
    """A certificate with a byte changed, or cut there, never raises anything but ValueError."""
    for der in (DER[:at], DER[:at] + bytes([byte]) + DER[at + 1 :]):
        pem = ssl.DER_cert_to_PEM_cert(der).encode()
        try:
            found = list(valid_until(pem))
        except ValueError:
            continue
        assert all(isinstance(each, float) for each in found)


def test_a_file_may_hold_other_things_and_several_certificates() -> None:
    """A key is passed over; the ends come in the order of the file."""
    secret = KEY.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    later = a_certificate(datetime(2028, 1, 1, tzinfo=UTC))

    found = list(valid_until(b"# ours\n" + secret + later + b"\r\n" + SOUND))

    assert found == [datetime(year, 1, 1, tzinfo=UTC).timestamp() for year in (2028, 2027)]


def test_the_first_to_end_speaks_for_a_file(tmp_path: Path) -> None:
    """Of a chain and of a bundle alike; what is missing or no certificate is left out."""
    chain, bundle, none = (tmp_path / name for name in ("chain", "bundle", "none"))
    chain.write_bytes(a_certificate(datetime(2029, 1, 1, tzinfo=UTC)) + SOUND)
    none.write_bytes(b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")

    assert list(ends(Security("ssl", cert=chain, ca=bundle))) == [
        (Purpose.CLIENT, datetime(2027, 1, 1, tzinfo=UTC).timestamp())
    ]
    assert list(ends(Security("ssl", cert=none))) == []
    assert list(ends(Security())) == []


def handshake(tls: Tls, made: Identity) -> tuple[ssl.SSLObject, ssl.SSLObject]:
    """Connect a client to a server of that identity, without a network."""
    server_context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_context.load_cert_chain(made.cert, made.key)
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = tls.wrap_bio(back, there, server_hostname="localhost")
    server = server_context.wrap_bio(there, back, server_side=True)
    for side in (client, server, client, server):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    return client, server


def test_a_broker_is_judged_by_its_newest_connection(tmp_path: Path) -> None:
    """One that was opened before the broker's certificate was replaced says nothing any more."""
    authority = Authority(tmp_path / "ca.crt")
    short = authority.issue("localhost", tmp_path, timedelta(days=2))
    tls = Tls(Security("sasl_ssl", ca=authority.path))
    before = list(tls.peers_end())

    old = handshake(tls, short)
    [first] = tls.peers_end()
    new = handshake(tls, authority.issue("localhost", tmp_path, timedelta(days=20)))
    [second] = tls.peers_end()

    assert before == []
    assert round((second - first) / 86_400) == 18
    del old, new
    assert list(tls.peers_end()) == []


def test_what_ends_is_told_again_and_again(tmp_path: Path) -> None:
    """A file that was replaced is read at the next look."""
    authority = Authority(tmp_path / "ca.crt")
    made = authority.issue("ee", tmp_path, timedelta(days=2))
    security = Security("ssl", ca=authority.path, cert=made.cert, key=made.key)
    told: list[CertificateEnds] = []

    def hear(said: Outcome | object) -> None:
        assert isinstance(said, CertificateEnds)
        told.append(said)

    async def look() -> None:
        watching = asyncio.create_task(watch(security, {}, hear))
        await asyncio.sleep(0)
        watching.cancel()

    asyncio.run(look())
    authority.issue("ee", tmp_path, timedelta(days=9))
    asyncio.run(look())

    first, _, second, _ = told
    assert [each.purpose for each in told] == [Purpose.CLIENT, Purpose.AUTHORITY] * 2
    assert round((second.at - first.at) / 86_400) == 7


@pytest.mark.parametrize("text", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\n"])
def test_a_file_without_a_certificate_has_no_end(text: bytes) -> None:
    """It is no error here: whoever connects says what is wrong."""
    assert list(valid_until(text)) == []
