from ipaddress import ip_network
from pathlib import Path

import pytest

from relay.model.detection import Severity
from relay.model.member import Emits, Gate, Member, Wants
from relay.settings import SettingsError, load_register
from relay.settings.document import MAX_BYTES


def loaded(tmp_path: Path, text: str) -> tuple[Member, ...]:
    """The register written as `text`."""
    path = tmp_path / "members.yaml"
    path.write_text(text)
    return load_register(path)


def one(tmp_path: Path, *rows: str) -> Member:
    """A register of one member with these rows more."""
    head = (
        "version: 1\nmembers:\n  - id: ee\n    name: E\n    country: ee\n    kind: national-hub\n"
    )
    (member,) = loaded(tmp_path, head + "".join(f"    {row}\n" for row in rows))
    return member


def problems(tmp_path: Path, text: str) -> list[str]:
    """What is wrong with a register, without the directory."""
    with pytest.raises(SettingsError) as raised:
        loaded(tmp_path, text)
    return [str(each).removeprefix(f"{tmp_path}/") for each in raised.value.problems]


def complaint(tmp_path: Path, row: str) -> str:
    """The one thing wrong with a member whose seventh line is `row`."""
    with pytest.raises(SettingsError) as raised:
        one(tmp_path, row)
    (problem,) = raised.value.problems
    return f"{problem.line}: {problem.path}: {problem.sentence}"


def test_what_is_not_said_has_the_published_default(tmp_path: Path) -> None:
    """Four keys are required; all others have the defaults of the model."""
    assert one(tmp_path) == Member("ee", "E", "EE", "national-hub")


def test_everything_that_is_said_reaches_the_member(tmp_path: Path) -> None:
    """Shares become exact parts per million, families their types, lists sorted."""
    member = one(
        tmp_path,
        "enabled: false",
        "trust: 0.123456",
        "attribution: named",
        "groups: [nordic, baltic]",
        "sectors: [space, energy]",
        "gate: {severity: critical, confidence: 1}",
        "wants: {min_severity: low, types: [ip, cve], sectors: [health], exercises: true, "
        "canary: true}",
        "red_contact: duty officer",
        "third_country_basis: agreement 2026/1",
    )

    assert member == Member(
        "ee",
        "E",
        "EE",
        "national-hub",
        enabled=False,
        trust=123_456,
        attribution="named",
        groups=("baltic", "nordic"),
        sectors=("energy", "space"),
        gate=Gate(Severity.CRITICAL, 1_000_000),
        wants=Wants(
            Severity.LOW, frozenset({"ipv4", "ipv6", "cve"}), frozenset({"health"}), exercises=True
        ),
        canary=True,
    )


def test_norway_is_a_country(tmp_path: Path) -> None:
    """`country: NO` is Norway, as YAML 1.1 would not have it."""
    head = "version: 1\nmembers:\n- {id: no, name: N, country: NO, kind: observer}"

    (member,) = loaded(tmp_path, head)

    assert (member.id, member.country) == ("no", "NO")


def test_the_order_of_the_file_says_nothing(tmp_path: Path) -> None:
    """Members come by id, so that moving one in the file changes no decision."""
    rows = [f"- {{id: {name}, name: X, country: EU, kind: observer}}\n" for name in ("b", "a", "c")]

    members = loaded(tmp_path, "version: 1\nmembers:\n" + "".join(rows))

    assert [member.id for member in members] == ["a", "b", "c"]


