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


class Stranger(Exception):
    """We cannot even introduce ourselves; the text says why."""


def explain(error: Exception, settings: Broker) -> str:
    """Why the broker could not be reached, or be talked with."""
    where = f"the broker at {settings.host}:{settings.port}"
    match error:
        case ssl.SSLCertVerificationError():
            told = error.verify_message or str(error)
            return f"{where} shows a certificate that is not believed ({told}). Set ca_file to the CA that signed it"
        case ssl.SSLError():
            return f"{where} does not speak TLS as we do ({error.reason or error}). Correct port or tls of [broker]"
        case socket.gaierror():
            return f"no host is called {settings.host!r}. Correct host of [broker], or the network's name service"
        case ConnectionRefusedError():
            return f"nobody answers at {settings.host}:{settings.port}. Start the broker, or correct host and port"
        case TimeoutError():
            return f"{where} cannot be reached. Check its power and the network"
        case OSError() if error.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN):
            return f"{where} cannot be reached ({error.strerror}). Check its power and the network"
    return f"{where} cannot be used ({error}). Correct [broker]"


def refused(settings: Broker, reason: str) -> str:
    """It answered, and does not want us."""
    where = f"the broker at {settings.host}:{settings.port}"
    if "user name" in reason.lower() or "authorized" in reason.lower():
        return f"{where} refuses user {settings.user!r}. Correct user and password of [broker], or the broker's users"
    return f"{where} refuses the connection ({reason.lower()}). See its log"


def lost(settings: Broker) -> str:
    """It was there a moment ago."""
    hint = f"Connecting again; if it repeats, see the broker's log, and look for a second one of {settings.user!r}"
    return f"the connection to the broker at {settings.host}:{settings.port} was lost. {hint}"


def silent(settings: Broker) -> str:
    """Somebody took the connection and says nothing that we understand."""
    hint = "Is it a broker, and is tls right?"
    return f"whoever listens at {settings.host}:{settings.port} does not answer like a broker. {hint}"


def hung_up(settings: Broker) -> str:
    """The connection ended before the broker had let us in."""
    hint = "Correct port or tls of [broker]; a TLS port needs tls = true"
    return f"the broker at {settings.host}:{settings.port} hangs up before it answers. {hint}"


def unreadable(key: str, path: Path | None, error: Exception) -> str:
    """A file that the settings name."""
    told = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"{key} of [broker] cannot be used ({path}: {told}). Make it readable for the runtime"
