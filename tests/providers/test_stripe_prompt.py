"""`tebura simulate --stripe`: what is typed happens."""

from __future__ import annotations

import subprocess
import sys
import tomllib

import pytest
import stripe

from simulator.providers import KEY, StripeDouble
from simulator.providers.prompt import HELP, block, obey


def test_what_is_typed_happens(capsys: pytest.CaptureFixture[str]) -> None:
    with StripeDouble() as double:
        said: list[str] = []
        client = stripe.StripeClient(KEY, base_addresses={"api": double.url}, max_network_retries=0)
        assert obey(
            double, ["customer", "customer pm_card_jcb", "busy 2 GET /v1/events", "customer pm_none"], said.append
        )
        customer, method = said[0].split(":")
        for _ in range(2):
            with pytest.raises(stripe.RateLimitError):
                client.v1.events.list()
        paid = client.v1.payment_intents.create(
            {"amount": 500, "currency": "jpy", "customer": customer, "payment_method": method, "confirm": True}
        )
        given = client.v1.refunds.create({"payment_intent": paid.id, "amount": 100})
        typed = ["money", f"refund {given.id} failed", "money", f"dispute {paid.id}", "dispute pi_no", "quit", "money"]
        assert not obey(double, typed, said.append)
        assert said[2:] == ["there is no card pm_none", "400", "500", said[-1]]
        assert "pi_no" in said[-1]
        obey(double, ["forget", "pass 60", "what"], said.append)
        assert capsys.readouterr().err.strip() == HELP
        assert double.keys.stored == {}
        assert tomllib.loads(block(double))["payment"]["url"] == double.url


def test_it_runs_as_a_command() -> None:
    command = [sys.executable, "-m", "edge.cli", "simulate", "--stripe", "--port", "18429"]
    done = subprocess.run(command, input="customer\nquit\n", capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.startswith("http://127.0.0.1:18429\n")
    assert "cus_" in done.stdout


@pytest.mark.parametrize("wrong", [["--stripe", "--serial"], ["--port", "8420"]])
def test_what_does_not_go_together(wrong: list[str]) -> None:
    command = [sys.executable, "-m", "edge.cli", "simulate", *wrong]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "--stripe" in done.stderr
