"""AnonCreds presentations: what holds, and every way in which one does not.

Several of these are taken for right by the library alone: `ssi_core.anoncreds.library` lists them.
"""

import json
import sys
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta

import pytest

from ssi_core.anoncreds import holding
from ssi_core.anoncreds.holding import Choice
from ssi_core.anoncreds.objects import LINK_ATTRIBUTE
from ssi_core.anoncreds.presentation import AnonCredsPresentation
from ssi_core.anoncreds.request import NonRevokedInterval, Predicate, Relation, new_nonce
from ssi_core.errors import (
    DidMethodError,
    MalformedError,
    NotFoundError,
    NotYetValidError,
    ProofError,
    QueryError,
    SsiError,
    StaleError,
    StatusUndeterminedError,
    TrustError,
    UnavailableError,
    WorkLimitError,
)
from ssi_core.keys import Ed25519Signer
from ssi_core.proof.suite import AllowedSuites
from ssi_core.verification import DidNeed, ResourceNeed
from ssi_core.verification.anoncreds import needs, verify
from tests.support.anoncreds_scene import BORN_BEFORE, DID, INDEX, NOON, Scene

pytestmark = pytest.mark.spec("AnonCreds v1.0", "Verify Presentation")

EARLIER = NOON - timedelta(minutes=30)


@pytest.fixture(scope="module")
def scene(tmp_path_factory) -> Scene:
    return Scene.make(tmp_path_factory.mktemp("tails"))


@pytest.fixture(scope="module")
def request_(scene):
    return scene.request()


@pytest.fixture(scope="module")
def presentation(scene, request_):
    return scene.present(request_)


@pytest.fixture
def check(scene, request_, presentation):
    """Verify, with some of it changed."""

    def run(
        presented=presentation, *, request=request_, evidence=None, policy=None, at=NOON, **asked
    ):
        return verify(
            presented,
            evidence=evidence or scene.evidence(),
            policy=policy or scene.policy,
            expected=replace(scene.asked(request), **asked),
            at=at,
        )

    return run


@pytest.fixture
def altered(presentation):
    """Return the presentation with one member changed; `None` as the last name removes it."""

    def run(*path, value):
        changed = deepcopy(presentation)
        part = changed
        for name in path[:-1]:
            part = part[name]
        part[path[-1]] = value
        return changed

    return run


def test_what_was_asked_is_shown_and_nothing_else(scene, check):
    verified = check()

    assert verified.values == {"vaccine": {"vaccine": "http://snomed.info/sct|1119349007"}}
    assert verified.predicates == {"adult": BORN_BEFORE}
    assert verified.issuers == {DID}
    assert verified.definitions == {scene.revocable.public.id}
    assert verified.not_revoked_at == scene.status_list.timestamp


@pytest.mark.parametrize(
    "predicate",
    [
        Predicate("birthDate", Relation.AT_LEAST, 19900417),
        Predicate("Birth Date", Relation.ABOVE, 19900416),
        Predicate("birthdate", Relation.AT_MOST, 19900417),
        Predicate("birthDate", Relation.BELOW, 19900418),
    ],
)
def test_every_relation_can_be_proven_up_to_its_bound(scene, check, predicate):
    request = scene.request(predicates={"p": predicate})

    verified = check(scene.present(request), request=request)

    assert verified.predicates == {"p": predicate}


def test_several_attributes_can_be_asked_of_one_credential(scene, check):
    request = scene.request(attributes={"doses": ("doses", "Occurrence")})

    verified = check(scene.present(request), request=request)

    assert verified.values == {"doses": {"doses": "3", "Occurrence": "20261015"}}


def test_text_is_read_as_well(check, presentation):
    assert check(json.dumps(presentation)) == check(AnonCredsPresentation.parse(presentation))


def test_needs_are_every_object_and_its_issuers_document(scene, presentation):
    assert needs(presentation, policy=scene.policy) == {
        DidNeed(DID),
        ResourceNeed(scene.revocable.schema.id),
        ResourceNeed(scene.revocable.public.id),
        ResourceNeed(scene.registry.public.id),
        ResourceNeed(scene.status_list.id),
    }


# What the library takes for right.


