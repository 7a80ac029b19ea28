"""The registry over real HTTP: a uvicorn process on one side, the client on the other."""

import json
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from registry.client import RegistryClient, verify_receipt
from registry.client.organisation import Organisation
from registry.client.receipts import KeepingRegistry, KeptReceipts, duplicity_shown
from registry.model import entry
from registry.model.conflict_receipt import ConflictReceipt
from registry.model.evidence import (
    GrantState,
    LogPolicy,
    verify_accreditation,
    verify_grant,
    verify_status_publication,
)
from registry.model.grant_status import GrantStatus
from registry.model.merkle import leaf_hash, verify_consistency, verify_inclusion
from registry.model.signed_note import VerifierKey
from registry.model.status_map import Status
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.did_resolver import HttpDidResolver
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.keystore import KeyStore
from ssi_core.did.document import VerificationRelationship
from ssi_core.encoding import base64url_encode
from ssi_core.errors import (
    AccreditationError,
    ConflictError,
    DeactivatedError,
    GrantNotLoggedError,
    MalformedError,
    NotFoundError,
    ProofError,
    RedactedError,
    RejectedError,
    StaleError,
    StatusUndeterminedError,
)
from ssi_core.period import Period
from tests.support.registry import DIAGNOSIS, LAB, Grant, commitments, organisation, signer
from tests.support.registry_server import RegistryServer

YEAR = timedelta(days=365)


def now() -> datetime:
    return SystemClock().now()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RegistryServer]:
    with RegistryServer(tmp_path_factory.mktemp("registry")) as running:
        yield running


@pytest.fixture(scope="module")
def http() -> Iterator[HttpClient]:
    client = HttpClient()
    yield client
    client.close()


@pytest.fixture(scope="module")
def registry(server: RegistryServer, http: HttpClient) -> RegistryClient:
    return RegistryClient(http, server.url)


@pytest.fixture(scope="module")
def policy(registry: RegistryClient) -> LogPolicy:
    log = registry.log()
    return LogPolicy(
        origin=log.origin,
        log_vkey=log.vkey,
        witness_vkeys=log.witnesses,
        max_checkpoint_age=timedelta(seconds=60),
    )


@pytest.fixture(scope="module")
def keystore(tmp_path_factory: pytest.TempPathFactory) -> KeyStore:
    return KeyStore.unlock(tmp_path_factory.mktemp("keys") / "keys")


@pytest.fixture(scope="module")
def authority(registry: RegistryClient, keystore: KeyStore) -> Organisation:
    return Organisation.open("authority", keystore=keystore, registry=registry, clock=SystemClock())


@pytest.fixture(scope="module")
def clinic(registry: RegistryClient, keystore: KeyStore) -> Organisation:
    return Organisation.open("clinic", keystore=keystore, registry=registry, clock=SystemClock())


def given(name: str, log: str, *, start: datetime | None = None) -> Grant:
    keys = [signer(f"{name} {use}") for use in ("key", "next", "revocation")]
    begins = start or now()
    raw = entry.consent_grant(
        log=log,
        signer=keys[0],
        next_key_hash=entry.key_hash(keys[1].public_key),
        revocation_key_hash=entry.key_hash(keys[2].public_key),
        commitments=commitments(name),
        not_before=begins,
        expires=begins + timedelta(hours=2),
        max_staleness=timedelta(hours=1),
        at=now(),
    )
    return Grant(raw, entry.entry_id(raw) or "", *keys)


def test_a_grant_is_active_until_it_is_ended(registry, policy):
    grant = given("life", policy.origin)
    registry.submit(grant.raw)

    before = verify_grant(registry.grant(grant.id), grant_id=grant.id, policy=policy, at=now())
    registry.submit(grant.revoked(log=policy.origin))
    after = verify_grant(registry.grant(grant.id), grant_id=grant.id, policy=policy, at=now())

    assert (before.state, after.state) == (GrantState.ACTIVE, GrantState.WITHDRAWN)
    assert dict(before.commitments) == commitments("life")
    assert before.control_key == grant.key.public_key


