"""The holder's side: what is taken from an issuer, and what can be presented."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ssi_core.anoncreds import holding, issuance
from ssi_core.anoncreds.holding import Choice
from ssi_core.anoncreds.issuance import RegistryEntry
from ssi_core.anoncreds.request import Predicate, Relation
from ssi_core.anoncreds.secret import LinkSecret
from ssi_core.errors import (
    ConflictError,
    MalformedError,
    ProofError,
    QueryError,
    RevokedError,
    StatusUndeterminedError,
    UnavailableError,
)
from tests.support.anoncreds_scene import INDEX, NOON, VALUES, Scene, hold

pytestmark = pytest.mark.spec("AnonCreds v1.0", "Generate Presentation")

LATER = NOON - timedelta(minutes=30)
BIRTH = "birthDate"


def test_what_is_kept_is_what_was_issued(scene):
    assert scene.held.values == VALUES
    assert scene.held.index == INDEX


def test_secrets_are_not_shown(scene):
    for secret in (scene.link_secret, scene.held, scene.revocable, scene.registry):
        shown = f"{secret!r} {secret}"

        assert scene.link_secret.secret.reveal() not in shown
        assert scene.revocable.private.reveal()[20:60] not in shown
        assert scene.registry.private.reveal()[20:60] not in shown
        assert "Ada" not in shown


@pytest.mark.parametrize(
    "predicate",
    [
        Predicate(BIRTH, Relation.AT_LEAST, 19900418),
        Predicate(BIRTH, Relation.ABOVE, 19900417),
        Predicate(BIRTH, Relation.AT_MOST, 19900416),
        Predicate(BIRTH, Relation.BELOW, 19900417),
        Predicate("vaccine", Relation.AT_LEAST, 0),
        Predicate("height", Relation.AT_LEAST, 0),
    ],
)
def test_a_false_predicate_cannot_be_presented(scene, predicate):
    with pytest.raises(QueryError):
        scene.present(scene.request(attributes={}, predicates={"p": predicate}))


def test_an_attribute_that_is_not_there_cannot_be_presented(scene):
    with pytest.raises(QueryError):
        scene.present(scene.request(attributes={"a": ("height",)}))


def test_a_credential_of_another_definition_does_not_answer(scene):
    with pytest.raises(QueryError, match="another definition"):
        scene.present(scene.request(definitions=frozenset({scene.lasting.public.id})))


def test_every_referent_is_answered_once(scene):
    request = scene.request()
    choice = Choice(
        credential=scene.held,
        referents=frozenset({"vaccine"}),
        non_revocation=scene.non_revocation(),
    )

    for choices in ([choice], [choice, choice], []):
        with pytest.raises(QueryError, match="each referent"):
            holding.present(request, choices, link_secret=scene.link_secret)


@pytest.mark.spec("AnonCreds v1.0", "Revocation Data Flow")
def test_a_revoked_credential_cannot_be_presented(scene):
    revoked = scene.registry.revoke(scene.status_list, [INDEX], at=LATER)

    with pytest.raises(RevokedError):
        scene.present(scene.request(), status_list=revoked)


def test_without_a_status_list_nothing_tells_whether_it_is_revoked(scene):
    request = scene.request()
    choice = Choice(credential=scene.held, referents=frozenset({"vaccine", "adult"}))

    with pytest.raises(StatusUndeterminedError):
        holding.present(request, [choice], link_secret=scene.link_secret)


def test_without_the_tails_file_there_is_no_witness(scene, tmp_path):
    elsewhere = replace(scene, tails_folder=tmp_path)

    with pytest.raises(UnavailableError):
        elsewhere.present(scene.request())


def test_a_tails_file_is_the_registrys(scene):
    content = (scene.tails_folder / scene.registry.public.tails_hash).read_bytes()

    holding.require_tails(content, scene.registry.public)
    with pytest.raises(ProofError):
        holding.require_tails(content + b"\0", scene.registry.public)


def test_a_status_list_is_younger_than_the_one_before(scene):
    with pytest.raises(ConflictError):
        scene.registry.revoke(scene.status_list, [1], at=scene.status_list.timestamp)


def test_a_revoked_index_is_not_given_again(scene):
    revoked = scene.registry.revoke(scene.status_list, [3, 4], at=LATER)

    assert revoked.revoked == {3, 4}
    with pytest.raises(ConflictError):
        RegistryEntry(registry=scene.registry, status_list=revoked, index=3)


@pytest.mark.parametrize("index", [-1, 0, 16, 17])
def test_an_index_outside_the_registry_is_refused(scene, index):
    with pytest.raises(MalformedError):
        RegistryEntry(registry=scene.registry, status_list=scene.status_list, index=index)
    with pytest.raises(MalformedError):
        scene.registry.revoke(scene.status_list, [index], at=LATER)


@pytest.mark.spec("AnonCreds v1.0", "Issuance Data Flow")
@pytest.mark.parametrize(
    "values",
    [
        {},
        {"given name": "Ada"},
        {**VALUES, "height": "170"},
        {**VALUES, "doses": "03"},
        {**VALUES, "Birth Date": "19900417"},
    ],
)
def test_a_credential_has_the_attributes_of_its_schema(scene, values):
    with pytest.raises(MalformedError):
        hold(scene.lasting, scene.link_secret, entry=None, values=values)


def test_a_credential_that_can_be_revoked_needs_a_place(scene):
    with pytest.raises(MalformedError, match="place in a registry"):
        hold(scene.revocable, scene.link_secret, entry=None)


@pytest.fixture(scope="module")
def answered(scene: Scene):
    """An issued credential, and what it takes to receive it."""
    offered = issuance.offer(scene.lasting)
    parts: dict[str, Any] = {
        "schema": scene.lasting.schema,
        "definition": scene.lasting.public,
        "link_secret": scene.link_secret,
    }
    requested = holding.request_credential(offered, **parts)
    issued = issuance.issue(
        requested.request, offered=offered, definition=scene.lasting, values=VALUES, entry=None
    )
    return offered, issued, {"requested": requested, "registry": None, **parts}


def test_a_credential_is_received_by_who_asked_for_it(scene, answered):
    offered, issued, receiving = answered
    other = holding.request_credential(
        offered,
        schema=scene.lasting.schema,
        definition=scene.lasting.public,
        link_secret=scene.link_secret,
    )

    assert holding.receive(issued, **receiving).values == VALUES
    for changes in ({"link_secret": LinkSecret.generate()}, {"requested": other}):
        with pytest.raises(ProofError):
            holding.receive(issued, **{**receiving, **changes})


@pytest.mark.parametrize(
    "value",
    [{"raw": "4", "encoded": "4"}, {"raw": "4", "encoded": "3"}, {"raw": "3", "encoded": "4"}],
    ids=["another value", "another text", "another number"],
)
def test_a_value_that_was_not_signed_is_not_received(answered, value):
    _, issued, receiving = answered
    changed = {**issued, "values": {**issued["values"], "doses": value}}

    with pytest.raises(ProofError):
        holding.receive(changed, **receiving)


def test_a_credential_of_something_else_is_not_received(scene, answered):
    _, issued, receiving = answered

    for changes in (
        {"definition": scene.revocable.public},
        {"registry": scene.registry.public},
    ):
        with pytest.raises(MalformedError):
            holding.receive(issued, **{**receiving, **changes})


def test_an_offer_of_another_definition_is_not_answered(scene):
    with pytest.raises(MalformedError):
        holding.request_credential(
            issuance.offer(scene.revocable),
            schema=scene.lasting.schema,
            definition=scene.lasting.public,
            link_secret=scene.link_secret,
        )
