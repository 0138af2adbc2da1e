"""``[payment]`` of ``site.toml``: whoever cannot be asked for money is one clear fault, with its remedy."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.odd_site import odd_site
from edge.paying import Payment, UnreadableSecret, read_secret
from edge.site import load_shop
from edge.store import BrokenStore
from tests.corner import write_store

SK = "sk_test_51Habcdefghijklmnop"
END = "\n"


def faults(folder: Path, site: str) -> list[str]:
    """What `tebura check` says of the corner shop with such a ``[payment]``."""
    write_store(folder / "store")
    (folder / "store" / "site.toml").write_text(f"[payment]\n{site}", encoding="utf-8")
    try:
        load_shop(folder / "store")
    except BrokenStore as error:
        return [str(fault) for fault in error.faults]
    return []


def secret(folder: Path, text: str = SK, mode: int = 0o600) -> str:
    path = folder / "secret"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return f'secret_file = "{path}"'


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o400])
def test_stripe_needs_a_secret_and_no_more(tmp_path: Path, mode: int) -> None:
    assert faults(tmp_path, f'provider = "stripe"\n{secret(tmp_path, SK + END, mode)}') == []


@pytest.mark.parametrize(
    ("text", "mode", "told"),
    [
        (SK, 0o644, "is open to everybody on this PC. Type: chmod o="),
        (SK, 0o602, "is open to everybody on this PC"),
        ("pk_test_123", 0o600, "does not begin with sk_ or rk_"),
        ("", 0o600, "holds no secret"),
        ("sk_test_1 sk_test_2", 0o600, "holds no secret"),
        ("ｓｋ", 0o600, "holds no secret"),
    ],
)
def test_a_secret_that_is_none_or_open_to_all(tmp_path: Path, text: str, mode: int, told: str) -> None:
    (fault,) = faults(tmp_path, f'provider = "stripe"\n{secret(tmp_path, text, mode)}')
    assert told in fault
    assert "payment.secret_file" in fault
    assert SK not in fault


@pytest.mark.parametrize(
    ("site", "told"),
    [
        ('provider = "stripe"', "payment.secret_file: is missing"),
        ('provider = "stripe"\nsecret_file = "/nowhere/key"', "there is no file /nowhere/key"),
        ('provider = "paypal"', "payment.provider"),
        ('provider = "stripe"\nsecret_file = "/proc/self/mem"', "payment.secret_file"),
        ('provider = "local"\nlatency_s = 30.0', "nobody waits so long"),
    ],
)
def test_what_is_missing_is_named_with_its_remedy(tmp_path: Path, site: str, told: str) -> None:
    (fault,) = faults(tmp_path, site)
    assert told in fault


def test_a_tab_is_kept_where_nobody_else_takes_the_money(tmp_path: Path) -> None:
    assert faults(tmp_path, 'provider = "local"\ntab = true') == []
    assert faults(tmp_path, "tab = true") == []
    for provider in ("stripe", 'http"\nurl = "https://pay.example'):
        (fault,) = faults(tmp_path, f'provider = "{provider}"\n{secret(tmp_path)}\ntab = true')
        assert "payment.tab" in fault
        assert 'Write provider = "local"' in fault


def test_a_secret_in_the_file_itself_is_refused_and_not_repeated(tmp_path: Path) -> None:
    for line in (f'secret = "{SK}"', f'key = "{SK}"', f'provider = "{SK}"', 'webhook_secret = "whsec_1"'):
        told = faults(tmp_path, line)
        assert told
        assert not any(SK in fault or "whsec_1" in fault for fault in told)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", "payment.url: is missing"),
        ("pay.example", "is no address"),
        ("ftp://pay.example", "is no address"),
        ("https://user:pw@pay.example", "is no address"),
        ("https://pay.example:99999", "is no address"),
        ("http://pay.example/tebura", "in the clear"),
    ],
)
def test_an_address_is_one_and_nothing_goes_in_the_clear(tmp_path: Path, url: str, told: str) -> None:
    (fault,) = faults(tmp_path, f'provider = "http"\nurl = "{url}"\n{secret(tmp_path, "s3cret")}')
    assert told in fault


@pytest.mark.parametrize("url", ["https://pay.example/tebura", "http://127.0.0.1:8420", "http://[::1]:1/x"])
def test_any_secret_and_a_good_address_will_do(tmp_path: Path, url: str) -> None:
    said = f'provider = "http"\nurl = "{url}"\nauth = "hmac"\nabilities = ["hold", "refund"]\nhold_days = 7.0\n'
    assert faults(tmp_path, said + secret(tmp_path, "s3cret")) == []


def test_systemd_hands_a_secret_over_to_the_service_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    site = 'provider = "stripe"\nsecret_file = "$CREDENTIALS_DIRECTORY/secret"'
    assert faults(tmp_path, site) == [], "only the service can look"
    with pytest.raises(UnreadableSecret, match="LoadCredential=secret:"):
        read_secret(Path("$CREDENTIALS_DIRECTORY/secret"))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (fault,) = faults(tmp_path, site)
    assert "there is no file" in fault
    secret(tmp_path)
    assert faults(tmp_path, site) == []
    assert read_secret(Path("${CREDENTIALS_DIRECTORY}/secret")) == SK


def test_a_secret_of_somebody_else_says_whose_business_it_is(tmp_path: Path) -> None:
    said = f'provider = "stripe"\n{secret(tmp_path)}'
    assert faults(tmp_path, said) == []
    with as_somebody_else(tmp_path / "secret"), pytest.raises(UnreadableSecret) as error:
        read_secret(tmp_path / "secret")
    assert "cannot be read (Permission denied). Make it readable for the shop's user" in str(error.value)


@contextmanager
def as_somebody_else(path: Path) -> Iterator[None]:
    """Root becomes nobody; anybody else takes the file's rights away from themselves."""
    mine = os.geteuid()
    if mine == 0:
        os.seteuid(65534)
    else:
        path.chmod(0)
    try:
        yield
    finally:
        os.seteuid(mine)