@pytest.mark.parametrize(
    ("begins", "state"),
    [(timedelta(hours=3), GrantState.PENDING), (timedelta(hours=-9), GrantState.EXPIRED)],
)
def test_time_alone_begins_and_ends_a_grant(registry, policy, begins, state):
    grant = given(f"time {state}", policy.origin, start=now() + begins)
    registry.submit(grant.raw)

    seen = verify_grant(registry.grant(grant.id), grant_id=grant.id, policy=policy, at=now())

    assert seen.state is state


def test_the_registry_says_without_proof_how_a_grant_stands(registry, policy, http):
    grant = given("said", policy.origin)
    taken = registry.submit(grant.raw)

    said = [registry.grant_status(grant.id) for _ in range(2)]
    ended = registry.submit(grant.revoked(log=policy.origin))
    after = registry.grant_status(grant.id)
    shown = http.get(f"{registry.base_url}/grants/{grant.id}/status")

    assert said == [GrantStatus(Status.IN_FORCE, taken.size)] * 2
    assert after == GrantStatus(Status.ENDED, ended.size)
    assert shown.headers["cache-control"] == "no-store"
    for unknown in ("zUnknown", "%00", "%ff"):
        with pytest.raises(NotFoundError):
            http.get(f"{registry.base_url}/grants/{unknown}/status").require_ok()


def test_the_log_says_of_a_grant_that_it_does_not_have_that_it_does_not(registry, policy):
    with pytest.raises(GrantNotLoggedError):
        verify_grant(registry.grant("zUnknown"), grant_id="zUnknown", policy=policy, at=now())


def test_evidence_grows_old(registry, policy):
    grant = given("old", policy.origin)
    registry.submit(grant.raw)
    evidence = registry.grant(grant.id)

    with pytest.raises(StaleError):
        verify_grant(evidence, grant_id=grant.id, policy=policy, at=now() + timedelta(seconds=62))


def test_the_same_entry_twice_is_one_entry(registry, policy):
    raw = given("twice", policy.origin).raw

    first, second = registry.submit(raw), registry.submit(raw)

    assert (first.index, first.leaf) == (second.index, second.leaf)
    assert registry.entry(first.index) == raw


def test_a_batch_answers_for_each_entry(registry, policy):
    grant = given("batch", policy.origin)
    batch = [grant.raw, b"{}", grant.raw, given("x", "other.example").raw]
    batch.append(grant.revoked(log=policy.origin))

    outcomes = registry.submit_all(batch)

    kinds = [type(outcome).__name__ for outcome in outcomes]
    assert kinds == [
        "SubmitReceipt",
        "MalformedError",
        "SubmitReceipt",
        "ProofError",
        "SubmitReceipt",
    ]
    assert outcomes[0].index == outcomes[2].index == outcomes[4].index - 1


def test_a_batch_of_objects_is_taken_too(registry, http, policy):
    grant = given("objects", policy.origin)
    body = {"entries": [1.5, "x", json.loads(grant.raw)]}

    answer = http.post_json(f"{registry.base_url}/entries/batch", body).require_ok().json()

    results = answer["results"]
    assert [result.get("status") for result in results] == [400, 400, None]
    assert registry.entry(results[2]["index"]) == grant.raw


def test_what_breaks_a_rule_comes_back_as_the_same_error(registry, policy):
    grant = given("errors", policy.origin)

    with pytest.raises(MalformedError):
        registry.submit(b"[]")
    with pytest.raises(ProofError):
        registry.submit(given("foreign", "other.example").raw)
    with pytest.raises(NotFoundError):
        registry.submit(grant.revoked(log=policy.origin))


def test_entries_that_were_redacted_are_not_taken_for_text(registry, policy):
    log, grant = policy.origin, given("redacted later", policy.origin)
    place = registry.submit(grant.raw).index
    registry.submit(grant.revoked(log=log))
    registry.submit(grant.redacted(place, log=log))

    with pytest.raises(RedactedError):
        registry.entries(place, limit=1)


def test_proofs_hold_in_the_checkpoint_and_between_checkpoints(registry, policy):
    raws = [given(f"proof {number}", policy.origin).raw for number in range(7)]
    registry.submit(raws[0])
    old = policy.verify(registry.checkpoint(), at=now())
    receipts = [registry.submit(raw) for raw in raws[1:]]

    new = policy.verify(registry.checkpoint(), at=now())

    verify_consistency(
        old_size=old.size,
        new_size=new.size,
        old_root=old.root,
        new_root=new.root,
        path=registry.consistency(old.size, new.size),
    )
    for raw, receipt in zip(raws[1:], receipts, strict=True):
        verify_inclusion(
            leaf_hash(raw),
            index=receipt.index,
            size=new.size,
            path=registry.inclusion(receipt.index, size=new.size),
            root=new.root,
        )


