"""Why a broker lets nobody in: asked once more, since aiokafka's clients only log it."""

import asyncio
from typing import Final

from aiokafka.conn import AIOKafkaConnection, collect_hosts
from aiokafka.errors import KafkaError

from relay.kafka.config import KafkaSettings
from relay.kafka.errors import LOGIN

CLOSE_S: Final = 1.0
"""How long a broker may take to say goodbye."""


async def refusal(settings: KafkaSettings) -> Exception | None:
    """Return the error of logging in at the first broker that says one, None if one lets us in.

    Of several brokers that do not answer, it is the last one's.
    """
    error: Exception | None = None
    for host, port, _ in collect_hosts(list(settings.bootstrap)):
        error = await _attempt(settings, host, port)
        if error is None or isinstance(error, LOGIN):
            break
    return error


async def _attempt(settings: KafkaSettings, host: str, port: int) -> Exception | None:
    connection = AIOKafkaConnection(
        host,
        port,
        client_id=settings.app,
        request_timeout_ms=settings.request_timeout_ms,
        **settings.client,
    )
    try:
        await connection.connect()
    except (KafkaError, OSError, TimeoutError) as error:
        return error
    else:
        return None
    finally:
        # It is in vain where there never was a connection.
        await asyncio.wait({connection.close()}, timeout=CLOSE_S)
