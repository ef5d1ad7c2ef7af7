"""What to do about an error, by its type. One table; nothing reads error texts."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from aiokafka.errors import (
    AuthenticationFailedError,
    AuthenticationMethodNotSupported,
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    IllegalOperation,
    IllegalSaslStateError,
    IllegalStateError,
    IncompatibleBrokerVersion,
    InvalidProducerEpoch,
    InvalidTopicError,
    InvalidTransactionTimeout,
    KafkaConnectionError,
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    NodeNotReadyError,
    ProducerFenced,
    RecordListTooLargeError,
    RequestTimedOutError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
    UnknownTopicOrPartitionError,
    UnsupportedSaslMechanismError,
    UnsupportedVersionError,
)

from relay.kafka.events import Why
from relay.state import StoreError


class Treatment(StrEnum):
    """What the shell does about an error."""

    REOPEN = "reopen"
    """Drop the client and begin again from what is committed."""
    TOPIC = "topic"
    """As REOPEN, but without the topic that caused it."""
    FATAL = "fatal"
    """Nothing here can mend it: the process ends with it."""


class DeadClientError(Exception):
    """A client's background task has ended or makes no progress."""


class SpentEpochError(Exception):
    """The transaction was committed, but copies of its requests may still arrive."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a topic was refused, and the batch it was refused: records, bytes, largest record."""

    why: Why
    records: int = 1
    size: int = 1
    largest: int = 1


class TopicsRefusedError(Exception):
    """The broker refuses these topics, or does not have them."""

    def __init__(self, topics: dict[str, Refusal]) -> None:
        super().__init__(", ".join(f"{topic}: {why}" for topic, why in sorted(topics.items())))
        self.topics = topics


TABLE: Final[dict[type[BaseException], tuple[Treatment, Why]]] = {
    ProducerFenced: (Treatment.REOPEN, Why.FENCED),
    InvalidProducerEpoch: (Treatment.REOPEN, Why.FENCED),
    TopicAuthorizationFailedError: (Treatment.TOPIC, Why.FORBIDDEN),
    UnknownTopicOrPartitionError: (Treatment.TOPIC, Why.MISSING),
    InvalidTopicError: (Treatment.TOPIC, Why.MISSING),
    MessageSizeTooLargeError: (Treatment.TOPIC, Why.OVERSIZED),
    RecordListTooLargeError: (Treatment.TOPIC, Why.OVERSIZED),
    TransactionalIdAuthorizationFailed: (Treatment.FATAL, Why.KAFKA),
    GroupAuthorizationFailedError: (Treatment.FATAL, Why.KAFKA),
    ClusterAuthorizationFailedError: (Treatment.FATAL, Why.KAFKA),
    AuthenticationFailedError: (Treatment.FATAL, Why.KAFKA),
    AuthenticationMethodNotSupported: (Treatment.FATAL, Why.KAFKA),
    SaslAuthenticationFailed: (Treatment.FATAL, Why.KAFKA),
    UnsupportedVersionError: (Treatment.FATAL, Why.KAFKA),
    IncompatibleBrokerVersion: (Treatment.FATAL, Why.KAFKA),
    InvalidTransactionTimeout: (Treatment.FATAL, Why.KAFKA),
    KafkaTimeoutError: (Treatment.REOPEN, Why.TIMEOUT),
    RequestTimedOutError: (Treatment.REOPEN, Why.TIMEOUT),
    TimeoutError: (Treatment.REOPEN, Why.TIMEOUT),
    KafkaConnectionError: (Treatment.REOPEN, Why.CONNECTION),
    NodeNotReadyError: (Treatment.REOPEN, Why.CONNECTION),
    OSError: (Treatment.REOPEN, Why.CONNECTION),
    DeadClientError: (Treatment.REOPEN, Why.DEAD_CLIENT),
    SpentEpochError: (Treatment.REOPEN, Why.CONNECTION),
    StoreError: (Treatment.REOPEN, Why.STORE),
    TopicsRefusedError: (Treatment.TOPIC, Why.MISSING),
    # aiokafka's answer to using a client whose background task has just failed.
    IllegalOperation: (Treatment.REOPEN, Why.DEAD_CLIENT),
    IllegalStateError: (Treatment.REOPEN, Why.DEAD_CLIENT),
    KafkaError: (Treatment.REOPEN, Why.KAFKA),
}

LOGIN: Final = (
    AuthenticationFailedError,
    AuthenticationMethodNotSupported,
    IllegalSaslStateError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)
"""The errors by which a broker refuses to know us."""

DENIED: Final = (
    *LOGIN,
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
    TransactionalIdAuthorizationFailed,
)
"""Those, and the ones by which it knows us and does not allow what was asked."""

UNPRIVILEGED: Final = (ClusterAuthorizationFailedError,)
"""The errors by which it keeps from us what is an administrator's."""

CLOSED: Final = (KafkaConnectionError,)
"""The errors by which a connection ends that there was."""

Environment: Final = (
    KafkaError,
    IllegalOperation,
    OSError,
    TimeoutError,
    StoreError,
    SpentEpochError,
    DeadClientError,
    TopicsRefusedError,
)
"""The errors that come from outside. Any other is a bug and goes through."""


def classify(error: BaseException) -> tuple[Treatment, Why]:
    """Return what to do about an error of `Environment`, by the nearest of its types."""
    return next((TABLE[kind] for kind in type(error).__mro__ if kind in TABLE), _BUG)


_BUG: Final = (Treatment.FATAL, Why.KAFKA)


def leaves(errors: BaseExceptionGroup[BaseException]) -> list[BaseException]:
    """Return the errors of a group and of the groups in it."""
    found: list[BaseException] = []
    for error in errors.exceptions:
        found += leaves(error) if isinstance(error, BaseExceptionGroup) else [error]
    return found
