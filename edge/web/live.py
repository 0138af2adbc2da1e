"""What the shop says on its broker, as it stands: carts, ages, stock, status, last alerts, what gates were told.

Enters: messages of the topics that the runtime says. Leaves: the last one of each, and to the hub the name of what has
changed: ``status``, ``carts`` and ``visit/<id>``, ``stock``, ``alerts``, ``gate/<id>``. It only listens. A broker that
is gone shows in `Live.connected`; what was said before stays, because a page shows what it last knew.
"""

from __future__ import annotations

import ssl
import time
from collections import deque
from pathlib import Path
from typing import Any, Final

import msgspec
import tomlkit
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from edge.adapters.broker.rights import CONSOLE, SAYS
from edge.site import Site
from edge.web.hub import Hub

ALERTS: Final = 50
"""So many are kept; the book has them all."""

LARGEST: Final = 1 << 20
PASSWORDS: Final = "broker/passwords.toml"

Said = dict[str, Any]


class Live:
    """Hears the broker on a thread of paho's own, from `start` to `stop`."""

    def __init__(self, store: str, site: Site, folder: Path, hub: Hub) -> None:
        self._prefix = f"tebura/v1/{store}/"
        self._site, self._folder, self._hub = site, folder, hub
        self._said: dict[str, Said] = {}
        self.alerts: deque[Said] = deque(maxlen=ALERTS)
        self.commands: dict[str, tuple[float, Said]] = {}
        """Gate -> when it was told something (UNIX seconds), and what."""
        self.connected = False
        self._client: Client | None = None

    def start(self) -> None:
        """Returns at once; where no broker answers, it goes on trying."""
        broker, screens = self._site.broker, self._site.screens
        client = self._client = Client(CallbackAPIVersion.VERSION2)
        client.on_connect, client.on_disconnect, client.on_message = self._opened, self._closed, self._heard
        client.on_pre_connect = lambda *_: client.username_pw_set(*self._account())
        if broker.tls:
            client.tls_set_context(ssl.create_default_context(cafile=broker.ca_file))
        client.reconnect_delay_set(1, 10)
        client.username_pw_set(screens.user)
        client.connect_async(broker.host, broker.port, 10)
        client.loop_start()

    def stop(self) -> None:
        """Hang up."""
        if self._client is not None:
            self._client.disconnect()
            self._client.loop_stop()

    # --- what is known ----------------------------------------------------------------------------------------------

    @property
    def status(self) -> Said:
        """The last ``runtime/status``; empty: nothing was heard yet."""
        return self._said.get("runtime/status", {})

    def cart(self, visit: str) -> Said | None:
        """A visit's cart as the shop sees it; None: nobody is inside under this name."""
        return self._said.get(f"visit/{visit}/cart")

    def age(self, visit: str) -> Said | None:
        """What is asked about a visit's goods for adults; None: nothing."""
        return self._said.get(f"visit/{visit}/age")

    def carts(self) -> dict[str, Said]:
        """Visit -> cart, of everybody inside."""
        return self._of("visit/", "/cart")

    def ages(self) -> dict[str, Said]:
        """Visit -> what is asked about their goods for adults."""
        return self._of("visit/", "/age")

    def stock(self) -> list[Said]:
        """Every product of which a place was counted."""
        return list(self._of("stock/", "").values())

    def _of(self, begin: str, end: str) -> dict[str, Said]:
        said = list(self._said.items())
        return {t[len(begin) : len(t) - len(end)]: s for t, s in said if t.startswith(begin) and t.endswith(end)}

    # --- paho's thread ----------------------------------------------------------------------------------------------

    def _account(self) -> tuple[str, str]:
        """Of the console at the broker. A file that cannot be read is no password: it is refused, and tries again."""
        broker, screens = self._site.broker, self._site.screens
        try:
            if broker.kind == "embedded":
                table = tomlkit.parse((self._folder / PASSWORDS).read_text(encoding="utf-8"))
                return CONSOLE, str(table.get(CONSOLE, ""))
            if screens.password_file is not None:
                return screens.user, screens.password_file.read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            pass
        return screens.user, ""

    def _opened(self, client: Client, _data: Any, _flags: Any, reason: Any, _more: Any) -> None:
        self.connected = not reason.is_failure
        if self.connected:
            client.subscribe([(self._prefix + topic, 0) for topic in SAYS])
        self._hub.changed("status")

    def _closed(self, *_: Any) -> None:
        self.connected = False
        self._hub.changed("status")

    def _heard(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        try:
            topic = message.topic.removeprefix(self._prefix)
            if len(message.payload) > LARGEST:
                return
            said = msgspec.json.decode(message.payload, type=Said) if message.payload else None
        except (UnicodeDecodeError, msgspec.MsgspecError):
            return
        kind, _, rest = topic.partition("/")
        if topic == "runtime/alert":
            if said is not None:
                self.alerts.append(said)
            self._hub.changed("alerts")
        elif kind == "gate":
            if said is not None:
                self.commands[rest.partition("/")[0]] = (time.time(), said)
            self._hub.changed(topic.rpartition("/")[0])
        else:
            if said is None:
                self._said.pop(topic, None)
            else:
                self._said[topic] = said
            self._hub.changed(*(("carts", topic.rpartition("/")[0]) if kind == "visit" else (kind,)))
            if topic == "runtime/status":
                self._hub.changed("status")
