from typing import Any, NamedTuple

import pytest

from tests.unit.formats.eve_events import (
    C2,
    EXPLOIT,
    FLOOD,
    INSIDE,
    OUTSIDE,
    POLICY,
    PUBLIC,
    SCAN,
    SHA256,
    SHELL,
    TROJAN,
    event,
    values,
)


class Case(NamedTuple):
    """An event and what of it may be shared, and as whose."""

    name: str
    event: dict[str, Any]
    shared: list[tuple[str, str]]


HTTP = {"hostname": "c2.evil.example", "url": "/gate.php?id=7", "http_method": "GET"}
JA4 = "t13d1516h2_8daaf6152771_e5627efa2ab1"
TLS = {
    "sni": "c2.evil.example",
    "fingerprint": "2D:D1:9F:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:01",
    "ja3": {"hash": "a" * 32},
    "ja3s": {"hash": "b" * 32},
    "ja4": JA4,
}
CERTIFICATE = "2dd19f00112233445566778899aabbccddeeff01"
FILE = {"filename": "C:\\Users\\victim\\x.exe", "sha256": SHA256, "md5": "f" * 32}
ASKED = {"rrname": "c2.evil.example", "rrtype": "A", "answers": [{"rdata": "198.51.100.99"}]}

CASES = (
    Case("a scan from outside", event(OUTSIDE, INSIDE, SCAN), [("attacker", OUTSIDE)]),
    Case("a scan from outside, answered", event(OUTSIDE, INSIDE, SCAN, answer=True),
         [("attacker", OUTSIDE)]),
    Case("a scan by the member's own machine", event(INSIDE, OUTSIDE, SCAN), []),
    Case("an exploit against the member", event(OUTSIDE, INSIDE, EXPLOIT, http={
        "hostname": "www.member.example", "url": "/login", "http_user_agent": "x"}),
         [("attacker", OUTSIDE)]),
    Case("an exploit sent by a server", event(INSIDE, OUTSIDE, EXPLOIT, answer=True, http=HTTP,
         port=80),
         [("infrastructure", OUTSIDE), ("infrastructure", "c2.evil.example"),
          ("infrastructure", "http://c2.evil.example/gate.php?id=7")]),
    Case("a beacon over HTTP", event(INSIDE, OUTSIDE, C2, port=8080, http=HTTP),
         [("infrastructure", OUTSIDE), ("infrastructure", "c2.evil.example"),
          ("infrastructure", "http://c2.evil.example:8080/gate.php?id=7")]),
    Case("a beacon over TLS", event(INSIDE, OUTSIDE, C2, tls=TLS),
         [("infrastructure", OUTSIDE), ("infrastructure", CERTIFICATE),
          ("infrastructure", "b" * 32), ("infrastructure", "c2.evil.example"),
          ("attacker", "a" * 32), ("attacker", JA4)]),
    Case("a beacon between inside and a proxy", event(INSIDE, "10.9.9.9", C2, port=3128, http=HTTP),
         [("infrastructure", "c2.evil.example"),
          ("infrastructure", "http://c2.evil.example/gate.php?id=7")]),
    Case("a trojan, TLS of the victim's browser", event(INSIDE, OUTSIDE, TROJAN, tls={
        "sni": "c2.evil.example", "ja3": {"hash": "a" * 32}}),
         [("infrastructure", OUTSIDE), ("infrastructure", "c2.evil.example")]),
    Case("an exploit over TLS", event(OUTSIDE, INSIDE, EXPLOIT, tls=TLS),
         [("attacker", OUTSIDE), ("attacker", "a" * 32), ("attacker", JA4)]),
    Case("a question to a public resolver", event(INSIDE, OUTSIDE, C2, port=53, dns=ASKED),
         [("infrastructure", "c2.evil.example")]),
    Case("a question to the member's resolver", event(INSIDE, "10.0.0.53", C2, port=53, dns=ASKED),
         [("infrastructure", "c2.evil.example")]),
    Case("a question in the older form", event(INSIDE, "10.0.0.53", TROJAN, port=53, dns={
        "query": [{"type": "query", "rrname": "c2.evil.example"}]}),
         [("infrastructure", "c2.evil.example")]),
    Case("a question in the form of version 8", event(INSIDE, "10.0.0.53", C2, port=53, dns={
        "queries": [{"rrname": "c2.evil.example"}, {"rrname": "c3.evil.example"}]}),
         [("infrastructure", "c2.evil.example"), ("infrastructure", "c3.evil.example")]),
    Case("a resolver without a question", event(INSIDE, OUTSIDE, TROJAN, port=53, app_proto="dns"),
         []),
    Case("a zone transfer from the member", event(OUTSIDE, INSIDE, SCAN, port=53, dns={
        "rrname": "member.example"}), [("attacker", OUTSIDE)]),
    Case("a name that holds an inner address", event(INSIDE, OUTSIDE, C2, port=53, dns={
        "rrname": "10.1.2.3.t.evil.example"}), []),
    Case("a local name", event(INSIDE, OUTSIDE, C2, tls={"sni": "dc01.corp"}),
         [("infrastructure", OUTSIDE)]),
    Case("a shell on the member's server", event(OUTSIDE, INSIDE, SHELL, answer=True),
         [("attacker", OUTSIDE)]),
    Case("a policy on a service", event(INSIDE, OUTSIDE, POLICY, http=HTTP), []),
    Case("a policy of a rule group", event(INSIDE, OUTSIDE, {**TROJAN, "signature": "ET POLICY x"}),
         []),
    Case("a miner in a group of policies", event(INSIDE, OUTSIDE, {
        "signature": "ET POLICY x", "category": "Crypto Currency Mining Activity Detected"}),
         [("infrastructure", OUTSIDE)]),
    Case("a broken protocol from outside", event(OUTSIDE, INSIDE, POLICY), [("unknown", OUTSIDE)]),
    Case("a flood over UDP", event(OUTSIDE, INSIDE, FLOOD, proto="UDP"), []),
    Case("a flood over TCP", event(OUTSIDE, INSIDE, FLOOD), [("attacker", OUTSIDE)]),
    Case("both inside", event(INSIDE, "10.9.9.9", EXPLOIT, http=HTTP), []),
    Case("both public, an attempt", event(OUTSIDE, PUBLIC, EXPLOIT), [("attacker", OUTSIDE)]),
    Case("both public, an answer", event(OUTSIDE, PUBLIC, EXPLOIT, answer=True), []),
    Case("both public, outbound", event(OUTSIDE, PUBLIC, {**SCAN, "signature": "x OUTBOUND"}), []),
    Case("both public, a beacon", event(PUBLIC, OUTSIDE, C2), [("infrastructure", OUTSIDE)]),
    Case("both public, a trojan", event(OUTSIDE, PUBLIC, TROJAN), []),
    Case("both public, a listed sender", event(OUTSIDE, PUBLIC, {
        "signature": "ET DROP Listed group 1", "category": "Misc Attack"}),
         [("attacker", OUTSIDE)]),
    Case("the rule names source and target", event(PUBLIC, OUTSIDE, {
        **TROJAN, "source": {"ip": OUTSIDE}, "target": {"ip": PUBLIC}}),
         [("infrastructure", OUTSIDE)]),
    Case("the rule names the member as the source", event(INSIDE, OUTSIDE, {
        **C2, "source": {"ip": INSIDE}, "target": {"ip": OUTSIDE}}, http=HTTP), []),
    Case("the rule names somebody else", event(OUTSIDE, INSIDE, {
        **SCAN, "source": {"ip": "192.0.2.1"}}), []),
    Case("metadata: the sender is hostile", event(OUTSIDE, PUBLIC, {
        **TROJAN, "metadata": {"hostile": ["src_ip"]}}), [("attacker", OUTSIDE)]),
    Case("metadata: the receiver is hostile", event(PUBLIC, OUTSIDE, {
        **TROJAN, "metadata": {"hostile": ["dest_ip"]}}), [("infrastructure", OUTSIDE)]),
    Case("metadata: the member is hostile", event(INSIDE, OUTSIDE, {
        **TROJAN, "metadata": {"hostile": ["src_ip"]}}), []),
    Case("a file that was downloaded", event(INSIDE, OUTSIDE, C2, fileinfo=FILE, http={
        "http_method": "GET"}),
         [("infrastructure", OUTSIDE), ("attacker", SHA256), ("attacker", "f" * 32)]),
    Case("files that were downloaded", event(INSIDE, OUTSIDE, TROJAN, files=[FILE], answer=True),
         [("infrastructure", OUTSIDE), ("attacker", SHA256), ("attacker", "f" * 32)]),
    Case("a file that the victim sent out", event(INSIDE, OUTSIDE, C2, fileinfo=FILE, http={
        "http_method": "POST"}), [("infrastructure", OUTSIDE)]),
    Case("a file that the attacker uploaded", event(OUTSIDE, INSIDE, EXPLOIT, fileinfo=FILE, http={
        "http_method": "PUT"}),
         [("attacker", OUTSIDE), ("attacker", SHA256), ("attacker", "f" * 32)]),
    Case("a file that the attacker fetched", event(OUTSIDE, INSIDE, EXPLOIT, fileinfo=FILE, http={
        "http_method": "GET"}), [("attacker", OUTSIDE)]),
    Case("a host that is the address called", event(INSIDE, OUTSIDE, C2, port=80, http={
        "hostname": OUTSIDE, "url": "/x"}),
         [("infrastructure", OUTSIDE), ("infrastructure", f"http://{OUTSIDE}/x")]),
    Case("a host that is another address", event(INSIDE, OUTSIDE, C2, http={
        "hostname": PUBLIC, "url": "/x"}), [("infrastructure", OUTSIDE)]),
    Case("a URL with an inner address", event(INSIDE, OUTSIDE, C2, port=80, http={
        "hostname": "c2.evil.example", "url": "/s?q=10%2E1.2.3/x.hta"}),
         [("infrastructure", OUTSIDE), ("infrastructure", "c2.evil.example")]),
    Case("a URL with a user", event(INSIDE, OUTSIDE, C2, port=80, http={
        "hostname": "c2.evil.example:80", "url": "/s?user=jane&v=2"}),
         [("infrastructure", OUTSIDE), ("infrastructure", "c2.evil.example"),
          ("infrastructure", "http://c2.evil.example/s?v=2")]),
    Case("a CONNECT", event(INSIDE, OUTSIDE, C2, http={
        "hostname": "c2.evil.example", "url": "c2.evil.example:443"}),
         [("infrastructure", OUTSIDE), ("infrastructure", "c2.evil.example")]),
    Case("a page that quotes a shell", event(INSIDE, OUTSIDE, {
        **SHELL, "category": "Potentially Bad Traffic"}, answer=True, port=80, http=HTTP), []),
    Case("a shell of the member called back", event(INSIDE, OUTSIDE, {
        **SHELL, "category": "Potentially Bad Traffic"}, port=4444),
         [("infrastructure", OUTSIDE)]),
    Case("a reverse shell's certificate", event(INSIDE, OUTSIDE, {
        **TROJAN, "signature": "ET ATTACK_RESPONSE Reverse HTTPS"}, answer=True),
         [("infrastructure", OUTSIDE)]),
    Case("a fingerprint of malware", event(INSIDE, OUTSIDE, {
        "signature": "ET JA3 Hash - Possible Thing", "category": "Unknown Traffic"}, tls=TLS),
         [("infrastructure", OUTSIDE), ("infrastructure", CERTIFICATE),
          ("infrastructure", "b" * 32), ("infrastructure", "c2.evil.example"),
          ("attacker", "a" * 32), ("attacker", JA4)]),
    Case("a rule without a class", event(INSIDE, OUTSIDE, {
        "signature": "Ping seen", "category": ""}), []),
    Case("a rule without a class that names an attack", event(INSIDE, OUTSIDE, {
        "signature": "LOCAL beacon", "category": ""}), [("infrastructure", OUTSIDE)]),
    Case("a firewall in a cloud lets a call out", event(INSIDE, OUTSIDE, {
        "signature": "aws:alert_established action", "category": ""}, tls=TLS), []),
    Case("an answer of a resolver", event(INSIDE, OUTSIDE, C2, answer=True, port=53, dns={
        "answer": {"rrname": "c2.evil.example", "answers": [{"rdata": OUTSIDE}]}}),
         [("infrastructure", "c2.evil.example")]),
    Case("QUIC", event(INSIDE, OUTSIDE, C2, quic={"sni": "c2.evil.example", "ja4": JA4}),
         [("infrastructure", OUTSIDE), ("infrastructure", "c2.evil.example"), ("attacker", JA4)]),
    Case("a whole URL asked of a proxy", event(INSIDE, "10.9.9.9", C2, port=3128, http={
        "hostname": "c2.evil.example", "url": "http://c2.evil.example:8080/x"}),
         [("infrastructure", "c2.evil.example"),
          ("infrastructure", "http://c2.evil.example:8080/x")]),
    Case("a port asked of a proxy", event(INSIDE, "10.9.9.9", C2, port=3128, http={
        "hostname": "c2.evil.example", "http_port": 8080, "url": "/x"}),
         [("infrastructure", "c2.evil.example"),
          ("infrastructure", "http://c2.evil.example:8080/x")]),
    Case("a host that is an address in IPv6", event("fd00::1", "2001:db8::7", C2, port=80, http={
        "hostname": "[2001:db8::7]", "url": "/x"}),
         [("infrastructure", "2001:db8::7"), ("infrastructure", "http://[2001:db8::7]/x")]),
    Case("a mail with malware", event(OUTSIDE, INSIDE, TROJAN, port=25, files=[FILE], smtp={
        "mail_from": "<bad@evil.example>", "rcpt_to": ["<jane@member.example>"]}, email={
        "from": "Bad <bad@evil.example>", "to": ["jane@member.example"]}),
         [("attacker", OUTSIDE), ("attacker", "bad@evil.example"), ("attacker", SHA256),
          ("attacker", "f" * 32)]),
    Case("a mail in the recipient's own name", event(OUTSIDE, INSIDE, TROJAN, port=25, smtp={
        "mail_from": "<boss@member.example>", "rcpt_to": ["<jane@member.example>"]}),
         [("attacker", OUTSIDE)]),
    Case("an odd mail", event(OUTSIDE, INSIDE, POLICY, port=25, smtp={
        "mail_from": "<x@evil.example>"}), [("unknown", OUTSIDE)]),
    Case("a mail that malware sent out", event(INSIDE, OUTSIDE, C2, port=587, smtp={
        "mail_from": "<jane@member.example>", "rcpt_to": ["<drop@evil.example>"]}),
         [("infrastructure", OUTSIDE)]),
    Case("both public, a rule that protects clients", event(PUBLIC, OUTSIDE, {
        **TROJAN, "metadata": {"attack_target": ["Client_Endpoint"]}}),
         [("infrastructure", OUTSIDE)]),
    Case("both public, a rule that protects servers", event(OUTSIDE, PUBLIC, {
        **TROJAN, "metadata": {"attack_target": ["Web_Server", "smtp-server"]}}),
         [("attacker", OUTSIDE)]),
    Case("both public, a rule that protects both", event(OUTSIDE, PUBLIC, {
        **TROJAN, "metadata": {"attack_target": ["Client_Endpoint", "Server"]}}), []),
    Case("both public, no ports", {**event(PUBLIC, OUTSIDE, {
        **TROJAN, "metadata": {"attack_target": ["Client_Endpoint"]}}), "dest_port": None}, []),
    Case("a packet that was dropped", {**event(OUTSIDE, INSIDE, SCAN), "event_type": "drop"},
         [("attacker", OUTSIDE)]),
    Case("wrapped by a firewall in a cloud", {"firewall_name": "x", "event": event(
        OUTSIDE, INSIDE, SCAN)}, [("attacker", OUTSIDE)]),
    Case("addresses in IPv6", event("2001:DB8:0::7", "fd00::1", SCAN),
         [("attacker", "2001:db8::7")]),
    Case("no addresses", event("", "", SCAN), []),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_only_the_attackers_side_comes_out(case: Case) -> None:
    """What is shared is the attacker's, told as a careful reader of the event would tell it."""
    assert values(case.event) == case.shared
