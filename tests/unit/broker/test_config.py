from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from relay.broker.config import Endpoint, External, server_properties
from relay.broker.secured import Secured

ONE = (Endpoint(1, 9092, 9093),)
THREE = tuple(Endpoint(node, 9090 + node, 9190 + node) for node in (1, 2, 3))


def settings_of(text: str) -> dict[str, str]:
    """Read properties as java.util.Properties does, for what this program writes."""
    pairs = (line.partition("=") for line in text.splitlines())
    return {key: unescaped(value) for key, _, value in pairs}


def unescaped(value: str) -> str:
    """Read escapes as UTF-16, in which a character beyond the first plane is two of them."""
    units = value.encode("ascii").decode("unicode_escape")
    return units.encode("utf-16", "surrogatepass").decode("utf-16")


def test_one_broker_wants_no_copies() -> None:
    """On one node every internal topic has one copy, or a transaction could never begin."""
    settings = settings_of(server_properties(ONE[0], ONE, Path("/d"), {}))

    assert settings["transaction.state.log.replication.factor"] == "1"
    assert settings["transaction.state.log.min.isr"] == "1"
    assert settings["offsets.topic.replication.factor"] == "1"
    assert settings["share.coordinator.state.topic.replication.factor"] == "1"
    assert settings["auto.create.topics.enable"] == "false"


def test_three_brokers_want_two_of_three() -> None:
    """Three nodes keep three copies, of which two must have a record; all three vote."""
    settings = settings_of(server_properties(THREE[1], THREE, Path("/d"), {}))

    assert settings["node.id"] == "2"
    assert settings["default.replication.factor"] == "3"
    assert settings["min.insync.replicas"] == "2"
    assert settings["transaction.state.log.min.isr"] == "2"
    assert settings["controller.quorum.voters"] == (
        "1@127.0.0.1:9191,2@127.0.0.1:9192,3@127.0.0.1:9193"
    )


def test_all_listeners_are_on_loopback() -> None:
    """Nothing listens beyond this machine, not even the listener that advertises a proxy."""
    endpoint = Endpoint(1, 9092, 9093, External(9094, "proxy.example", 7000))
    settings = settings_of(server_properties(endpoint, [endpoint], Path("/d"), {}))

    assert settings["listeners"] == (
        "INT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093,EXT://127.0.0.1:9094"
    )
    assert settings["advertised.listeners"] == "INT://127.0.0.1:9092,EXT://proxy.example:7000"


def test_a_secured_node_has_no_listener_without_a_login() -> None:
    """Everybody logs in or shows a certificate, rules hold, and no password is in the settings."""
    endpoint = Endpoint(1, 9092, 9093, External(9094, "proxy.example", 7000), tls=9095)
    secured = Secured(Path("/node.pem"), Path("/ca.crt"), "admin", "hunter2", Path("/keys.json"))
    text = server_properties(endpoint, [endpoint], Path("/d"), {}, secured)
    settings = settings_of(text)
    protocols = dict(
        pair.split(":") for pair in settings["listener.security.protocol.map"].split(",")
    )

    assert protocols == {"INT": "SASL_SSL", "EXT": "SASL_SSL", "TLS": "SSL", "CONTROLLER": "SSL"}
    assert settings["inter.broker.listener.name"] == "TLS"
    assert settings["listener.name.tls.ssl.client.auth"] == "required"
    assert settings["super.users"] == "User:broker;User:admin"
    assert "allow.everyone.if.no.acl.found" not in settings
    assert "hunter2" not in text + repr(secured)


def test_overrides_win() -> None:
    """A setting that is asked for replaces the one this program would make."""
    settings = settings_of(server_properties(ONE[0], ONE, Path("/d"), {"min.insync.replicas": "9"}))

    assert settings["min.insync.replicas"] == "9"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_any_value_survives_the_file(value: str) -> None:
    """Paths with accents, backslashes, line ends or emoji reach Kafka as they are."""
    text = server_properties(ONE[0], ONE, Path("/d"), {"x": value})

    assert text.isascii()
    assert settings_of(text)["x"] == value
