"""Is a cluster of use? Asked with a record, since an open port says nothing."""

import asyncio
import contextlib
import secrets
import socket
import ssl
from collections.abc import Awaitable, Mapping
from types import MappingProxyType
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.conn import collect_hosts
from aiokafka.errors import KafkaError, for_code

# As many as the largest local cluster has nodes, so that each of them leads one.
PARTITIONS = 3
PAUSE_S = 0.1
# One request of a cluster in working order takes milliseconds; one that hangs is given up.
REQUEST_MS = 5_000
# Closing a client may wait for an answer that does not come.
CLOSE_S = 2.0


Client = Mapping[str, Any]
"""Keyword arguments of aiokafka's clients that make them those of a secured cluster."""

OPEN: Client = MappingProxyType({})


async def round_trip(bootstrap: str, timeout_s: float, client: Client = OPEN) -> None:
    """Write records in a transaction to each partition of a throw-away topic and read them back.

    No consumer group is used. The topic is deleted at the end; the transactional id `relay.probe`
    stays known to the cluster, and probes that run at the same time fence each other and retry.

    Raises:
        TimeoutError: it did not work within `timeout_s` seconds; names the last cause.
    """
    causes: list[KafkaError] = []
    try:
        async with asyncio.timeout(timeout_s):
            await _until_it_works(bootstrap, client, causes)
    except TimeoutError:
        cause = repr(causes[-1]) if causes else "no answer"
        raise TimeoutError(f"{bootstrap}: no record came back in {timeout_s:g} s: {cause}") from (
            causes[-1] if causes else None
        )


def speaks_tls(bootstrap: str, timeout_s: float) -> None:
    """Shake hands with each broker, whoever signed for it: no secret is sent. Raises OSError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    for host, port, _ in collect_hosts(bootstrap.split(",")):
        with (
            socket.create_connection((host, port), timeout_s) as connection,
            context.wrap_socket(connection) as spoken,
            contextlib.suppress(OSError),  # it has spoken, however it says goodbye
        ):
            spoken.unwrap()


async def _until_it_works(bootstrap: str, client: Client, causes: list[KafkaError]) -> None:
    """Try until it works; `causes` holds the error of the last attempt."""
    while True:
        try:
            return await _once(bootstrap, client)
        except KafkaError as error:
            causes[:] = [error]
        await asyncio.sleep(PAUSE_S)


async def _once(bootstrap: str, client: Client) -> None:
    topic = f"relay.probe.{secrets.token_hex(4)}"
    admin = AIOKafkaAdminClient(
        bootstrap_servers=bootstrap, request_timeout_ms=REQUEST_MS, **client
    )
    try:
        await admin.start()
        # -1: as often as the cluster replicates by default, which aiokafka's own check of its
        # arguments lets through only next to an assignment, be it an empty one.
        created = await admin.create_topics([NewTopic(topic, PARTITIONS, -1, {})])
        for _, code, message in created.topic_errors:
            if code:
                raise for_code(code)(message)
        try:
            await _write(bootstrap, topic, client)
            await _read(bootstrap, topic, client)
        finally:
            await admin.delete_topics([topic])
    finally:
        await _closed(admin.close())


async def _write(bootstrap: str, topic: str, client: Client) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        transactional_id="relay.probe",
        request_timeout_ms=REQUEST_MS,
        **client,
    )
    try:
        await producer.start()
        async with producer.transaction():
            sent = [
                await producer.send(topic, b"probe", partition=each) for each in range(PARTITIONS)
            ]
            await asyncio.gather(*sent)
    finally:
        await _closed(producer.stop())


async def _read(bootstrap: str, topic: str, client: Client) -> None:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        request_timeout_ms=REQUEST_MS,
        **client,
    )
    try:
        await consumer.start()
        partitions = [TopicPartition(topic, each) for each in range(PARTITIONS)]
        consumer.assign(partitions)
        for partition in partitions:
            await consumer.getone(partition)
    finally:
        await _closed(consumer.stop())


async def _closed(closing: Awaitable[None]) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_S):
            await closing
