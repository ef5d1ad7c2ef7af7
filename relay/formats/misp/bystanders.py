"""Hosts that stand in MISP events without being anybody's weapon."""

import re

from relay.core.domains import LONGEST
from relay.core.refang import refang_url

# Where analysts publish and look things up. A URL there is a report, whatever its type says.
_REPORTS = frozenset((
    "abuseipdb.com", "alienvault.com", "any.run", "bleepingcomputer.com", "censys.io", "circl.lu",
    "cisa.gov", "crowdstrike.com", "eset.com", "f-secure.com", "fireeye.com", "fortinet.com",
    "hybrid-analysis.com", "intezer.com", "joesandbox.com", "kaspersky.com",
    "malpedia.caad.fkie.fraunhofer.de",
    "malwarebytes.com", "malwr.com", "mandiant.com", "mcafee.com", "misp-project.org", "mitre.org",
    "nist.gov", "paloaltonetworks.com", "proofpoint.com", "reversinglabs.com", "securelist.com",
    "sentinelone.com", "shodan.io", "sophos.com", "symantec.com", "talosintelligence.com",
    "threatcrowd.org", "trendmicro.com", "unit42.com", "urlscan.io", "us-cert.gov",
    "virustotal.com", "volexity.com", "welivesecurity.com", "zscaler.com",
    "threatfox.abuse.ch", "bazaar.abuse.ch", "urlhaus.abuse.ch",
))  # fmt: skip

# What everybody uses, attackers too. Its name is an indicator only to an author who says so.
_SERVICES = frozenset((
    "adobe.com", "akamai.net", "apple.com", "baidu.com", "bing.com", "bit.ly", "bitbucket.org",
    "cloudflare.com", "discord.com", "discordapp.com", "dropbox.com", "facebook.com",
    "freegeoip.net", "github.com", "githubusercontent.com", "gitlab.com", "gmail.com",
    "google.com", "googleapis.com", "ibb.co", "icanhazip.com", "imgur.com", "instagram.com",
    "ip-api.com", "ipify.org", "ipinfo.io", "linkedin.com", "live.com", "mail.ru",
    "mediafire.com", "mega.nz", "microsoft.com", "mozilla.org", "msn.com", "od.lk", "office.com",
    "office365.com", "outlook.com", "pastebin.com", "putdrive.com", "reddit.com", "slack.com",
    "t.me", "telegram.org", "telegra.ph", "twitter.com", "vk.com", "whatsapp.com", "wikipedia.org",
    "windows.com", "windowsupdate.com", "x.com", "yahoo.com", "yandex.ru", "youtube.com",
))  # fmt: skip

_HOST = re.compile(r"(?:[a-z]{3,5}://)?(?:[^/?#@]*@)?([^/?#:]+)", re.IGNORECASE)


def reports(url: str) -> bool:
    """Return whether a URL is of somebody who writes about attacks."""
    found = _HOST.match(refang_url(url))
    return found is not None and _below(found[1], _REPORTS)


def serves(host: str) -> bool:
    """Return whether a name is of a service that everybody uses, or of who writes about attacks."""
    return _below(host, _SERVICES) or _below(host, _REPORTS)


def _below(host: str, known: frozenset[str]) -> bool:
    name = host.strip().lower().rstrip(".")[-LONGEST:]
    while name:
        if name in known:
            return True
        name = name.partition(".")[2]
    return False