def test_the_checkpoint_is_cosigned_with_the_time_when_it_is_asked_for(registry, policy):
    before = now().replace(microsecond=0) - timedelta(seconds=1)

    verified = policy.verify(registry.checkpoint(), at=now())

    assert before <= verified.cosigned_at <= now()


def test_an_organisations_did_resolves_with_its_keys(registry, clinic):
    document = registry.resolve(clinic.did)

    key = document.key_for(clinic.assertion_key_id, VerificationRelationship.ASSERTION_METHOD)
    assert key == clinic.assertion_signer.public_key
    assert document.key_for(clinic.log_key_id, VerificationRelationship.ASSERTION_METHOD)
    with pytest.raises(ProofError):
        document.key_for(clinic.log_key_id, VerificationRelationship.AUTHENTICATION)


def test_others_resolve_the_did_from_where_it_lives(http, clinic):
    document = HttpDidResolver(http, SystemClock()).resolve(clinic.did)

    key = document.key_for(clinic.assertion_key_id, VerificationRelationship.AUTHENTICATION)
    assert key == clinic.assertion_signer.public_key


def test_opening_an_organisation_again_finds_it_again(registry, keystore, clinic):
    again = Organisation.open("clinic", keystore=keystore, registry=registry, clock=SystemClock())

    assert (again.did, again.assertion_key_id) == (clinic.did, clinic.assertion_key_id)
    assert again.assertion_signer.public_key == clinic.assertion_signer.public_key


def test_a_name_belongs_to_who_had_it_first(registry, clinic, tmp_path):
    assert clinic.did
    stranger = KeyStore.unlock(tmp_path / "keys")

    with pytest.raises(ConflictError):
        Organisation.open("clinic", keystore=stranger, registry=registry, clock=SystemClock())


def test_an_organisation_whose_change_came_second_keeps_the_logs_word(registry, keystore, tmp_path):
    kept = KeptReceipts(tmp_path / "receipts")
    keeping = KeepingRegistry(registry, kept)
    first, second = (
        Organisation.open("raced", keystore=keystore, registry=keeping, clock=SystemClock())
        for _ in range(2)
    )
    first.rotate()

    with pytest.raises(ConflictError):
        second.deactivate()

    (place,) = kept.all()
    refused = place.with_suffix(".entry").read_bytes()
    log_key = VerifierKey.parse(registry.log().vkey)
    receipt = verify_receipt(place.read_text(), log_key=log_key, entry=refused)
    assert isinstance(receipt, ConflictReceipt)
    found = duplicity_shown(receipt, refused=refused, registry=registry)
    assert list(found.signers) == [first.did]


def test_who_publishes_one_number_twice_is_shown_offline_to_have_done_so(
    registry, clinic, tmp_path
):
    said = [
        entry.status_publish(
            log=registry.log().origin,
            issuer=clinic.did,
            key_id=clinic.log_key_id,
            signer=clinic.log_signer,
            uri="https://clinic.example/status/race",
            digest=base64url_encode(bytes([number]) * 32),
            ttl=timedelta(minutes=5),
            previous=None,
            at=now(),
        )
        for number in (1, 2)
    ]
    registry.submit(said[0])

    with pytest.raises(ConflictError) as alone:
        registry.submit(said[1])
    kept = KeptReceipts(tmp_path / "receipts")
    (in_a_batch,) = KeepingRegistry(registry, kept).submit_all([said[1]])

    assert isinstance(in_a_batch, ConflictError)
    for answer in (alone.value, in_a_batch):
        text = answer.receipt or ""
        log_key = VerifierKey.parse(registry.log().vkey)
        receipt = verify_receipt(text, log_key=log_key, entry=said[1])
        assert isinstance(receipt, ConflictReceipt)
        found = duplicity_shown(receipt, refused=said[1], registry=registry)
        assert list(found.signers) == [clinic.did]
        assert found.winner.raw == said[0]
    assert [path.read_text() for path in kept.all()] == [in_a_batch.receipt]


