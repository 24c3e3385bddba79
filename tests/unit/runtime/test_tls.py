"""TLS: what each client is told, and that a wrong file is named before anything connects.

A real handshake over a pair of sockets in memory says whether a context believes a server.
"""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from creditbus.runtime.process import Process
from creditbus.runtime.settings import Settings, UnknownSetting
from creditbus.runtime.tls import Tls, of_servers, of_webhook, redis_options
from creditbus.runtime.workers.apps import faust_app
from tests.certificates import Authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def believes(client: ssl.SSLContext, server: Path, *, asks: Path | None = None) -> bool:
    """Whether a client's context takes a server for 127.0.0.1; it may ask for a certificate."""
    answers = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=asks)
    answers.load_cert_chain(server)
    if asks is not None:
        answers.verify_mode = ssl.CERT_REQUIRED
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(down, up, server_hostname="127.0.0.1"),
        answers.wrap_bio(up, down, server_side=True),
    ]
    try:
        for _ in range(10):
            for end in ends:
                try:
                    end.do_handshake()
                except ssl.SSLWantReadError:
                    continue
    except ssl.SSLError:
        return False
    return all(end.cipher() is not None for end in ends)


def test_a_server_of_the_named_authority_is_believed_and_no_other(
    authority: Authority, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path, "A stranger")

    context = Tls(ca=authority.ca).context()

    assert believes(context, authority.issue("ours"))
    assert not believes(context, stranger.issue("theirs"))
    assert not believes(Tls().context(), authority.issue("unknown to this system"))


def test_a_server_that_asks_is_shown_the_certificate(authority: Authority) -> None:
    server, mine = authority.issue("server"), authority.issue("mine")

    shown = Tls(ca=authority.ca, certificate=mine).context()

    assert believes(shown, server, asks=authority.ca)
    assert not believes(Tls(ca=authority.ca).context(), server, asks=authority.ca)


@pytest.mark.parametrize("how", ["missing", "empty", "no pem", "no certificate", "a folder"])
def test_a_wrong_ca_file_is_named_with_the_setting(tmp_path: Path, how: str) -> None:
    path = tmp_path / "ca.pem"
    match how:
        case "empty":
            path.write_text("")
        case "no pem":
            path.write_bytes(b"\x30\x82\x01")
        case "no certificate":
            path.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
        case "a folder":
            path.mkdir()

    for told in (Tls(ca=path).context, Tls(ca=path).confluent, Tls(ca=path).redis):
        with pytest.raises(UnknownSetting, match=r"CREDITBUS_TLS_CA.*ca\.pem"):
            told()


def test_a_wrong_certificate_or_key_is_named(authority: Authority, tmp_path: Path) -> None:
    mine, other = authority.issue("mine"), authority.issue("other")
    locked = authority.issue("locked", password=b"a password")

    for certificate, key in (
        (authority.ca, None),  # no key in it
        (mine, tmp_path / "missing"),
        (mine, other),  # the key of another certificate
        (locked, None),
    ):
        with pytest.raises(UnknownSetting, match="CREDITBUS_TLS_CERTIFICATE"):
            Tls(certificate=certificate, key=key).confluent()


def test_an_encrypted_key_is_called_one(authority: Authority) -> None:
    locked = authority.issue("locked", password=b"a password")

    with pytest.raises(UnknownSetting, match="encrypted"):
        Tls(certificate=locked).context()


def test_each_client_is_told_in_its_own_words(authority: Authority) -> None:
    mine = authority.issue("mine")
    settings = Settings(
        kafka_protocol="SASL_SSL",
        kafka_user="svc.delivery",
        redis="rediss://127.0.0.1:1/0",
        tls_ca=authority.ca,
        tls_certificate=mine,
    )

    assert of_servers(settings).confluent() == {
        "ssl.ca.location": str(authority.ca),
        "ssl.certificate.location": str(mine),
        "ssl.key.location": str(mine),
    }
    assert redis_options(settings) == {
        "ssl_ca_certs": str(authority.ca),
        "ssl_certfile": str(mine),
        "ssl_keyfile": str(mine),
    }
    assert Process("delivery", 0, settings).security["security.protocol"] == "SASL_SSL"


def test_without_tls_nobody_is_told_of_it() -> None:
    settings = Settings(kafka_user="svc.delivery")

    assert of_servers(settings).confluent() == {}
    assert redis_options(settings) == {}
    assert not [name for name in Process("delivery", 0, settings).security if "ssl" in name]


def test_without_a_user_the_protocol_is_tls_alone() -> None:
    assert Process("clock", 0, Settings(kafka_protocol="SASL_SSL")).security == {
        "security.protocol": "SSL"
    }
    assert Process("clock", 0, Settings()).security == {"security.protocol": "PLAINTEXT"}


@pytest.mark.parametrize("user", ["svc.delivery", ""])
@pytest.mark.parametrize("protocol", ["SASL_PLAINTEXT", "SASL_SSL"])
def test_fausts_clients_follow_the_setting(
    authority: Authority, tmp_path: Path, user: str, protocol: str
) -> None:
    settings = Settings(
        kafka_user=user, kafka_protocol=protocol, tls_ca=authority.ca, state=tmp_path
    )

    held = faust_app(Process("delivery", 0, settings), "creditbus-delivery").conf.broker_credentials

    if protocol == "SASL_PLAINTEXT" and not user:
        assert held is None
    else:
        assert held is not None
        assert held.protocol.value == (protocol if user else "SSL")


def test_an_empty_file_setting_names_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CA", "CERTIFICATE", "KEY"):
        monkeypatch.setenv(f"CREDITBUS_TLS_{name}", "")

    assert of_servers(Settings()) == Tls()


def test_a_webhook_with_a_ca_of_its_own_believes_that_one_alone(
    authority: Authority, tmp_path: Path
) -> None:
    theirs = Authority(tmp_path, "The railway's own")
    settings = Settings(
        tls_ca=authority.ca,
        webhook_cas={"railway": theirs.ca},
        webhook_certificates={"railway": authority.issue("bus")},
    )

    context = of_webhook(settings, "railway").context()

    assert believes(context, theirs.issue("railway"), asks=authority.ca)
    assert not believes(context, authority.issue("another"))
    assert not believes(of_webhook(settings, "tender-platform").context(), theirs.issue("x"))


def test_a_wrong_file_of_a_webhook_names_the_body(tmp_path: Path) -> None:
    settings = Settings(webhook_cas={"railway": tmp_path / "missing"})

    with pytest.raises(UnknownSetting, match=r"CREDITBUS_WEBHOOK_CAS .*railway"):
        of_webhook(settings, "railway").context()
