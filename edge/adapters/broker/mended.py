"""amqtt with the rights of a shop, each answered at once.

Enters: `Orders` with everybody's rights. Leaves: a `MendedBroker`. What is retained goes to who subscribed to it and
may read it, by the shop's own rule and not by amqtt's. amqtt also walks its table of subscriptions while it asks for
rights, and loses a message when somebody subscribes meanwhile: here nobody waits for an answer. Two of its inner
methods are overridden for that; tests with real clients notice should a newer amqtt do without them
(`tests/adapters/test_door.py`), and its own plugin refuses whatever these would.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from amqtt.broker import Broker
from amqtt.contexts import Action, BaseContext, BrokerConfig, ListenerConfig, ListenerType
from amqtt.plugins.base import BaseAuthPlugin, BaseTopicPlugin
from amqtt.session import Session

from edge.adapters.broker.rights import Orders, may

LISTENER: Final = "door"
LOG: Final = "tebura.broker"
FORGET_S: Final = 30
"""A client that went is forgotten after so long."""

logger = logging.getLogger(LOG)


class AccessList(BaseAuthPlugin, BaseTopicPlugin):  # type: ignore[misc]
    """Everybody's rights, asked by amqtt for each message and subscription."""

    @dataclass
    class Config:
        """As amqtt wants it: user -> patterns."""

        write: dict[str, list[str]] = field(default_factory=dict)
        read: dict[str, list[str]] = field(default_factory=dict)

    def __init__(self, context: BaseContext) -> None:
        super().__init__(context)
        write: dict[str, list[str]] = self._get_config_option("write", {})
        self.answers = Answers(write, self._get_config_option("read", {}))

    async def authenticate(self, *, session: Session) -> bool | None:
        """The door has done that; nobody without rights comes so far."""
        return session.username in self.answers.write

    async def topic_filtering(
        self, *, session: Session | None = None, topic: str | None = None, action: Action | None = None
    ) -> bool | None:
        return self.answers.allow(session, topic, action)


class Answers:
    """May they? Remembered, because the same is asked for each message; a refusal is logged once."""

    def __init__(self, write: Mapping[str, list[str]], read: Mapping[str, list[str]]) -> None:
        self.write, self._read = write, read
        self._known: dict[tuple[str, str, bool], bool] = {}

    def allow(self, session: Session | None, topic: str | None, action: Action | None) -> bool:
        """Publishing needs the right to write; subscribing and receiving that to read."""
        if session is None or topic is None or session.username is None:
            return False
        key = (session.username, topic, action is Action.PUBLISH)
        allowed = self._known.get(key)
        if allowed is None:
            patterns = (self.write if key[2] else self._read).get(key[0], [])
            allowed = may(patterns, topic)
            if not allowed:
                logger.warning("%s may not %s %s", key[0], "write" if key[2] else "read", topic)
            if len(self._known) > 10_000:
                self._known.clear()
            self._known[key] = allowed
        return allowed


class MendedBroker(Broker):  # type: ignore[misc]
    """amqtt, with no port of its own (`edge.adapters.broker.door`) and our rights."""

    def __init__(self, orders: Orders) -> None:
        rights: dict[str, Any] = {
            "write": {user: list(rights.write) for user, rights in orders.rights.items()},
            "read": {user: list(rights.read) for user, rights in orders.rights.items()},
        }
        outside = ListenerConfig(type=ListenerType.EXTERNAL)
        super().__init__(
            BrokerConfig(
                listeners={"default": outside, LISTENER: outside},
                plugins={f"{__name__}.{AccessList.__name__}": rights},
                session_expiry_interval=FORGET_S,
            )
        )
        self._answers = Answers(rights["write"], rights["read"])

    async def _topic_filtering(self, session: Session, topic: str, action: Action) -> bool:
        return self._answers.allow(session, topic, action)

    async def _publish_retained_messages_for_subscription(
        self, subscription: tuple[str, int], session: Session
    ) -> None:
        """Only to who has subscribed to that."""
        if any(who is session for who, _ in self.subscriptions.get(subscription[0], ())):
            await super()._publish_retained_messages_for_subscription(subscription, session)