def test_all_errors_are_told_at_once_with_their_lines(tmp_path: Path) -> None:
    """One run of the check shows everything there is to mend, in the order of the file."""
    found = problems(
        tmp_path,
        """version: 1
members:
  - id: ee
    name: Estonia
    country: EE
    kind: national-hub
    trsut: 0.9
  - id: ee
    name: Poland
    country: XX
    kind: nationalhub
    trust: 1.4
    wants: {types: [ip, ipv44]}
  - name: "two\\nlines"
mebers: []
""",
    )

    assert [line.split(", got")[0].split("one of")[0] for line in found] == [
        "members.yaml:7: members[0].trsut: is not a known key; did you mean 'trust'?",
        "members.yaml:8: members[1].id: is already the id of members[0], line 3",
        "members.yaml:10: members[1].country: must be a two-letter code of ISO 3166, or EU",
        "members.yaml:11: members[1].kind: must be ",
        "members.yaml:12: members[1].trust: must be between 0 and 1",
        "members.yaml:13: members[1].wants.types[1]: must be ",
        "members.yaml:14: members[2].id: is required",
        "members.yaml:14: members[2].name: must be printable text",
        "members.yaml:14: members[2].country: is required",
        "members.yaml:14: members[2].kind: is required",
        "members.yaml:15: mebers: is not a known key; did you mean 'members'?",
    ]
    assert found[3].endswith("got 'nationalhub'; did you mean 'national-hub'?")


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("trust: 1.4", "trust: must be between 0 and 1, got 1.4"),
        ("trust: 0.1234567", "trust: must have at most six decimals, got 0.1234567"),
        ("trust: '0.5'", "trust: must be a number between 0 and 1, got '0.5'"),
        ("trust: true", "trust: must be a number between 0 and 1, got true"),
        ("trust:", "trust: has no value: write one, or leave the key out"),
        ("enabled: yes", "enabled: must be true or false, got 'yes'"),
        ("groups: [a, b, a]", "groups: lists a more than once"),
        ("groups: nordic", "groups: must be a list, got 'nordic'"),
        ("gate: high", "gate: must be a mapping of keys to values, got 'high'"),
        ("wants: {types: ip}", "wants.types: must be `all` or a list, got 'ip'"),
        ("wants: {types: []}", "wants.types: must list at least 1"),
        (
            "forward_text: true",
            "forward_text: must be false: forwarding a member's own text is not built yet,"
            " got true",
        ),
        (
            "wants: {format: pdf}",
            "wants.format: must be one of native, stix, misp, ocsf, ecs, idea0, got 'pdf'",
        ),
        (
            "emits: {format: suricatta}",
            "emits.format: must be one of native, ecs, suricata, wazuh, sentinel, defender, splunk,"
            " misp, idea0, ocsf, stix, got 'suricatta'; did you mean 'suricata'?",
        ),
        (
            "emits: {tlp: white}",
            "emits.tlp: must be one of clear, green, amber, amber+strict, red, got 'white'",
        ),
        (
            "emits: {format: misp, tlp: amber}",
            "emits.tlp: must be clear or green: stricter labels are not built yet, got 'amber'",
        ),
        (
            "emits: {format: wazuh}",
            "emits: needs a tlp: wazuh carries no label, and none is ever assumed",
        ),
        (
            "emits: {tlp: green}",
            "emits: needs no tlp: each native detection carries its own label",
        ),
        (
            "emits: {networks: [192.0.2.1/24]}",
            "emits.networks[0]: must be a network like 192.0.2.0/24, with no host bits set,"
            " got '192.0.2.1/24'",
        ),
        (
            "emits: {domains: [bücher.example]}",
            "emits.domains[0]: must be a domain name in ASCII (xn-- for others),"
            " like soc.example.eu, got 'bücher.example'",
        ),
    ],
)
def test_each_mistake_has_its_sentence(tmp_path: Path, row: str, sentence: str) -> None:
    """A mistake is told in words of the register, with what was found."""
    assert complaint(tmp_path, row) == f"7: members[0].{sentence}"


@pytest.mark.parametrize("code", ["EL", "UK"])
def test_codes_of_the_union_that_iso_names_otherwise_are_explained(
    tmp_path: Path, code: str
) -> None:
    """Greece and the United Kingdom are named by ISO 3166 here as everywhere."""
    text = f"version: 1\nmembers:\n- {{id: a, name: A, country: {code}, kind: observer}}"

    (found,) = problems(tmp_path, text)

    assert "that is G" in found


