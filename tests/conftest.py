"""What holds for every test, wherever they are started from."""

from __future__ import annotations

import signal

# A shell ignores Ctrl-C on behalf of what it starts in the background, and children inherit that. Tests that stop a
# command as somebody at a terminal would are run from scripts, too.
signal.signal(signal.SIGINT, signal.default_int_handler)
