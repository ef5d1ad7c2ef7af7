"""Files with a secret in them, written so that nobody else reads them and nobody reads half."""

from pathlib import Path


def replace_secret(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, in one step. Raises OSError."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600, exist_ok=False)
    part.write_bytes(content)
    part.replace(path)
