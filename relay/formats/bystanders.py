"""Hosts that stand in records without being anybody's weapon."""

import re

from relay.core.refang import refang_url

# Where analysts publish and look things up. A URL there is a report, whatever its type says.
_REPORTS = frozenset((
    "abuseipdb.com", "alienvault.com", "any.run", "bleepingcomputer.com", "censys.io",
    "cisa.gov", "crowdstrike.com", "eset.com", "f-secure.com", "fireeye.com", "fortinet.com",
    "hybrid-analysis.com", "intezer.com", "joesandbox.com", "kaspersky.com",
    "malpedia.caad.fkie.fraunhofer.de",
    "malwarebytes.com", "malwr.com", "mandiant.com", "mcafee.com", "mitre.org",
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
    "github.com", "githubusercontent.com", "gitlab.com", "gmail.com",
    "google.com", "googleapis.com", "ibb.co", "imgur.com", "instagram.com",
    "linkedin.com", "live.com", "mail.ru",
    "mediafire.com", "mega.nz", "microsoft.com", "mozilla.org", "msn.com", "od.lk", "office.com",
    "office365.com", "outlook.com", "pastebin.com", "putdrive.com", "reddit.com", "slack.com",
    "t.me", "telegram.org", "telegra.ph", "twitter.com", "vk.com", "whatsapp.com", "wikipedia.org",
    "windows.com", "windowsupdate.com", "x.com", "yahoo.com", "yandex.ru", "youtube.com",
))  # fmt: skip

# What tells who asks their own address: malware asks it, too, and nothing there is its own.
_MIRRORS = frozenset((
    "api.ipify.org", "checkip.amazonaws.com", "checkip.dyndns.org", "freegeoip.net",
    "icanhazip.com", "ident.me", "ifconfig.me", "ip-api.com", "ipecho.net", "ipify.org",
    "ipinfo.io", "myexternalip.com", "whatismyip.com", "wtfismyip.com",
))  # fmt: skip

_KNOWN = _SERVICES | _MIRRORS | _REPORTS

_HOST = re.compile(r"(?:[a-z]{3,5}://)?(?:[^/?#@]*@)?([^/?#:]+)", re.IGNORECASE)
_FRONT = re.compile(r"(?::[0-9]{1,5})?/?")  # what may stand behind the host


def reports(url: str) -> bool:
    """Return whether a URL is of somebody who writes about attacks."""
    return _below(_host(url), _REPORTS)


def answers(url: str) -> bool:
    """Return whether a URL is of a service that tells who asks their own address."""
    return _below(_host(url), _MIRRORS)


def serves(host: str) -> bool:
    """Return whether a name is of a service that everybody uses, or of who writes about attacks."""
    return _below(host, _KNOWN)


def fronts(url: str) -> bool:
    """Return whether a URL is but the front page of a service that everybody uses."""
    found = _HOST.match(refang_url(url))
    return (
        found is not None
        and serves(found[1])
        and _FRONT.fullmatch(found.string, found.end()) is not None
    )


def _host(url: str) -> str:
    found = _HOST.match(refang_url(url))
    return "" if found is None else found[1]


def _below(host: str, known: frozenset[str]) -> bool:
    name = host.strip().lower().rstrip(".")
    while name:
        if name in known:
            return True
        name = name.partition(".")[2]
    return False
