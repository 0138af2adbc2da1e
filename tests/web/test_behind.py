"""With a certificate of its own, and behind a proxy: who asks is who asks, and cookies are for nobody else."""

from __future__ import annotations

import datetime
import ipaddress
import re
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from email.message import Message
from pathlib import Path
from shutil import copytree
from types import MappingProxyType

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from edge.web.failures import TRIES_OF_AN_ADDRESS
from edge.web.staff import FILE, Staff
from tests.web.served import Served
from tests.web.shops import PASSWORD, hire

DEMO = Path("config/demo")


class Plain(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def log_in(
    url: str,
    name: str,
    password: str = PASSWORD,
    context: ssl.SSLContext | None = None,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> tuple[int, Message]:
    data = urllib.parse.urlencode({"name": name, "password": password}).encode()
    opener = urllib.request.build_opener(Plain(), urllib.request.HTTPSHandler(context=context))
    wanted = urllib.request.Request(f"{url}/staff/login", data, dict(headers))
    try:
        with opener.open(wanted, timeout=20) as answer:
            return answer.status, answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.headers


@pytest.fixture
def shop(tmp_path: Path) -> Callable[[str], tuple[Path, Path]]:
    """The folders of a shop whose ``[screens]`` says something."""

    def made(screens: str) -> tuple[Path, Path]:
        store, state = tmp_path / "store", tmp_path / "state"
        copytree(DEMO, store)
        (store / "site.toml").write_text(f"[screens]\n{screens}\n", encoding="utf-8")
        state.mkdir()
        hire(state)
        return store, state

    return made


def certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    chain, private = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))  # fmt: skip
    return chain, private


def addresses(state: Path) -> set[str]:
    with Staff(state / FILE) as staff:
        return {noted.address for noted in staff.audit()}


def test_with_a_certificate_everything_is_encrypted(tmp_path: Path, shop: Callable[[str], tuple[Path, Path]]) -> None:
    chain, private = certificate(tmp_path)
    store, state = shop(f'certificate = "{chain}"\nprivate_key = "{private}"')
    trusting = ssl.create_default_context(cafile=str(chain))
    with Served(store, state, secure=True) as served:
        status, headers = log_in(served.url, "oda", context=trusting)
        assert status == 303
        cookie = headers["set-cookie"]
        assert re.fullmatch(r"__Host-staff=[\w-]{43}; HttpOnly; Max-Age=43200; Path=/; SameSite=strict; Secure", cookie)
        assert headers["strict-transport-security"].startswith("max-age=31536000")
        with pytest.raises((urllib.error.URLError, OSError)):
            log_in(served.url.replace("https", "http"), "oda")


def test_a_proxy_is_believed_only_where_it_is_named(shop: Callable[[str], tuple[Path, Path]]) -> None:
    """Else whoever guesses would be somebody else each time."""
    store, state = shop("")
    with Served(store, state) as served:
        for n in range(TRIES_OF_AN_ADDRESS):
            answer, _ = log_in(served.url, f"somebody {n}", "not this one", headers={"X-Forwarded-For": f"192.0.2.{n}"})
            assert answer == 401
        assert log_in(served.url, "oda", headers={"X-Forwarded-For": "192.0.2.99"})[0] == 429
    assert addresses(state) == {"127.0.0.1"}


def test_behind_a_proxy_who_asks_is_who_asks(shop: Callable[[str], tuple[Path, Path]]) -> None:
    store, state = shop('address = "https://shop.example.com"\nproxies = ["127.0.0.1"]')
    with Served(store, state) as served:
        passed = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https", "Host": "shop.example.com"}
        status, headers = log_in(served.url, "oda", headers={**passed, "Origin": "https://shop.example.com"})
        assert status == 303
        assert headers["set-cookie"].startswith("__Host-staff=")
        assert headers["set-cookie"].endswith("; Secure")
        assert log_in(served.url, "oda", headers={**passed, "Origin": "https://evil.example"})[0] == 403
    assert addresses(state) == {"192.0.2.7"}