def test_services_are_offered_and_changed(registry, keystore):
    def opened(services: list[dict[str, str]] | None) -> Organisation:
        return Organisation.open(
            "insurer",
            keystore=keystore,
            registry=registry,
            clock=SystemClock(),
            services=services,
        )

    first = opened([{"id": "#w", "type": "Withdrawals", "serviceEndpoint": "https://a.example"}])
    opened(None)
    second = opened([{"id": "#w", "type": "Withdrawals", "serviceEndpoint": "https://b.example"}])

    document = registry.resolve(second.did)
    assert first.did == second.did
    assert document.service_endpoint("Withdrawals") == "https://b.example"
    assert len(registry.did_log(second.did)) == 2


def test_keys_are_rotated_and_dids_end(registry, keystore):
    lab = Organisation.open("lab", keystore=keystore, registry=registry, clock=SystemClock())

    lab.rotate()
    lab.rotate()
    lines = registry.did_log(lab.did)
    lab.deactivate()

    assert len(lines) == 3
    assert len({line["parameters"]["updateKeys"][0] for line in lines}) == 3
    with pytest.raises(DeactivatedError):
        registry.resolve(lab.did)
    with pytest.raises(DeactivatedError):
        Organisation.open("lab", keystore=keystore, registry=registry, clock=SystemClock())


def test_an_accreditation_holds_until_it_is_ended(registry, policy, authority, clinic):
    period = Period(now() - timedelta(minutes=1), now() + YEAR)
    root = authority.accredit_root(types=[DIAGNOSIS, LAB], period=period)
    child = authority.accredit(
        clinic.did, role="issue", types=[DIAGNOSIS], period=period, parent=root
    )

    def verified(role: str = "issue", credential_type: str = DIAGNOSIS):
        evidence = registry.accreditation(clinic.did, role, credential_type, roots=[authority.did])
        return verify_accreditation(
            evidence,
            subject=clinic.did,
            role=role,
            type=credential_type,
            roots=[authority.did],
            policy=policy,
            at=now(),
        )

    found = verified()
    for role, credential_type in (("verify", DIAGNOSIS), ("issue", LAB)):
        with pytest.raises(AccreditationError):
            verified(role, credential_type)
    authority.end_accreditation(child)
    with pytest.raises(AccreditationError):
        verified()

    assert (found.id, found.root, found.chain) == (child, authority.did, (root, child))


def test_a_status_list_is_the_version_that_the_log_holds(registry, policy, clinic):
    uri = "https://clinic.example/status-lists/1"
    digests = [base64url_encode(bytes([number]) * 32) for number in range(3)]

    def verified(digest: str):
        return verify_status_publication(
            registry.status_list(uri, clinic.did),
            issuer=clinic.did,
            uri=uri,
            digest=digest,
            policy=policy,
            at=now(),
        )

    with pytest.raises(StatusUndeterminedError):
        verified(digests[0])
    for digest in (digests[0], digests[1], digests[1]):
        clinic.publish_status_list(uri, digest=digest, ttl=timedelta(minutes=5))

    assert verified(digests[1]).sequence == 1
    with pytest.raises(StatusUndeterminedError):
        verified(digests[0])


def test_dids_resolve_over_the_http_binding(registry, http, clinic):
    plain = f"{registry.base_url}/1.0/identifiers/{clinic.did}"
    encoded = f"{registry.base_url}/1.0/identifiers/" + str(clinic.did).replace("%", "%25")

    results = [http.get(url) for url in (plain, encoded)]
    document = http.get(plain, accept="application/did+json")

    for result in results:
        assert result.status == 200
        assert result.headers["content-type"] == "application/did-resolution"
        assert result.json()["didDocument"]["id"] == str(clinic.did)
        assert result.json()["didDocumentMetadata"]["deactivated"] is False
    assert document.json()["id"] == str(clinic.did)
    assert document.headers["content-type"] == "application/did+json"


