"""Exact coordinates through jgo, the only importer of it. jgo knows where Maven artifacts live."""

from pathlib import Path

from jgo.config import GlobalSettings
from jgo.maven import MavenContext as MavenContext

from relay.broker.artifact import Artifact
from relay.broker.errors import FetchError

# A stalled connection, not a slow one: the limit is on the silence between two reads.
SILENCE_S = 30
# Registries drop single requests out of hundreds; three in a row is an outage.
ATTEMPTS = 3


def context(directory: Path) -> MavenContext:
    """Return a Maven context that stores what it fetches below `directory`.

    The repositories are those of the user's own jgo configuration, else the one jgo knows.
    """
    repositories = GlobalSettings.load().repositories
    return MavenContext(repo_cache=directory, remote_repos=repositories or None, timeout=SILENCE_S)


def download(maven: MavenContext, artifact: Artifact) -> Path:
    """Fetch one jar by its exact coordinate; no POM is read and nothing else is resolved.

    Raises:
        FetchError: `ATTEMPTS` tries failed; names the artifact and the last cause.
    """
    project = maven.project(artifact.group, artifact.name)
    wanted = project.at_version(artifact.version).artifact(artifact.classifier)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return wanted.resolve()
        # jgo raises RuntimeError for an answer it cannot use, and lets OSError (of which the
        # errors of its HTTP client are a kind) through.
        except (OSError, RuntimeError) as error:
            # jgo writes in place and takes any file it finds for a whole one.
            (maven.repo_cache / artifact.path).unlink(missing_ok=True)
            if attempt == ATTEMPTS:
                raise FetchError(f"{artifact.coordinate} could not be fetched: {error}") from error
    raise AssertionError("unreachable")
