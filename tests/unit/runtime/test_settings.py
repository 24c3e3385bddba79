"""Settings: a misspelt name or an impossible value stops the start and says what there is."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from creditbus.runtime.settings import (
    PREFIX,
    Settings,
    UnknownSetting,
    environment,
    read_settings,
)


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what the shell of this run may have set."""
    for name in environment({}):
        assert not name.startswith(PREFIX)
    for field in Settings.model_fields:
        monkeypatch.delenv(PREFIX + field.upper(), raising=False)


def test_defaults_are_the_local_stack() -> None:
    settings = read_settings()
    assert settings.kafka == "127.0.0.1:19092"
    assert settings.host == "127.0.0.1"
    assert settings.allow_synthetic is False


def test_environment_is_read_with_its_types(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDITBUS_GATEWAY_PORT", "9999")
    monkeypatch.setenv("CREDITBUS_STATE", "elsewhere")
    monkeypatch.setenv("CREDITBUS_WEBHOOKS", '{"railway": "http://127.0.0.1:1/x"}')
    settings = read_settings()
    assert settings.gateway_port == 9999
    assert settings.state == Path("elsewhere")
    assert settings.webhooks == {"railway": "http://127.0.0.1:1/x"}


def test_misspelt_name_is_told_with_all_that_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDITBUS_GATEWAY_PROT", "9999")
    with pytest.raises(UnknownSetting) as caught:
        read_settings()
    told = str(caught.value)
    assert told.startswith("unknown settings: CREDITBUS_GATEWAY_PROT;")
    assert all(PREFIX + field.upper() in told for field in Settings.model_fields)


def test_names_of_others_are_none_of_our_business(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDIT_BUS", "x")
    read_settings()


def test_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDITBUS_QUERY_PORT", "eighty")
    monkeypatch.setenv("CREDITBUS_ALLOW_SYNTHETIC", "perhaps")
    with pytest.raises(UnknownSetting) as caught:
        read_settings()
    assert "CREDITBUS_QUERY_PORT" in str(caught.value)
    assert "CREDITBUS_ALLOW_SYNTHETIC" in str(caught.value)


@pytest.mark.parametrize("addresses", ["bus.example", "http://127.0.0.1:9092", "a:9092,b", ","])
def test_a_broker_without_its_port_is_told_before_anybody_is_asked(
    monkeypatch: pytest.MonkeyPatch, addresses: str
) -> None:
    monkeypatch.setenv("CREDITBUS_KAFKA", addresses)
    with pytest.raises(UnknownSetting, match=r"CREDITBUS_KAFKA: .* give host:port"):
        read_settings()


def test_value_that_is_no_json_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDITBUS_WEBHOOKS", "{railway")
    with pytest.raises(UnknownSetting, match=r"(?i)webhooks"):
        read_settings()


def test_a_folder_of_secrets_fills_what_no_variable_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "creditbus_kafka_password").write_text("of-the-file\n")
    (tmp_path / "creditbus_webhook_secrets").write_text('{"railway": "whsec_x"}')
    (tmp_path / "another-file").write_text("none of ours")
    monkeypatch.setenv("CREDITBUS_SECRETS", str(tmp_path))
    settings = read_settings()
    assert settings.kafka_password == "of-the-file"
    assert settings.webhook_secrets == {"railway": "whsec_x"}
    monkeypatch.setenv("CREDITBUS_KAFKA_PASSWORD", "of-the-variable")
    assert read_settings().kafka_password == "of-the-variable"


def test_a_secret_that_fills_nothing_or_a_missing_folder_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CREDITBUS_SECRETS", str(tmp_path / "nowhere"))
    with pytest.raises(UnknownSetting, match="there is no folder"):
        read_settings()
    (tmp_path / "creditbus_kafka_pasword").write_text("misspelt")
    monkeypatch.setenv("CREDITBUS_SECRETS", str(tmp_path))
    with pytest.raises(UnknownSetting, match="creditbus_kafka_pasword, which fill no setting"):
        read_settings()


@pytest.mark.parametrize("name", ["kafka_password", "person_key", "redis", "webhook_secrets"])
def test_a_sample_that_everybody_knows_is_no_secret(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    sample = '{"railway": "replace-me"}' if name == "webhook_secrets" else "x-replace-me"
    (tmp_path / f"creditbus_{name}").write_text(sample)
    monkeypatch.setenv("CREDITBUS_SECRETS", str(tmp_path))
    with pytest.raises(UnknownSetting, match=f"still the sample: CREDITBUS_{name.upper()}"):
        read_settings()


def test_settings_are_frozen_and_keep_secrets_to_themselves() -> None:
    settings = Settings(kafka_password="guarded", attestation_key="guarded", person_key="guarded")
    with pytest.raises(ValidationError):
        settings.host = "0.0.0.0"  # type: ignore[misc]
    assert "guarded" not in repr(settings)


def test_every_setting_says_what_it_means() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_child_gets_these_settings_and_none_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDITBUS_LOG_LEVEL", "debug")
    monkeypatch.setenv("LANG", "C.UTF-8")
    found = environment({"kafka": "127.0.0.1:1"})
    assert found["LANG"] == "C.UTF-8"
    ours = {name: value for name, value in found.items() if name.startswith(PREFIX)}
    assert ours == {"CREDITBUS_KAFKA": "127.0.0.1:1"}
