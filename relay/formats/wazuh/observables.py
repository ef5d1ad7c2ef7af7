"""The observables of a Wazuh alert: who attacked, what was called, which file is bad.

Never read: `full_log`, `previous_output`, `data.win.system.message`, payloads. They are the event
once more, as text.
"""

import re

from relay.formats.fields import number, part, parts, text
from relay.formats.harvest import Harvest
from relay.formats.wazuh import guardduty
from relay.formats.wazuh.paths import NAMES, SOURCES, TARGETS, Fields, bare, values
from relay.formats.wazuh.rules import Rule
from relay.formats.wazuh.verdicts import hashes

_CVE = re.compile(r"CVE-[0-9]{4}-[0-9]{4,7}(?![0-9])")
_CHANGED = ("md5_after", "sha1_after", "sha256_after")
_MAIL_THREATS = (28, 41)  # `RecordType` of Microsoft 365: a mail, a link that was found bad
_MOST = 1000  # of addresses, and of files: more than ten detections hold is a flood


def gather(alert: Fields, rule: Rule, harvest: Harvest) -> None:
    """Gather what an alert says of the attacker."""
    data = part(alert, "data")
    aws = part(data, "aws")
    if guardduty.is_finding(aws):
        guardduty.gather(aws, harvest)
        return
    _ends(data, rule, harvest)
    if rule.blames_the_file:
        _files(alert, harvest)
    _mail(part(data, "office365"), harvest)
    for written in rule.info[:_MOST]:
        # Wazuh glues the parts of a rule's information: `CVE-2014-6271https://…`.
        if hole := _CVE.match(written):
            harvest.add("cve", hole[0], "unknown", role="exploit-target")


def _ends(data: Fields, rule: Rule, harvest: Harvest) -> None:
    """Where something came from attacks; what was called, only if nothing came from outside."""
    sources = [bare(value) for value in values(data, *SOURCES)[:_MOST]]
    targets = [bare(value) for value in values(data, *TARGETS)[:_MOST]]
    came = [value for value in sources if harvest.address(value, role=rule.role)]
    if not came:
        if rule.called:
            _called(data, rule, targets, harvest)
        return
    if targets and rule.server_role and any(harvest.address(value) for value in targets):
        harvest.hide(came)  # a command server at one end, and a machine of the member at the other
    harvest.hide(targets)


def _called(data: Fields, rule: Rule, targets: list[str], harvest: Harvest) -> None:
    for value in targets:
        harvest.address(value, "infrastructure", role=rule.server_role)
    for value in values(data, *NAMES):
        harvest.add("domain", value, "infrastructure", role=rule.server_role)
    for value in values(data, ("url",)):
        harvest.add("url", value, "infrastructure", role=rule.server_role)


def _files(alert: Fields, harvest: Harvest) -> None:
    syscheck = part(alert, "syscheck")
    for field in _CHANGED:
        harvest.digest(text(syscheck, field), role="payload")
    data = part(alert, "data")
    for digest in hashes(text(part(part(data, "win"), "eventdata"), "hashes")):
        harvest.digest(digest, role="payload")


def _mail(office: Fields, harvest: Harvest) -> None:
    """A mail, or a link, in which Microsoft 365 found a threat."""
    if number(office, "RecordType") not in _MAIL_THREATS:
        return
    harvest.add("email", text(office, "P2Sender") or text(office, "P1Sender"), role="sender")
    harvest.add("url", text(office, "Url"), "infrastructure", role="phishing")
    for file in parts(office, "AttachmentData")[:_MOST]:
        harvest.digest(text(file, "SHA256"), role="payload")
