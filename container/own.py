"""Files that no package has, or that a package's script would have made."""

from pathlib import Path

USER = 65532
"""Who the relay is; the number that images without a shell use for nobody in particular."""

STATE = "var/lib/relay"
SETTINGS = "etc/relay"
MOUNTED = ("dev", "proc", "run", "sys", "tmp")
"""Directories that must be there, since the root may be read-only."""

# -I: no variable of Python's and nothing in the working directory changes what is imported.
LAUNCHER = "#!/usr/bin/python3 -IB\nfrom relay.cli import main\n\nmain()\n"

FILES = {
    "etc/passwd": f"root:x:0:0:root:/root:/none\nrelay:x:{USER}:{USER}:relay:/{STATE}:/none\n",
    "etc/group": f"root:x:0:\nrelay:x:{USER}:\n",
    # Without it glibc asks DNS before it reads /etc/hosts.
    "etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    "usr/bin/relay": LAUNCHER,
}

LINKS = {
    "bin": "usr/bin",
    "lib": "usr/lib",
    "lib64": "usr/lib64",
    "sbin": "usr/sbin",
    "usr/lib/ssl/cert.pem": "../../../etc/ssl/certs/ca-certificates.crt",
}

AUTHORITIES = "etc/ssl/certs/ca-certificates.crt"


def write(root: Path) -> None:
    """Add them to the files of packages below `root`."""
    for name in (*MOUNTED, SETTINGS, STATE, "usr/sbin"):
        (root / name).mkdir(parents=True, exist_ok=True)
    for name, text in FILES.items():
        _parent(root / name).write_text(text, "ascii")
    (root / "usr/bin/relay").chmod(0o755)
    (root / "tmp").chmod(0o1777)
    (root / STATE).chmod(0o750)
    for name, target in LINKS.items():
        _parent(root / name).unlink(missing_ok=True)
        (root / name).symlink_to(target)
    certificates = sorted((root / "usr/share/ca-certificates").rglob("*.crt"))
    bundle = b"".join(path.read_bytes().rstrip() + b"\n" for path in certificates)
    _parent(root / AUTHORITIES).write_bytes(bundle)


def owner(path: str) -> int:
    """Return whose a file of the image is: user and group alike."""
    return USER if path == STATE else 0


def _parent(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