@pytest.mark.parametrize("name", ["-a", "a-", "A", "a_b", "a" * 33, "é", "a.b", "''"])
def test_an_id_that_cannot_name_a_topic_is_refused(tmp_path: Path, name: str) -> None:
    """The id of a member is part of topics, labels and consumer groups."""
    text = f"version: 1\nmembers:\n- {{id: {name}, name: A, country: EE, kind: observer}}"

    (found,) = problems(tmp_path, text)

    assert "members[0].id: must be 1 to 32 lower-case letters" in found


@pytest.mark.parametrize(
    ("count", "sentence"), [(0, "must list at least 1"), (257, "must list at most 256")]
)
def test_the_number_of_members_is_bounded(tmp_path: Path, count: int, sentence: str) -> None:
    """There is somebody to serve, and no more than one transaction can tell."""
    rows = [f"{{id: m{n}, name: X, country: EU, kind: observer}}" for n in range(count)]

    (found,) = problems(tmp_path, f"version: 1\nmembers: [{', '.join(rows)}]")

    assert found == f"members.yaml:2: members: {sentence}"


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    """The version stands in the file so that a later form is not misread."""
    text = "version: 2\nmembers:\n- {id: a, name: A, country: EE, kind: observer}"

    assert problems(tmp_path, text) == [
        "members.yaml:1: version: must be 1, the only version there is, got 2"
    ]


def test_a_missing_file_is_told_as_a_sentence(tmp_path: Path) -> None:
    """A register that cannot be read is a problem like any other."""
    with pytest.raises(SettingsError) as raised:
        load_register(tmp_path / "none.yaml")

    assert str(raised.value).endswith("none.yaml: cannot be read: No such file or directory")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"#" * (MAX_BYTES + 1), "is larger than 1 MiB"),
        (b"version: 1\nmembers: \xff", "is not UTF-8"),
    ],
)
def test_a_file_that_is_no_text_of_ours_is_not_parsed(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    """A file is bounded before it is read, and decoded before it is parsed."""
    path = tmp_path / "members.yaml"
    path.write_bytes(content)

    with pytest.raises(SettingsError) as raised:
        load_register(path)

    assert [each.sentence for each in raised.value.problems] == [sentence]


def test_what_is_said_as_the_default_is_no_mistake(tmp_path: Path) -> None:
    """What is not built yet may be declined in so many words."""
    assert one(tmp_path, "forward_text: false", "wants: {format: native, types: all}") == (
        one(tmp_path)
    )


def test_what_a_member_emits_is_read(tmp_path: Path) -> None:
    """Format, label, networks and domains of a member reach the decisions in one form."""
    row = "emits: {format: wazuh, tlp: green, networks: ['2001:DB8::/32'], domains: [SOC.Example.]}"

    assert one(tmp_path, row).emits == Emits(
        "wazuh", "green", (ip_network("2001:db8::/32"),), ("soc.example",)
    )


def test_no_two_members_are_one_to_the_brokers(tmp_path: Path) -> None:
    """A principal belongs to one member, and is no other's id that says none of its own."""
    found = problems(
        tmp_path,
        """
version: 1
members:
  - {id: ee, name: a, country: EE, kind: national-hub}
  - {id: fr, name: b, country: FR, kind: national-hub, principal: ee}
  - {id: de, name: c, country: DE, kind: national-hub, principal: CN=hub}
  - {id: pl, name: d, country: PL, kind: national-hub, principal: CN=hub}
  - {id: es, name: e, country: ES, kind: national-hub, principal: "*"}
""",
    )

    assert [line.split(", got")[0] for line in found] == [
        "members.yaml:5: members[1].principal: is already who members[0] is to the brokers",
        "members.yaml:7: members[3].principal: is already who members[2] is to the brokers",
        "members.yaml:8: members[4].principal: must be 1 to 200 letters, digits, spaces and "
        "._@=,+- as the brokers have it",
    ]
