"""The server must prove who it is: by our own authority, or by its very fingerprint; nothing else is talked to.

The certificates under `tls/` are throw-away ones for loopback, valid for a century and worth nothing.
"""

import hashlib
import ssl
from pathlib import Path
from typing import Any

import pytest
from channels.khaosws.service import Bench, Service, delivery, running, settings

from khaossync.domain.documents import Kind
from khaossync.domain.errors import ConfigError, ConnectorDownError
from khaossync.erp.khaosws import build

HERE = Path(__file__).parent / "tls"
SERVER, MISNAMED, OTHER = HERE / "server.pem", HERE / "misnamed.pem", HERE / "other.pem"


def fingerprint(pem: Path) -> str:
    text = pem.read_text()
    certificate = text[text.index("-----BEGIN CERTIFICATE") :]
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).hexdigest()


def serving(pem: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


async def ping(bench: Bench, service: Service, **trust: Any) -> None:
    service.on("GetVersion", "8.2")
    connector = await build("khaos", settings(service.url, **trust), bench.kit)
    await connector.probe.ping()


@pytest.mark.parametrize(
    ("pem", "trust"),
    [
        (SERVER, {"ca_file": SERVER}),
        (SERVER, {"fingerprint": fingerprint(SERVER)}),
        (MISNAMED, {"fingerprint": fingerprint(MISNAMED)}),
    ],
)
async def test_the_trusted_certificate_is_accepted(bench: Bench, pem: Path, trust: dict[str, Any]) -> None:
    async with running(serving(pem)) as service:
        await ping(bench, service, **trust)
        assert len(service.asked) == 1


@pytest.mark.parametrize(
    ("pem", "trust"),
    [
        (SERVER, {}),
        (SERVER, {"ca_file": OTHER}),
        (MISNAMED, {"ca_file": MISNAMED}),
        (SERVER, {"fingerprint": fingerprint(OTHER)}),
    ],
)
async def test_any_other_certificate_ends_the_connection_before_a_word_is_said(
    bench: Bench, pem: Path, trust: dict[str, Any]
) -> None:
    async with running(serving(pem)) as service:
        with pytest.raises(ConnectorDownError, match="cannot connect"):
            await ping(bench, service, **trust)
        assert service.asked == []


async def test_a_changed_certificate_is_told_with_its_new_fingerprint(bench: Bench) -> None:
    async with running(serving(SERVER)) as service:
        with pytest.raises(ConnectorDownError, match=fingerprint(SERVER)):
            await ping(bench, service, fingerprint=fingerprint(OTHER))


async def test_no_order_is_shown_to_a_stranger(bench: Bench) -> None:
    async with running(serving(SERVER)) as service:
        stranger = settings(service.url, fingerprint=fingerprint(OTHER))
        connector = await build("khaos", stranger, bench.kit)
        with pytest.raises(ConnectorDownError):
            await connector.sinks[Kind.ORDER].deliver([delivery()])
        assert service.asked == []


async def test_a_server_may_ask_for_our_certificate_beside_a_pinned_one_of_its_own(bench: Bench) -> None:
    asking = serving(SERVER)
    asking.verify_mode = ssl.CERT_REQUIRED
    asking.load_verify_locations(MISNAMED)
    async with running(asking) as service:
        await ping(bench, service, fingerprint=fingerprint(SERVER), client_certificate=MISNAMED)
        assert len(service.asked) == 1


@pytest.mark.parametrize("trust", [{"ca_file": "missing.pem"}, {"client_certificate": OTHER}, {"ca_file": __file__}])
async def test_certificate_files_that_are_no_use_are_named_at_the_start(bench: Bench, trust: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="khaos: cannot use the certificate files"):
        await build("khaos", settings(**trust), bench.kit)