@pytest.mark.parametrize(
    "predicate",
    [
        Predicate("birthDate", Relation.AT_LEAST, 20081202),
        Predicate("birthDate", Relation.AT_MOST, 19801201),
        Predicate("birthDate", Relation.BELOW, 20081201),
        Predicate("occurrence", Relation.AT_MOST, 20081201),
    ],
)
def test_another_predicate_than_was_asked_for_is_refused(request_, check, predicate):
    asked = replace(request_, predicates={"adult": predicate})

    with pytest.raises(QueryError, match="another predicate"):
        check(request=asked)


@pytest.mark.parametrize("raw", ["another vaccine", "", "http://snomed.info/sct|1119349007 "])
def test_text_beside_the_number_that_was_proven_is_refused(check, altered, raw):
    with pytest.raises(ProofError, match="not the one that was signed"):
        check(altered("requested_proof", "revealed_attrs", "vaccine", "raw", value=raw))


def test_an_integer_in_another_spelling_is_refused(scene, check):
    request = scene.request(attributes={"d": ("doses",)})
    presented = scene.present(request)
    presented["requested_proof"]["revealed_attrs"]["d"]["raw"] = "03"

    with pytest.raises(MalformedError, match="shortest form"):
        check(presented, request=request)


def test_an_attribute_that_is_not_revealed_is_refused(check, altered):
    hidden = altered("requested_proof", "revealed_attrs", value={})
    hidden["requested_proof"]["unrevealed_attrs"] = {"vaccine": {"sub_proof_index": 0}}

    with pytest.raises(QueryError, match="not revealed"):
        check(hidden)


def test_an_attribute_that_the_holder_claims_alone_is_refused(check, altered):
    claimed = altered("requested_proof", "revealed_attrs", value={})
    claimed["requested_proof"]["self_attested_attrs"] = {"vaccine": "any"}

    with pytest.raises(QueryError, match="not revealed"):
        check(claimed)


def test_a_schema_of_another_id_is_refused(scene, check, altered):
    other = replace(scene.revocable.schema, id=f"{scene.revocable.schema.id[:-1]}x")
    policy = replace(scene.policy, schemas=frozenset({other.id}))
    evidence = scene.evidence(**{other.id: scene.attested(other.id, other.source)})

    with pytest.raises(ProofError, match="identifier names"):
        check(
            altered("identifiers", 0, "schema_id", value=other.id), policy=policy, evidence=evidence
        )


def test_answers_of_two_credentials_are_refused_unless_the_request_allows_them(scene, check):
    definitions = frozenset({scene.revocable.public.id, scene.lasting.public.id})
    request = scene.request(definitions=definitions, mix=True)
    policy = replace(scene.policy, require_status=False)
    choices = [
        Choice(
            credential=scene.held,
            referents=frozenset({"adult"}),
            non_revocation=scene.non_revocation(),
        ),
        Choice(credential=scene.held_lasting, referents=frozenset({"vaccine"})),
    ]
    presented = holding.present(request, choices, link_secret=scene.link_secret)

    assert check(presented, request=request, policy=policy).definitions == definitions
    with pytest.raises(QueryError, match="several credentials"):
        check(presented, request=replace(request, mix=False), policy=policy)
    with pytest.raises(StatusUndeterminedError):
        check(presented, request=request)


# Whose, and for what.


def test_another_nonce_is_refused(request_, check):
    with pytest.raises(ProofError):
        check(request=replace(request_, nonce=new_nonce()))


def test_a_request_that_is_no_longer_open_is_refused(check):
    with pytest.raises(StaleError):
        check(asked_at=NOON - timedelta(minutes=6))
    with pytest.raises(NotYetValidError):
        check(asked_at=NOON + timedelta(minutes=1))


@pytest.mark.parametrize(
    "changes",
    [
        {"attributes": {}},
        {"predicates": {}},
        {"attributes": {"vaccine": ("vaccine",), "more": ("doses",)}},
        {"attributes": {"other": ("vaccine",)}},
        {"attributes": {"vaccine": ("doses", "vaccine")}},
        {"predicates": {"other": BORN_BEFORE}},
        {"definitions": frozenset({"did:web:clinic.example/resources/other"})},
    ],
)
def test_the_answer_to_another_request_is_refused(request_, check, changes):
    with pytest.raises(QueryError):
        check(request=replace(request_, **changes))


