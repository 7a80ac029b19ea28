"""What issuers publish: each object is the one that its identifier names, and of one another."""

from copy import deepcopy
from datetime import timedelta

import pytest

from ssi_core.anoncreds.attested import AttestedResource
from ssi_core.anoncreds.identifiers import issuer_of, object_id, resource_url
from ssi_core.anoncreds.objects import (
    CredentialDefinition,
    RevocationRegistry,
    Schema,
    StatusList,
)
from ssi_core.did.syntax import Did
from ssi_core.errors import DidMethodError, MalformedError, ProofError
from tests.support.anoncreds_scene import DID, NOON

pytestmark = pytest.mark.spec("AnonCreds v1.0", "Setup Data Flow")

DIGEST = "zQmYVUAwaznFzNykHcELfqCEpvFmN8SEkQfv3JG6K56wkMC"
WEBVH = "did:webvh:QmRVGcVV5nwYgw9CyCaUVqQzHGpEE7wR5wYtYRdDiEA1xL:clinic.example:wards"


def changed(source, **members):
    return {**deepcopy(dict(source)), **members}


def test_a_schema_is_kept_under_its_digest_at_its_issuers_did():
    schema = Schema.new(issuer=DID, name="Immunization", version="1.0", attributes=["vaccine"])

    assert schema.id == object_id(DID, schema.source)
    assert issuer_of(schema.id, at="/id") == DID
    assert Schema.parse(schema.source, id=schema.id) == schema


def test_an_object_that_its_identifier_does_not_name_is_refused(scene):
    for kind, known in (
        (Schema, scene.revocable.schema),
        (CredentialDefinition, scene.revocable.public),
        (RevocationRegistry, scene.registry.public),
    ):
        with pytest.raises(ProofError, match="identifier names"):
            kind.parse(changed(known.source, tag="other"), id=known.id)


def test_an_object_of_another_issuer_is_refused():
    source = changed(
        Schema.new(issuer=DID, name="n", version="1", attributes=["a"]).source,
        issuerId="did:web:other.example",
    )

    with pytest.raises(MalformedError, match="another issuer"):
        Schema.parse(source, id=object_id(DID, source))


@pytest.mark.parametrize(
    "names", [[], ["a", "A"], ["a b", "ab"], [""], [" "], ["master_secret"], ["a"] * 2]
)
def test_a_schema_names_each_attribute_once(names):
    with pytest.raises(MalformedError):
        Schema.new(issuer=DID, name="n", version="1", attributes=names)


def test_a_schema_does_not_have_more_attributes_than_allowed():
    names = [f"a{index}" for index in range(126)]

    with pytest.raises(MalformedError):
        Schema.new(issuer=DID, name="n", version="1", attributes=names)


def test_a_definition_of_another_schema_is_refused(scene):
    other = Schema.new(
        issuer=DID, name="n", version="1", attributes=scene.revocable.schema.attributes
    )

    with pytest.raises(MalformedError, match="another schema"):
        scene.revocable.public.require_schema(other)


def test_a_definition_with_other_attributes_than_its_schema_is_refused(scene):
    schema = Schema.new(issuer=DID, name="n", version="1", attributes=["vaccine"])
    source = changed(scene.revocable.public.source, schemaId=schema.id)
    definition = CredentialDefinition.parse(source, id=object_id(DID, source))

    with pytest.raises(MalformedError, match="other attributes"):
        definition.require_schema(schema)


def test_a_registry_of_another_definition_is_refused(scene):
    with pytest.raises(MalformedError, match="another definition"):
        scene.registry.public.require_definition(scene.lasting.public)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("revRegDefId", f"{DID}/resources/{DIGEST}"),
        ("issuerId", "did:web:other.example"),
        ("revocationList", [0] * 15),
        ("revocationList", [0] * 15 + [2]),
        ("revocationList", [0] * 15 + [True]),
        ("revocationList", "0000000000000000"),
        ("currentAccumulator", None),
        ("timestamp", "1"),
        ("timestamp", -1),
    ],
)
def test_a_status_list_that_is_not_the_registrys_is_refused(scene, member, value):
    source = changed(scene.status_list.source, **{member: value})

    with pytest.raises(MalformedError):
        StatusList.parse(source, registry=scene.registry.public)


@pytest.mark.parametrize("size", [0, -1, 100_001, True, "16"])
def test_a_registry_is_of_a_bounded_size(scene, size):
    source = deepcopy(dict(scene.registry.public.source))
    source["value"]["maxCredNum"] = size

    with pytest.raises(MalformedError):
        RevocationRegistry.parse(source, id=object_id(DID, source))


@pytest.mark.parametrize(
    ("identifier", "url"),
    [
        (f"{DID}/resources/{DIGEST}", f"https://clinic.example/resources/{DIGEST}"),
        (
            f"{WEBVH}/resources/{DIGEST}/status-lists/1796122800",
            f"https://clinic.example/wards/resources/{DIGEST}/status-lists/1796122800",
        ),
    ],
)
def test_an_object_is_served_at_its_issuers_place(identifier, url):
    assert resource_url(identifier) == url


@pytest.mark.parametrize(
    "identifier",
    [
        f"{DID}/resources/",
        f"{DID}/resources/../{DIGEST}",
        f"{DID}/other/{DIGEST}",
        f"{DID}/resources/{DIGEST}?x=1",
        f"{DID}/resources/{DIGEST}#x",
        f"{DID}/resources/{DIGEST}/status-lists/01",
        str(DID),
        "GvLGiRogTJubmj5B36qhYz:3:CL:1:tag",
        "",
    ],
)
def test_what_is_not_the_identifier_of_an_object_is_refused(identifier):
    with pytest.raises(MalformedError):
        issuer_of(identifier, at="/id")


def test_an_object_of_a_did_that_keeps_none_is_refused():
    with pytest.raises(DidMethodError):
        issuer_of(f"did:key:z6MkX/resources/{DIGEST}", at="/id")


def test_a_status_list_is_named_by_registry_and_moment(scene):
    assert scene.status_list.id == (
        f"{scene.registry.public.id}/status-lists/{int((NOON - timedelta(hours=1)).timestamp())}"
    )


@pytest.mark.parametrize(
    "change",
    [{"type": "Other"}, {"type": None}, {"id": "urn:x"}, {"content": []}, {"content": None}],
)
def test_what_is_not_an_attested_resource_is_refused(scene, change):
    resource = scene.attested(scene.revocable.schema.id, scene.revocable.schema.source)

    with pytest.raises(MalformedError):
        AttestedResource.parse(changed(resource, **change))


def test_a_resource_names_its_issuer(scene):
    resource = scene.attested(scene.revocable.schema.id, scene.revocable.schema.source)

    assert AttestedResource.parse(resource).issuer == Did.parse("did:web:clinic.example")
