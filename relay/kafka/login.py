"""Why a broker lets nobody in: asked once more, since aiokafka's clients only log it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from aiokafka.conn import AIOKafkaConnection, collect_hosts
from aiokafka.errors import KafkaError, for_code
from aiokafka.protocol.admin import DescribeAclsRequest

from relay.kafka.config import KafkaSettings
from relay.kafka.errors import DENIED
from relay.kafka.rules import CLUSTER

Question: TypeAlias = Callable[[AIOKafkaConnection], Awaitable[None]]

CLOSE_S: Final = 1.0
"""How long a broker may take to say goodbye."""

GOODBYE_S: Final = 0.2
"""How long one takes that nobody can wait for."""


CLUSTERS: Final = 4
LITERALS: Final = 3
ANYTHING: Final = 1
"""Kafka's numbers of a kind of resource, of a kind of name, and of any operation or permission."""


async def nothing(_: AIOKafkaConnection) -> None:
    """Ask nothing: being let in is all that matters."""


async def rules_of_the_cluster(connection: AIOKafkaConnection) -> None:
    """Ask for rules, which brokers tell those whom a rule allows it and those above all rules.

    Raises ClusterAuthorizationFailedError: it is neither; or another KafkaError.
    """
    answer = await connection.send(
        DescribeAclsRequest(CLUSTERS, CLUSTER, LITERALS, None, None, ANYTHING, ANYTHING)
    )
    if answer.error_code:
        raise for_code(answer.error_code)(answer.error_message)


async def refusal(settings: KafkaSettings, ask: Question = nothing) -> Exception | None:
    """Return the error of logging in and asking at the first broker that says one, None if one
    lets us in and answers.

    Of several brokers that do not answer, it is the last one's.
    """
    error: Exception | None = None
    for host, port, _ in collect_hosts(list(settings.bootstrap)):
        error = await _attempt(settings, host, port, ask)
        if error is None or isinstance(error, DENIED):
            break
    return error


async def _attempt(
    settings: KafkaSettings, host: str, port: int, ask: Question
) -> Exception | None:
    connection = AIOKafkaConnection(
        host,
        port,
        client_id=settings.app,
        request_timeout_ms=settings.request_timeout_ms,
        **settings.client,
    )
    try:
        await connection.connect()
        await ask(connection)
    except (KafkaError, OSError, TimeoutError) as error:
        # aiokafka has let go of a connection on which it could not log in; TLS ends it in turns.
        await asyncio.sleep(GOODBYE_S)
        return error
    else:
        return None
    finally:
        # It is in vain where there never was a connection.
        await asyncio.wait({connection.close()}, timeout=CLOSE_S)
