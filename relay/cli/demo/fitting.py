"""Making what a secured stage needs: an authority, the node's certificate, a password."""

import secrets
from pathlib import Path

from relay.broker import Secured
from relay.broker.certificates import Authority
from relay.broker.secured import NODE
from relay.cli.demo.locks import ADMIN, Locks
from relay.settings.secret_file import replace_secret


def fitted(home: Path) -> Locks:
    """Make all of it anew. Raises OSError."""
    authority = Authority(home / "authority.crt", "demo")
    keystore = authority.issue(NODE, home).both
    password = secrets.token_urlsafe()
    locks = Locks(home, Secured(keystore, authority.path, ADMIN, password))
    replace_secret(locks.password, password.encode())
    return locks
