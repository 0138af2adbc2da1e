"""What is wrong with the connection to the broker, in words that say what to do.

Enters: what the network, TLS or the broker answered, and the ``[broker]`` settings. Leaves: one sentence for staff with
its remedy. Secrets never stand in one.
"""

from __future__ import annotations

import errno
import socket
import ssl
from pathlib import Path

from edge.site import Broker
from edge.told import Sentence, told


class Stranger(Exception):
    """We cannot even introduce ourselves; the text says why."""


def explain(error: Exception, settings: Broker) -> Sentence:
    """Why the broker could not be reached, or be talked with."""
    where, named, why = _where(settings), settings.host, getattr(error, "strerror", None) or str(error)
    match error:
        case ssl.SSLCertVerificationError():
            return told(
                "{where} shows a certificate that is not believed ({why}). Set ca_file to the CA that signed it",
                where=where, why=error.verify_message or str(error),
            )  # fmt: skip
        case ssl.SSLError():
            return told(
                "{where} does not speak TLS as we do ({why}). Correct port or tls of [broker]",
                where=where, why=error.reason or error,
            )  # fmt: skip
        case socket.gaierror():
            return told(
                "no host is called {host!r}. Correct host of [broker], or the network's name service", host=named
            )
        case ConnectionRefusedError():
            return told(
                "nobody answers at {host}:{port}. Start the broker, or correct host and port",
                host=named, port=settings.port,
            )  # fmt: skip
        case TimeoutError():
            return told("{where} cannot be reached. Check its power and the network", where=where)
        case OSError() if error.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN):
            return told("{where} cannot be reached ({why}). Check its power and the network", where=where, why=why)
    return told("{where} cannot be used ({error}). Correct [broker]", where=where, error=error)


def refused(settings: Broker, reason: str) -> Sentence:
    """It answered, and does not want us."""
    where = _where(settings)
    if "user name" in reason.lower() or "authorized" in reason.lower():
        return told(
            "{where} refuses user {user!r}. Correct user and password of [broker], or the broker's users",
            where=where, user=settings.user,
        )  # fmt: skip
    return told("{where} refuses the connection ({why}). See its log", where=where, why=reason.lower())


def lost(settings: Broker) -> Sentence:
    """It was there a moment ago."""
    return told(
        "the connection to the broker at {host}:{port} was lost. Connecting again; if it repeats, see the "
            "broker's log, "
        "and look for a second one of {user!r}",
        host=settings.host, port=settings.port, user=settings.user,
    )  # fmt: skip


def silent(settings: Broker) -> Sentence:
    """Somebody took the connection and says nothing that we understand."""
    return told(
        "whoever listens at {host}:{port} does not answer like a broker. Is it a broker, and is tls right?",
        host=settings.host, port=settings.port,
    )  # fmt: skip


def hung_up(settings: Broker) -> Sentence:
    """The connection ended before the broker had let us in."""
    return told(
        "{where} hangs up before it answers. Correct port or tls of [broker]; a TLS port needs tls = true",
        where=_where(settings),
    )


def unreadable(key: str, path: Path | None, error: Exception) -> Sentence:
    """A file that the settings name."""
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return told(
        "{key} of [broker] cannot be used ({path}: {why}). Make it readable for the runtime",
        key=key, path=path, why=why,
    )  # fmt: skip


def _where(settings: Broker) -> Sentence:
    return told("the broker at {host}:{port}", host=settings.host, port=settings.port)
