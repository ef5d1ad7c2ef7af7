"""`relay doctor`: what support needs to know of a deployment, without a word of its members."""

from relay.cli.doctor.command import command

__all__ = ["command"]
