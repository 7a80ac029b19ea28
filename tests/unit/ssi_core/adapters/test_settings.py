from pathlib import Path

import pytest
from pydantic import ValidationError
from pydantic_settings import SettingsConfigDict

from ssi_core.adapters.settings import ServiceSettings
from ssi_core.errors import MalformedError

PLANTED = "Zebulon-Planted"


class ClinicSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="CONSENTRY_CLINIC_", frozen=True, extra="ignore")

    beds: int = 7


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ServiceSettings.model_fields:
        monkeypatch.delenv(f"CONSENTRY_CLINIC_{name.upper()}", raising=False)
    return monkeypatch


def test_without_an_environment_a_service_listens_on_this_machine_alone(
    clean: pytest.MonkeyPatch,
) -> None:
    del clean

    settings = ClinicSettings()

    assert (settings.host, settings.port, settings.public_url) == ("127.0.0.1", 0, None)
    assert settings.admin_token is None
    assert settings.data_dir == Path(".consentry")


def test_the_environment_is_read_under_the_rooms_own_prefix(clean: pytest.MonkeyPatch) -> None:
    clean.setenv("CONSENTRY_CLINIC_PORT", "8100")
    clean.setenv("CONSENTRY_CLINIC_BEDS", "9")
    clean.setenv("CONSENTRY_PHARMACY_PORT", "8200")
    clean.setenv("PORT", "8300")

    settings = ClinicSettings.read()

    assert (settings.port, settings.beds) == (8100, 9)


def test_what_is_given_wins_and_none_is_not_given(clean: pytest.MonkeyPatch) -> None:
    clean.setenv("CONSENTRY_CLINIC_PORT", "8100")
    clean.setenv("CONSENTRY_CLINIC_HOST", "::1")

    settings = ClinicSettings.read(port=8200, host=None)

    assert (settings.port, settings.host) == (8200, "::1")


@pytest.mark.parametrize("name", ["ADMIN_TOKEN", "PASSPHRASE", "PUBLIC_URL"])
def test_a_variable_set_to_nothing_is_not_set(clean: pytest.MonkeyPatch, name: str) -> None:
    clean.setenv(f"CONSENTRY_CLINIC_{name}", "")

    settings = ClinicSettings.read()

    assert getattr(settings, name.lower()) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", PLANTED), ("PORT", "65536"), ("PORT", "-1"), ("MAX_BODY_BYTES", "1"), ("BEDS", "x")],
)
def test_a_setting_of_another_form_is_malformed_by_name_and_not_quoted(
    clean: pytest.MonkeyPatch, name: str, value: str
) -> None:
    clean.setenv(f"CONSENTRY_CLINIC_{name}", value)

    with pytest.raises(MalformedError) as caught:
        ClinicSettings.read()
    with pytest.raises(ValidationError) as raw:
        ClinicSettings()

    assert caught.value.at == f"/{name.lower()}"
    assert PLANTED not in str(caught.value) + str(raw.value)


def test_secrets_are_not_shown(clean: pytest.MonkeyPatch) -> None:
    clean.setenv("CONSENTRY_CLINIC_ADMIN_TOKEN", PLANTED)
    clean.setenv("CONSENTRY_CLINIC_PASSPHRASE", PLANTED)

    settings = ClinicSettings.read()

    assert settings.admin_token is not None
    assert settings.admin_token.get_secret_value() == PLANTED
    assert PLANTED not in str(settings) + repr(settings) + settings.model_dump_json()


def test_settings_do_not_change(clean: pytest.MonkeyPatch) -> None:
    del clean
    settings = ClinicSettings()

    with pytest.raises(ValidationError):
        setattr(settings, "port", 1)  # noqa: B010 - the type checkers know better
