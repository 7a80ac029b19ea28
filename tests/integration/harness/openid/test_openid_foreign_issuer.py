"""Our wallet's commands against an issuer that shares no code with us."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.foreign_issuer import VCT, foreign_issuer
from tests.support.foreign_wallet import ForeignWallet
from tests.support.openid_server import OpenIdServer, WalletCommand

WAYS = ["did:key", "did:jwk without iss", "x5c", "x5c without iss"]


@pytest.mark.parametrize("way", WAYS)
def test_the_wallet_keeps_a_credential_whichever_way_its_key_is_named(
    way: str, tmp_path: Path
) -> None:
    wallet = WalletCommand(tmp_path / "w.db")
    with foreign_issuer(way) as issuer:
        done = wallet.accept(issuer.offer)

    assert done.returncode == 0, done.stderr
    assert issuer.notified == ["credential_accepted"]
    (held,) = json.loads(wallet.run("credentials", "--json").stdout)["credentials"]
    assert held["vct"] == VCT


@pytest.mark.parametrize("way", ["did:key", "did:jwk without iss"])
def test_what_a_foreign_issuer_gave_is_verified_where_a_request_names_it(
    server: OpenIdServer, way: str, tmp_path: Path
) -> None:
    wallet = WalletCommand(tmp_path / "w.db")
    asked = {"id": "card", "format": "dc+sd-jwt", "meta": {"vct_values": [VCT]}}
    with foreign_issuer(way) as issuer:
        wallet.accept(issuer.offer)
        did = issuer.named()[0]["kid"].partition("#")[0]
        request = server.post(
            "/admin/request",
            {
                "dcql_query": {"credentials": [{**asked, "claims": [{"path": ["name"]}]}]},
                "issuers": [did],
            },
        ).json()

        done = wallet.present(request["uri"])

    assert done.returncode == 0, done.stderr
    assert server.result(request)["claims"] == {"card": {"name": "Ida"}}


def _without_binding(metadata: dict[str, Any]) -> None:
    del metadata["credential_configurations_supported"]["card"]["proof_types_supported"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"alter_payload": lambda payload: payload.update(vct="urn:example:other")}, "query_not"),
        ({"alter_payload": lambda payload: payload.update(exp=1_600_000_000)}, "expired"),
        (
            {"alter_payload": lambda payload: payload.update(cnf={"jwk": ForeignWallet().jwk})},
            "holder_binding_rejected",
        ),
        ({"alter_payload": lambda payload: payload.update(_sd=[])}, "disclosure_rejected"),
        ({"alter_payload": lambda payload: payload["status"].update(status_list=7)}, "malformed"),
        ({"alter_credential": lambda text: text[:40] + "A" + text[41:]}, ""),
        ({"alter_metadata": lambda m: m.update(credential_issuer="https://x.example")}, ""),
        ({"alter_metadata": _without_binding}, "rejected"),
        ({"alter_metadata": lambda m: m["credential_configurations_supported"].clear()}, ""),
    ],
    ids=["type", "expired", "key", "disclosure", "status", "flipped", "name", "binding", "none"],
)
def test_what_is_not_as_it_must_be_is_not_kept(
    changes: dict[str, Callable[..., Any]], code: str, tmp_path: Path
) -> None:
    wallet = WalletCommand(tmp_path / "w.db")
    with foreign_issuer("did:key", **changes) as issuer:
        done = wallet.accept(issuer.offer)

    assert done.returncode == 1
    assert code in done.stderr
    assert "credential_accepted" not in issuer.notified
    assert json.loads(wallet.run("credentials", "--json").stdout) == {"credentials": []}


def test_a_status_that_cannot_be_had_leaves_the_credential_for_later(tmp_path: Path) -> None:
    wallet = WalletCommand(tmp_path / "w.db")

    def elsewhere(payload: dict[str, Any]) -> None:
        payload["status"]["status_list"]["uri"] = "http://localhost:1/status"

    with foreign_issuer("did:key", alter_payload=elsewhere) as issuer:
        done = wallet.accept(issuer.offer)

    assert done.returncode == 3
    assert "status_undetermined" in done.stderr
    assert issuer.notified == []
