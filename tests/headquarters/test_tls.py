"""Over TLS: with the chain's own authority, and not with anybody else's."""

from __future__ import annotations

import datetime
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from edge.ledger import Book
from edge.uplink.line import Door
from simulator.servers import Postgres
from tests.headquarters.house import house, listen
from tests.ledger.days import a_day


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A self-signed one for this machine, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    whose = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder().subject_name(whose).issuer_name(whose).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1)).add_extension(here, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
    )  # fmt: skip
    chain, secret = folder / f"{name}.pem", folder / f"{name}.key"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form, none = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, none))
    return chain, secret


def test_a_line_is_encrypted_and_knows_whom_it_speaks_with(tmp_path: Path, postgres: Postgres) -> None:
    path = tmp_path / "ledger.db"
    chain, secret = certificate(tmp_path, "ours")
    others, _ = certificate(tmp_path, "theirs")
    with Book(path) as book, house(tmp_path, postgres, "a") as hq:
        book.append(a_day(5))
        last = book.head()[0]
        users = tmp_path / "users.conf"
        tls = f'tls {{ cert_file: "{chain}", key_file: "{secret}" }}\n'
        users.write_text(users.read_text(encoding="utf-8") + tls, encoding="utf-8")
        hq.nats.stop()
        hq.nats.start()
        address = hq.nats.address.replace("nats:", "tls:")
        settings = (tmp_path / "headquarters.toml").read_text(encoding="utf-8")
        settings = settings.replace(hq.nats.address, address).replace("[page]", f'ca_file = "{chain}"\n[page]')
        (tmp_path / "headquarters.toml").write_text(settings, encoding="utf-8")
        hq.worker()
        ear = listen(Door(address, "a", tmp_path / "a.nk", others), path, lambda ear: bool(ear.why))
        assert "certificate" in ear.why[0].lower()
        listen(Door(address, "a", tmp_path / "a.nk", chain), path, lambda ear: ear.answers[-1:] != [] and
               ear.answers[-1].has == last)  # fmt: skip
        assert len(hq.holds("a")) == last
