"""A registry and its replicas as real processes: cut off, killed, and back."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from registry.client import RegistryClient, verify_receipt
from registry.client.organisation import Organisation
from registry.client.organisation_keys import OrganisationKeys
from registry.model import entry
from registry.model.conflict_receipt import ConflictReceipt
from registry.model.evidence import GrantState, LogPolicy, verify_grant
from registry.model.signed_note import SignedNote, VerifierKey
from registry.model.tlog_policy import TlogPolicy
from registry.replica_app import open_replica
from registry.service.replica.source import Belief
from ssi_core import strict_json
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.keystore import KeyStore
from ssi_core.did import webvh
from ssi_core.did.syntax import Did
from ssi_core.errors import ConflictError, UnavailableError
from tests.support.registry import Grant, grant
from tests.support.registry_server import RegistryServer
from tests.support.replica_server import ReplicaServer
from tests.support.severed import SeveredWay
from tests.support.waiting import eventually

# How often a replica is killed: CONSENTRY_DRILL_REPLICA_KILLS, few if not given.
KILLS = int(os.environ.get("CONSENTRY_DRILL_REPLICA_KILLS", "2"))
NOW = datetime.now(UTC)  # noqa: TID251 - real processes have real clocks


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[RegistryServer]:
    with RegistryServer(tmp_path / "registry") as server:
        yield server


@pytest.fixture
def client(registry: RegistryServer) -> Iterator[RegistryClient]:
    http = HttpClient(timeout=20)
    yield RegistryClient(http, registry.url)
    http.close()


def grants(client: RegistryClient, *names: str) -> list[Grant]:
    origin = client.log().origin
    return [grant(name, log=origin, start=NOW) for name in names]


def state_at(client: RegistryClient, policy: LogPolicy, one: Grant) -> GrantState:
    found = verify_grant(client.grant(one.id), grant_id=one.id, policy=policy, at=NOW)
    return found.state


def policy_of(client: RegistryClient) -> LogPolicy:
    log = client.log()
    return LogPolicy(
        origin=log.origin,
        log_vkey=log.vkey,
        witness_vkeys=log.witnesses,
        max_checkpoint_age=timedelta(minutes=10),
    )


def tree_of(client: RegistryClient) -> str:
    return SignedNote.parse(client.checkpoint()).text


def size_of(client: RegistryClient) -> int:
    return int(tree_of(client).split("\n")[1])


def test_a_withdrawal_at_a_cut_off_replica_holds_there_at_once_and_everywhere_on_return(
    tmp_path: Path, registry: RegistryServer, client: RegistryClient
):
    vkey, policy = client.log().vkey, policy_of(client)
    kept, withdrawn, late = grants(client, "kept", "withdrawn", "late")
    end = withdrawn.revoked(log=policy.origin)
    client.submit_all([kept.raw, withdrawn.raw])
    clinic = Organisation.open(
        "clinic",
        keystore=KeyStore.unlock(tmp_path / "keys", passphrase=None),
        registry=client,
        clock=SystemClock(),
    )
    with (
        SeveredWay(registry.url) as way,
        ReplicaServer(tmp_path / "a", source=way.url, vkey=vkey) as ward,
        ReplicaServer(tmp_path / "b", source=registry.url, vkey=vkey) as other,
    ):
        for replica in (ward, other):
            replica.wait_until(lambda said: said["size"] == size_of(client))
        document = ward.client.resolve(clinic.did)
        with closing(HttpClient(timeout=20)) as http:
            page = http.get(f"{ward.url}/explorer/").require_ok().body.decode()
            asked = {
                "entity_id": str(clinic.did),
                "authority_id": str(clinic.did),
                "action": "issue",
                "resource": "urn:consentry:diagnosis",
            }
            trusted = http.post(
                f"{ward.url}/authorization",
                body=strict_json.render(asked).encode(),
                content_type="application/json",
            )
        assert policy.origin in page
        # Nobody has accredited anything in this log, which the replica knows as well.
        assert trusted.status == 404
        way.cut()
        ward.wait_until(lambda said: said["state"] == "cut_off")

        with pytest.raises(UnavailableError) as answer:
            ward.client.submit(end)
        signer = Did.parse(ward.ask("/healthz")[0]["key"])
        verify_receipt(
            answer.value.receipt or "", log_key=VerifierKey.parse(vkey), replica=signer, entry=end
        )
        ward.client.submit_all([late.raw])

        assert state_at(ward.client, policy, withdrawn) is GrantState.WITHDRAWN
        assert state_at(ward.client, policy, kept) is GrantState.ACTIVE
        assert state_at(other.client, policy, withdrawn) is GrantState.ACTIVE
        assert ward.client.resolve(clinic.did) == document
        assert ward.client.did_log(clinic.did) == client.did_log(clinic.did)
        queued, headers = ward.ask("/entries/queued")
        assert [item["type"] for item in queued["queued"]] == ["consent.revoke", "consent.grant"]
        assert int(headers["age"]) >= 0

        ward.kill()
        ward.start()
        # What it signed can be held against it after a restart, too.
        assert ward.ask("/healthz")[0]["key"] == str(signer)
        assert state_at(ward.client, policy, withdrawn) is GrantState.WITHDRAWN
        assert ward.ask("/healthz")[0]["waiting"] == 2

        way.mend()
        ward.wait_until(lambda said: said["waiting"] == 0 and said["size"] == size_of(client))
        other.wait_until(lambda said: said["size"] == size_of(client))

        raws = client.entries(0)
        assert [raws.count(raw) for raw in (end, late.raw)] == [1, 1]
        assert raws.index(end) < raws.index(late.raw)
        for place in (client, ward.client, other.client):
            assert tree_of(place) == tree_of(client)
            assert state_at(place, policy, withdrawn) is GrantState.WITHDRAWN
            assert state_at(place, policy, kept) is GrantState.ACTIVE
            assert state_at(place, policy, late) is GrantState.ACTIVE


def refused_by(ward: ReplicaServer) -> Any:
    """Return the one entry that the log refused, as the replica that kept it shows it."""
    queue, _ = ward.ask("/entries/queued")
    assert len(queue["refused"]) == 1
    return queue["refused"][0]


def test_a_change_of_a_did_that_lost_at_a_cut_off_replica_is_shown_with_the_one_that_won(
    tmp_path: Path, registry: RegistryServer, client: RegistryClient
):
    keystore = KeyStore.unlock(tmp_path / "keys")
    with (
        SeveredWay(registry.url) as way,
        ReplicaServer(tmp_path / "a", source=way.url, vkey=client.log().vkey) as ward,
    ):
        there = Organisation.open("clinic", keystore=keystore, registry=client, clock=SystemClock())
        ward.wait_until(lambda said: said["size"] == size_of(client))
        keys = OrganisationKeys(keystore, "clinic")
        line = webvh.update(
            client.did_log(there.did),
            update_key=keys.update(1),
            # Another than the one of the other side, or both might say the same in the same second.
            next_key_hashes=[webvh.key_hash(keys.update(3).public_key.multikey)],
            at=SystemClock().now(),
        )
        way.cut()
        ward.wait_until(lambda said: said["state"] == "cut_off")
        with pytest.raises(UnavailableError):
            ward.client.submit(entry.did_op(log=client.log().origin, line=line))
        there.rotate()
        won = next(i for i, raw in enumerate(client.entries(0)) if b'"versionId":"2-' in raw)

        way.mend()
        lost = eventually(partial(refused_by, ward))

        assert (lost["type"], lost["id"], lost["entry"]) == ("did.op", str(there.did), won)
        assert lost["reason"]
        assert len(client.did_log(there.did)) == 2


def test_a_registry_that_was_put_back_is_not_followed_any_more(tmp_path: Path):
    folder, backup = tmp_path / "registry", tmp_path / "backup.db"
    registry, http = RegistryServer(folder), HttpClient(timeout=20)
    registry.start()
    client = RegistryClient(http, registry.url)
    first, second, third, fourth = grants(client, "first", "second", "third", "fourth")
    client.submit(first.raw)
    copy_database(folder / "registry.db", backup)
    client.submit(second.raw)
    belief = Belief.of(TlogPolicy.parse((client.log().policy or "").encode()))
    with open_replica(source_url=registry.url, data_dir=tmp_path / "a", belief=belief) as replica:
        replica.probe()
        good, tree = replica.standing().size, replica.reader.checkpoint()
        registry.stop()
        put_back(folder, backup)
        registry.start()
        client.submit_all([third.raw, fourth.raw])

        with pytest.raises(UnavailableError):
            replica.probe()

        said = replica.standing()
        assert (said.state, said.code, said.size) == ("diverged", "fork", good)
        assert replica.reader.checkpoint() == tree
    shown = client.checkpoint().split("\n")[2]
    registry.stop()
    http.close()
    assert shown in (tmp_path / "a" / "replica.divergence.json").read_text()
    with open_replica(source_url=registry.url, data_dir=tmp_path / "a", belief=belief) as replica:
        assert replica.standing().state == "diverged"
        assert replica.reader.entry(0) == first.raw


def copy_database(path: Path, copy: Path) -> None:
    with closing(sqlite3.connect(path)) as one, closing(sqlite3.connect(copy)) as other:
        one.backup(other)


def put_back(folder: Path, backup: Path) -> None:
    """Restore the database as an operator might who does not want to hear of it."""
    for part in (*folder.glob("registry.db*"), folder / "registry.witness"):
        part.unlink()
    shutil.copy(backup, folder / "registry.db")


def test_a_replica_that_is_killed_while_it_follows_has_nothing_wrong_afterwards(
    tmp_path: Path, registry: RegistryServer, client: RegistryClient
):
    replica = ReplicaServer(tmp_path / "a", source=registry.url, vkey=client.log().vkey)
    with replica:
        for turn in range(KILLS):
            names = [f"{turn} {number}" for number in range(99)]
            client.submit_all([one.raw for one in grants(client, *names)])
            replica.kill()
            replica.start()
        replica.wait_until(lambda said: said["size"] == size_of(client))

        one = grants(client, "one")[0]
        receipt = replica.client.submit(one.raw)
        replica.wait_until(lambda said: said["size"] > receipt.index)

        assert client.entry(receipt.index) == one.raw
        assert replica.client.submit(one.raw).index == receipt.index
        assert tree_of(replica.client) == tree_of(client)
        assert replica.client.entries(0) == client.entries(0)


def test_who_loses_a_race_at_a_replica_is_given_the_logs_own_word(
    tmp_path: Path, registry: RegistryServer, client: RegistryClient
):
    vkey = client.log().vkey
    (one,) = grants(client, "one")
    client.submit_all([one.raw, one.revoked(log=client.log().origin)])
    late = one.suspended(log=client.log().origin)
    with ReplicaServer(tmp_path / "a", source=registry.url, vkey=vkey) as replica:
        replica.wait_until(lambda said: said["size"] == size_of(client))

        with pytest.raises(ConflictError) as lost:
            replica.client.submit(late)

    text = lost.value.receipt or ""
    receipt = verify_receipt(text, log_key=VerifierKey.parse(vkey), entry=late)
    assert isinstance(receipt, ConflictReceipt)
    assert client.entry(receipt.winner.index) == one.revoked(log=client.log().origin)