def test_another_attribute_under_the_referent_is_refused(request_, check):
    with pytest.raises(ProofError, match="not the one that was proven"):
        check(request=replace(request_, attributes={"vaccine": ("occurrence",)}))


@pytest.mark.parametrize("member", ["definitions", "schemas", "issuers"])
def test_what_the_policy_does_not_name_is_refused_before_anything_is_fetched(
    scene, check, presentation, member
):
    policy = replace(scene.policy, **{member: frozenset({"did:web:other.example"})})

    with pytest.raises(TrustError, match="not accepted"):
        needs(presentation, policy=policy)
    with pytest.raises(TrustError, match="not accepted"):
        check(policy=policy)


@pytest.mark.parametrize("member", ["definitions", "schemas", "issuers"])
def test_a_policy_that_accepts_nothing_is_none(scene, member):
    with pytest.raises(MalformedError):
        replace(scene.policy, **{member: frozenset()})


def test_a_registry_of_somebody_else_is_refused(scene, check, altered):
    elsewhere = scene.registry.public.id.replace("clinic", "other")

    with pytest.raises(TrustError, match="registry is not the issuer's"):
        check(altered("identifiers", 0, "rev_reg_id", value=elsewhere))


def test_an_identifier_of_a_ledger_is_refused(scene, check, altered):
    policy = replace(scene.policy, schemas=frozenset({"GvLGiRogTJubmj5B36qhYz:2:name:1.0"}))

    with pytest.raises((MalformedError, DidMethodError)):
        needs(altered("identifiers", 0, "schema_id", value="GvLGiRogTJubmj5B36qhYz:2:name:1.0"))
    with pytest.raises(SsiError):
        check(policy=policy)


# What the issuer published.


def published(scene, kind):
    return {
        "schema": scene.revocable.schema.id,
        "definition": scene.revocable.public.id,
        "registry": scene.registry.public.id,
        "status list": scene.status_list.id,
    }[kind]


