"""What waits to be said: bounded whatever happens, true when it is said, and never a command that is late."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.adapters.mqtt.outbox import COMMAND_S, COMMANDS, TOPICS, WINDOW, Letter, Outbox
from edge.records import Publish


def cart(visit: object, total: int) -> Publish:
    return Publish(f"visit/{visit}/cart", {"total": total} if total else {}, retain=True)


def command(visit: object) -> Publish:
    return Publish("gate/entry/command", {"open": True, "visit": str(visit)})


def sent(outbox: Outbox, now_s: float = 0.0, confirm: bool = True) -> list[tuple[str, bytes]]:
    """Everything that goes out now."""
    letters: list[Letter] = []
    while (letter := outbox.take(now_s)[0]) is not None:
        outbox.sent(id(letter), letter)
        letters.append(letter)
        if confirm:
            outbox.confirmed(id(letter))
    return [(letter.topic, letter.payload) for letter in letters]


def test_only_the_last_value_is_said() -> None:
    outbox = Outbox()
    for total in range(1, 1000):
        outbox.put(cart("v1", total), 0.0)
    outbox.opened()
    assert sent(outbox) == [("visit/v1/cart", b'{"total":999}')]
    assert outbox.idle


def test_a_cleared_cart_is_forgotten_once_a_broker_knows() -> None:
    outbox = Outbox()
    outbox.put(cart("v1", 100), 0.0)
    outbox.put(cart("v1", 0), 0.0)
    for _ in range(2):
        outbox.opened()
        assert sent(outbox, confirm=False) == [("visit/v1/cart", b"")]
        assert outbox.closed() == []
    outbox.opened()
    sent(outbox)
    outbox.opened()
    assert sent(outbox) == []
    assert len(outbox) == 0


def test_a_cart_that_came_back_meanwhile_is_not_forgotten() -> None:
    outbox = Outbox()
    outbox.opened()
    outbox.put(cart("v1", 0), 0.0)
    (clearing,) = [outbox.take(0.0)[0]]
    assert clearing is not None
    outbox.sent(1, clearing)
    outbox.put(cart("v1", 200), 0.0)
    outbox.confirmed(1)
    assert sent(outbox) == [("visit/v1/cart", b'{"total":200}')]


def test_commands_come_first_and_not_late() -> None:
    outbox = Outbox()
    outbox.opened()
    outbox.put(cart("v1", 100), 0.0)
    outbox.put(command("early"), 0.0)
    outbox.put(command("late"), COMMAND_S)
    now_s = COMMAND_S + 0.1
    letter, late = outbox.take(now_s)
    assert [b"early" in x.payload for x in late] == [True]
    assert letter is not None
    assert b"late" in letter.payload


def test_a_command_that_nobody_confirmed_is_told_and_not_repeated() -> None:
    outbox = Outbox()
    outbox.opened()
    outbox.put(command("under way"), 0.0)
    sent(outbox, confirm=False)
    outbox.put(command("waiting"), 0.0)
    lost = outbox.closed()
    assert [b"under way" in lost[0].payload, b"waiting" in lost[1].payload] == [True, True]
    assert outbox.put(command("too late"), 0.0) is not None
    outbox.opened()
    assert sent(outbox) == []


@given(st.lists(st.sampled_from(["command", "cart", "clear", "open", "close", "send", "confirm"]), max_size=60))
def test_no_more_than_a_window_is_under_way(steps: list[str]) -> None:
    outbox, number, waiting = Outbox(), 0, list[int]()
    for i, step in enumerate(steps * 5):
        match step:
            case "command":
                outbox.put(command(i), 0.0)
            case "cart" | "clear":
                outbox.put(cart(i % 40, 100 if step == "cart" else 0), 0.0)
            case "open":
                outbox.opened()
            case "close":
                outbox.closed()
                waiting.clear()
            case "confirm" if waiting:
                outbox.confirmed(waiting.pop(0))
            case "send":
                letter, _ = outbox.take(0.0)
                assert letter is None or len(waiting) < WINDOW
                if letter is not None:
                    outbox.sent(number, letter)
                    waiting.append(number)
                    number += 1


def test_it_does_not_grow_without_bound() -> None:
    outbox = Outbox()
    for i in range(TOPICS):
        assert outbox.put(cart(i, i % 2), 0.0) is None
    crowded_out = outbox.put(cart("one more", 1), 0.0)
    assert crowded_out is not None
    assert crowded_out.payload == b"", "first what is only to be cleared"
    outbox.opened()
    dropped = [outbox.put(command(i), 0.0) for i in range(COMMANDS + 1)]
    assert [letter is not None for letter in dropped] == [False] * COMMANDS + [True]
    assert len(outbox) == TOPICS + COMMANDS
