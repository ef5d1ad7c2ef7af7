"""Names that everybody has: in a record of a victim's side they do not name the victim."""

PROVIDERS = frozenset((
    "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com",
    "yahoo.com", "icloud.com", "me.com", "aol.com", "gmx.com", "gmx.net", "gmx.de", "web.de",
    "proton.me", "protonmail.com", "mail.ru", "yandex.ru", "qq.com", "163.com", "onmicrosoft.com",
    "microsoft.com", "windows.net",
))  # fmt: skip
"""Domains of everybody's mailboxes: they do not name a member."""

EVERYBODY = frozenset((
    "nt authority", "nt-autorität", "autorite nt", "workgroup", "builtin", "azuread",
    "microsoftaccount", "window manager", "font driver host", "localsystem", "local service",
    "network service", "iis apppool", "microsoft", "unknown", "multiple", "unassigned",
))  # fmt: skip
"""Names of accounts and domains that every Windows has: they do not name a member."""
