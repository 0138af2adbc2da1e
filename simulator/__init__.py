"""A physical shop in software: plates, people, cameras and their faults; stories, recordings, replay, compare.

A story (`simulator.story`) is acted out on the stage by behaviours (`simulator.behaviours`), then plates and cameras
look at the play (`simulator.world`), and what they say is written as a recording::

    simulate_story(store, text, Path("a.mcap"))
    simulate_busy(store, 10, Path("b.mcap"), seed=4)
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.busy import Habits
    from simulator.commands import simulate, simulate_busy, simulate_story

__all__ = ["Habits", "simulate", "simulate_busy", "simulate_story"]


def __getattr__(name: str) -> Any:
    """The four above when somebody wants them: a replay needs no stage, and its start counts."""
    if name in __all__:
        from simulator import busy, commands

        return getattr(busy if name == "Habits" else commands, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