@pytest.mark.parametrize(
    ("did", "expected"),
    [
        ("did:webvh:QmUnknown:localhost:dids:x", (404, "NOT_FOUND")),
        ("did:key:zTjsVPtY", (400, "INVALID_PUBLIC_KEY_LENGTH")),
        ("did:web:clinic.example", (501, "METHOD_NOT_SUPPORTED")),
        ("nonsense", (400, "INVALID_DID")),
        ("did:web:", (400, "INVALID_DID")),
        ("did:key:z6Mk?versionNumber=x", (400, "INVALID_OPTIONS")),
        ("did:key:z6Mk?versionTime=x", (400, "INVALID_OPTIONS")),
    ],
)
def test_what_does_not_resolve_says_why(registry, http, did, expected):
    answer = http.get(f"{registry.base_url}/1.0/identifiers/{did}")

    error = answer.json()["didResolutionMetadata"]["error"]
    status, code = expected
    assert (answer.status, error["type"]) == (status, f"https://www.w3.org/ns/did#{code}")
    assert answer.json()["didDocument"] is None


def test_a_deactivated_did_is_gone_but_known(registry, http, keystore):
    gone = Organisation.open("gone", keystore=keystore, registry=registry, clock=SystemClock())
    gone.deactivate()

    answer = http.get(f"{registry.base_url}/1.0/identifiers/{gone.did}")
    first = http.get(f"{registry.base_url}/1.0/identifiers/{gone.did}?versionNumber=1")

    assert (answer.status, first.status) == (410, 410)
    assert answer.json()["didDocumentMetadata"]["deactivated"] is True
    assert answer.json()["didDocument"] is None
    assert first.json()["didDocument"]["id"] == str(gone.did)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/entries/999999", 404),
        ("/entries/-1", 400),
        ("/entries/x", 400),
        ("/entries/99999999999999999999", 400),
        ("/entries?start=-1", 400),
        ("/entries?limit=100000", 400),
        ("/proofs/inclusion", 400),
        ("/proofs/inclusion?index=0&leaf=AAAA", 400),
        ("/proofs/inclusion?leaf=AAAA", 404),
        ("/proofs/inclusion?leaf=%F0%9F%98%80", 400),
        ("/proofs/inclusion?index=999999", 404),
        ("/proofs/inclusion?index=0&size=999999", 404),
        ("/proofs/consistency?from=1", 400),
        ("/proofs/consistency?from=2&to=1", 404),
        ("/accreditations?subject=x&role=issue&type=t", 400),
        ("/accreditations?subject=did:web:x&role=king&type=t", 400),
        ("/status-lists", 400),
        ("/status-lists?uri=x&issuer=y", 400),
        ("/nobody/did.jsonl", 404),
        ("/%00/did.jsonl", 404),
        ("/dids/nobody/did-witness.json", 404),
        ("/nothing", 404),
    ],
)
def test_questions_that_make_no_sense_are_problems(registry, http, path, status):
    answer = http.get(f"{registry.base_url}{path}")

    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_entries_are_read_page_by_page(registry, http, policy):
    registry.submit(given("page", policy.origin).raw)

    page = http.get(f"{registry.base_url}/entries?start=0&limit=2").json()
    beyond = http.get(f"{registry.base_url}/entries?start=999999").json()

    assert len(page["entries"]) == 2
    assert page["entries"][0].encode() == registry.entry(0)
    assert beyond["entries"] == []


def test_it_stops_when_asked_and_goes_on_where_it_was(tmp_path, http):
    server = RegistryServer(tmp_path)
    server.start()
    registry = RegistryClient(http, server.url)
    log = registry.log()
    grant = given("restart", log.origin)
    registry.submit(grant.raw)

    status = server.stop()
    with server:
        seen = RegistryClient(http, server.url)

        # The server library ends itself by the signal again, once everything is in order.
        assert status in (0, -signal.SIGTERM)
        assert seen.log() == log
        assert seen.entry(0) == grant.raw
        assert seen.submit(grant.raw).index == 0


def test_a_did_of_another_host_or_of_the_future_is_not_taken_in(registry, policy):
    host = registry.log().did_host
    later = datetime(2100, 1, 1, tzinfo=UTC)

    for made in (
        organisation("elsewhere", log=policy.origin),
        organisation("future", log=policy.origin, host=host, at=later),
    ):
        with pytest.raises(RejectedError):
            registry.submit(made.op)
