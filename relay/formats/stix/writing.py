"""Observables as patterns of STIX 2.1: one comparison each, so that an indicator stands alone."""

from collections.abc import Mapping
from types import MappingProxyType

_PATTERNS: Mapping[str, str] = MappingProxyType(
    {
        "ipv4": "[ipv4-addr:value = '{}']",
        "ipv6": "[ipv6-addr:value = '{}']",
        "domain": "[domain-name:value = '{}']",
        "onion": "[domain-name:value = '{}']",
        "url": "[url:value = '{}']",
        "email": "[email-addr:value = '{}']",
        "md5": "[file:hashes.MD5 = '{}']",
        "sha1": "[file:hashes.'SHA-1' = '{}']",
        "sha256": "[file:hashes.'SHA-256' = '{}']",
        "sha512": "[file:hashes.'SHA-512' = '{}']",
        "cert-sha1": "[x509-certificate:hashes.'SHA-1' = '{}']",
        "cert-sha256": "[x509-certificate:hashes.'SHA-256' = '{}']",
    }
)


def pattern(kind: str, value: str) -> str | None:
    """Return the pattern that matches an observable; None if STIX has none for its type, or if it
    only describes: whoever blocks an AS, an agent or a registry key hits the innocent."""
    if kind == "cidr":
        family = "ipv6" if ":" in value else "ipv4"
        return f"[{family}-addr:value ISSUBSET '{value}']"
    shape = _PATTERNS.get(kind)
    if shape is None:
        return None
    if "\\" in value or "'" in value:
        value = value.replace("\\", "\\\\").replace("'", "\\'")
    return shape.replace("{}", value)