def test_webhooks_need_a_secret_of_their_own(tmp_path: Path) -> None:
    said = f'provider = "stripe"\n{secret(tmp_path)}\nwebhook_listen = "127.0.0.1"\n'
    (fault,) = faults(tmp_path, said)
    assert "payment.webhook_secret_file: is missing" in fault
    (tmp_path / "hook").write_text("whsec_1", encoding="utf-8")
    (tmp_path / "hook").chmod(0o600)
    said += f'webhook_secret_file = "{tmp_path}/hook"\n'
    assert faults(tmp_path, said) == []
    store, site = load_shop(tmp_path / "store")
    assert odd_site(site, store) == []
    for port, whose in ((1883, "the embedded broker"), (8321, "[web]")):
        (fault,) = faults(tmp_path, f"{said}webhook_port = {port}")
        assert f"payment.webhook_port: {whose} is on port {port} already" in fault
    assert faults(tmp_path, said.replace("127.0.0.1", "0.0.0.0")) == []
    assert [o.where for o in odd_site(load_shop(tmp_path / "store")[1], store)] == ["payment.webhook_listen"]
    (fault,) = faults(tmp_path, said.replace("127.0.0.1", "https://shop.example"))
    assert "'https://shop.example' is no host" in fault


@pytest.mark.parametrize("currency", ["ISK", "UGX", "MGA", "KWD"])
def test_a_currency_that_stripe_counts_otherwise_is_refused(tmp_path: Path, currency: str) -> None:
    said = f'provider = "stripe"\n{secret(tmp_path)}'
    assert faults(tmp_path, said) == []
    store = tmp_path / "store" / "store.toml"
    store.write_text(store.read_text(encoding="utf-8").replace('"JPY"', f'"{currency}"'), encoding="utf-8")
    with pytest.raises(BrokenStore, match=currency):
        load_shop(tmp_path / "store")


def test_without_the_package_it_is_said_how_to_install_it(tmp_path: Path) -> None:
    said = f'provider = "stripe"\n{secret(tmp_path)}'
    assert faults(tmp_path, said) == []
    hide = "import importlib.util as u; find = u.find_spec; u.find_spec = lambda n: None if n == 'stripe' else find(n)"
    program = f"{hide}; from edge.cli import main; main()"
    command = [sys.executable, "-c", program, "check", "--store", str(tmp_path / "store")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "payment.provider: the package stripe is missing" in done.stderr
    assert "pip install 'tebura[stripe]'" in done.stderr


def test_a_rehearsal_moves_no_money_but_a_doubles() -> None:
    real = Payment(provider="stripe", secret_file=Path("key"))
    assert real.in_rehearsal.provider == "local"
    for url in ("https://pay.example", "http://127.0.0.1:9000"):  # what is on this PC may be the way to a terminal
        assert Payment(provider="http", url=url).in_rehearsal.provider == "local"
    assert Payment(provider="stripe", url="http://127.0.0.1:8420").in_rehearsal.provider == "stripe"


def test_what_is_of_no_use_is_odd(tmp_path: Path) -> None:
    said = (
        'url = "https://pay.example"\nsecret_file = "/nowhere"\nauth = "hmac"\nabilities = ["hold"]\nhold_days = 1.0\n'
        'webhook_listen = "127.0.0.1"'
    )
    assert faults(tmp_path, said) == []
    store, site = load_shop(tmp_path / "store")
    odd = {fault.where for fault in odd_site(site, store)}
    names = {"url", "secret_file", "auth", "abilities", "hold_days", "webhook_listen"}
    assert odd == {f"payment.{name}" for name in names}