KINDS = {
    "schema": (UnavailableError, NotFoundError, ProofError, TrustError),
    "definition": (UnavailableError, NotFoundError, ProofError, TrustError),
    "registry": (StatusUndeterminedError,) * 4,
    "status list": (StatusUndeterminedError,) * 4,
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_could_not_be_fetched_is_not_known(scene, check, kind):
    identifier = published(scene, kind)
    unavailable, not_found, _, _ = KINDS[kind]

    with pytest.raises(unavailable):
        check(evidence=scene.evidence(**{identifier: UnavailableError("no answer")}))
    with pytest.raises(not_found):
        check(evidence=scene.evidence(**{identifier: NotFoundError("no such thing")}))


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_issuers_key_did_not_sign_is_refused(scene, check, kind):
    identifier = published(scene, kind)
    resource = scene.resources()[identifier]
    forged = replace(scene, signer=Ed25519Signer.generate()).attested(
        identifier, resource["content"]
    )
    _, _, refused, _ = KINDS[kind]

    for changed in (forged, {**resource, "@context": []}):
        with pytest.raises(refused):
            check(evidence=scene.evidence(**{identifier: changed}))


@pytest.mark.parametrize("kind", KINDS)
def test_what_another_did_signed_is_refused(scene, check, kind):
    identifier = published(scene, kind)
    resource = dict(scene.resources()[identifier])
    resource["proof"] = {**resource["proof"], "verificationMethod": "did:web:other.example#key"}

    with pytest.raises(KINDS[kind][3]):
        check(evidence=scene.evidence(**{identifier: resource}))


@pytest.mark.parametrize("kind", KINDS)
def test_another_resource_in_its_place_is_refused(scene, check, kind):
    identifier = published(scene, kind)
    other = scene.resources()[scene.lasting.public.id]

    with pytest.raises(KINDS[kind][2]):
        check(evidence=scene.evidence(**{identifier: other}))


def test_a_suite_that_the_policy_does_not_name_is_refused(scene, check):
    with pytest.raises(ProofError, match="cryptosuite"):
        check(policy=replace(scene.policy, suites=AllowedSuites([])))


# Revocation.


def test_a_status_list_outside_the_interval_is_stale(request_, check):
    before = NonRevokedInterval(EARLIER, NOON)

    with pytest.raises(StaleError, match="asked about"):
        check(request=replace(request_, non_revoked=before))


def test_a_status_list_that_is_too_old_is_stale(scene, check):
    with pytest.raises(StaleError, match="older than allowed"):
        check(policy=replace(scene.policy, status_max_age=timedelta(minutes=59)))


def test_a_status_list_from_the_future_tells_nothing(scene, check):
    early = NOON - timedelta(hours=2)

    with pytest.raises(StatusUndeterminedError, match="future"):
        check(at=early, asked_at=early, evidence=_evidence_at(scene, early))


def _evidence_at(scene, moment):
    """Return the evidence of a publisher whose proofs are from `moment`."""
    evidence = scene.evidence()
    resources = {
        name: scene.attested(name, resource["content"], at=moment)
        for name, resource in evidence.resources.items()
    }
    return replace(evidence, resources=resources)


def test_a_status_that_was_not_asked_for_is_not_taken(request_, check):
    with pytest.raises(StatusUndeterminedError, match="not asked for"):
        check(request=replace(request_, non_revoked=None))


def test_a_credential_that_cannot_be_revoked_is_undetermined_where_status_is_required(scene, check):
    request = scene.request(definitions=frozenset({scene.lasting.public.id}), non_revoked=None)
    choice = Choice(credential=scene.held_lasting, referents=frozenset({"vaccine", "adult"}))
    presented = holding.present(request, [choice], link_secret=scene.link_secret)
    lenient = replace(scene.policy, require_status=False)

    assert check(presented, request=request, policy=lenient).not_revoked_at is None
    with pytest.raises(StatusUndeterminedError):
        check(presented, request=request)


@pytest.mark.parametrize("proof_too", [True, False])
def test_a_proof_of_non_revocation_that_is_left_out_is_missed(scene, check, altered, proof_too):
    without = altered("identifiers", 0, "rev_reg_id", value=None)
    without["identifiers"][0]["timestamp"] = None
    if proof_too:
        without["proof"]["proofs"][0]["non_revoc_proof"] = None
    lenient = replace(scene.policy, require_status=False)

    with pytest.raises(StatusUndeterminedError if proof_too else MalformedError):
        check(without, policy=lenient)


@pytest.mark.spec("AnonCreds v1.0", "Revocation Data Flow")
def test_a_revoked_credential_cannot_pass_with_the_witness_of_an_older_list(scene, check, altered):
    revoked = scene.registry.revoke(scene.status_list, [INDEX], at=EARLIER)
    claimed = altered("identifiers", 0, "timestamp", value=int(EARLIER.timestamp()))

    with pytest.raises(ProofError):
        check(claimed, evidence=scene.evidence(revoked))


@pytest.mark.spec("AnonCreds v1.0", "Revocation Data Flow")
def test_a_younger_list_in_which_others_are_revoked_is_proven_anew(scene, check):
    younger = scene.registry.revoke(scene.status_list, [INDEX + 1], at=EARLIER)
    request = scene.request()

    verified = check(
        scene.present(request, status_list=younger),
        request=request,
        evidence=scene.evidence(younger),
    )

    assert verified.not_revoked_at == EARLIER


def test_a_list_of_another_moment_under_the_name_is_not_taken(scene, check):
    younger = scene.registry.revoke(scene.status_list, [], at=EARLIER)
    renamed = scene.attested(scene.status_list.id, younger.source)

    with pytest.raises(StatusUndeterminedError):
        check(evidence=scene.evidence(**{scene.status_list.id: renamed}))


# The proof.


@pytest.mark.parametrize(
    "path",
    [
        ("primary_proof", "eq_proof", "a_prime"),
        ("primary_proof", "eq_proof", "e"),
        ("primary_proof", "eq_proof", "v"),
        ("primary_proof", "eq_proof", "m2"),
        ("primary_proof", "eq_proof", "m", "doses"),
        ("primary_proof", "ge_proofs", 0, "alpha"),
        ("primary_proof", "ge_proofs", 0, "u", "0"),
        ("primary_proof", "ge_proofs", 0, "t", "DELTA"),
        ("non_revoc_proof", "x_list", "m"),
    ],
)
def test_a_proof_with_another_number_does_not_hold(presentation, check, altered, path):
    value = presentation["proof"]["proofs"][0]
    for name in path:
        value = value[name]
    other = value[:-1] + ("2" if value[-1] != "2" else "3")

    with pytest.raises(ProofError):
        check(altered("proof", "proofs", 0, *path, value=other))


def test_a_predicate_about_another_number_than_the_credentials_is_refused(check, altered):
    path = ("proof", "proofs", 0, "primary_proof", "ge_proofs", 0, "mj")

    with pytest.raises(ProofError, match="something else"):
        check(altered(*path, value="12345"))


def test_credentials_of_two_holders_are_refused(check, presentation):
    two = deepcopy(presentation)
    two["identifiers"] *= 2
    two["proof"]["proofs"] = [two["proof"]["proofs"][0], deepcopy(two["proof"]["proofs"][0])]
    two["proof"]["proofs"][1]["primary_proof"]["eq_proof"]["m"][LINK_ATTRIBUTE] = "7"
    two["requested_proof"]["predicates"]["adult"]["sub_proof_index"] = 1

    with pytest.raises(ProofError, match="different holders"):
        check(two)


JUNK = [None, [], {}, "", "x", 7, -1, 2**70, True, 1.5, ["x"], {"x": 1}, "9" * 1001]
PATHS = [
    ("proof",),
    ("proof", "proofs"),
    ("proof", "proofs", 0),
    ("proof", "proofs", 0, "primary_proof"),
    ("proof", "proofs", 0, "primary_proof", "eq_proof"),
    ("proof", "proofs", 0, "primary_proof", "eq_proof", "revealed_attrs"),
    ("proof", "proofs", 0, "primary_proof", "eq_proof", "a_prime"),
    ("proof", "proofs", 0, "primary_proof", "eq_proof", "m"),
    ("proof", "proofs", 0, "primary_proof", "ge_proofs"),
    ("proof", "proofs", 0, "primary_proof", "ge_proofs", 0),
    ("proof", "proofs", 0, "primary_proof", "ge_proofs", 0, "predicate"),
    ("proof", "proofs", 0, "primary_proof", "ge_proofs", 0, "t"),
    ("proof", "proofs", 0, "non_revoc_proof"),
    ("proof", "proofs", 0, "non_revoc_proof", "x_list"),
    ("proof", "proofs", 0, "non_revoc_proof", "c_list", "e"),
    ("proof", "aggregated_proof"),
    ("proof", "aggregated_proof", "c_hash"),
    ("proof", "aggregated_proof", "c_list"),
    ("requested_proof",),
    ("requested_proof", "revealed_attrs"),
    ("requested_proof", "revealed_attrs", "vaccine"),
    ("requested_proof", "revealed_attrs", "vaccine", "raw"),
    ("requested_proof", "revealed_attrs", "vaccine", "sub_proof_index"),
    ("requested_proof", "predicates"),
    ("requested_proof", "predicates", "adult"),
    ("requested_proof", "predicates", "adult", "sub_proof_index"),
    ("identifiers",),
    ("identifiers", 0),
    ("identifiers", 0, "schema_id"),
    ("identifiers", 0, "cred_def_id"),
    ("identifiers", 0, "rev_reg_id"),
    ("identifiers", 0, "timestamp"),
]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: "/".join(map(str, path)))
def test_junk_in_any_place_is_refused_with_an_error_of_ours(check, altered, path):
    for junk in JUNK:
        with pytest.raises(SsiError):
            check(altered(*path, value=junk))


def test_more_identifiers_than_proofs_are_refused(check, presentation):
    with pytest.raises(MalformedError):
        check({**presentation, "identifiers": presentation["identifiers"] * 2})


def test_a_long_number_is_refused_before_any_arithmetic(check, altered):
    path = ("proof", "proofs", 0, "primary_proof", "eq_proof", "a_prime")

    with pytest.raises(WorkLimitError):
        check(altered(*path, value="7" * 100_000))


def test_many_predicates_are_refused(check, altered, presentation):
    primary = presentation["proof"]["proofs"][0]["primary_proof"]

    with pytest.raises(WorkLimitError):
        check(
            altered(
                *("proof", "proofs", 0, "primary_proof", "ge_proofs"),
                value=primary["ge_proofs"] * 9,
            )
        )


def test_without_the_extra_the_error_names_it(monkeypatch, check):
    monkeypatch.setitem(sys.modules, "anoncreds", None)

    with pytest.raises(UnavailableError, match=r"consentry\[anoncreds\]"):
        check()
