"""An AnonCreds issuer, a holder with a credential, and what a verifier would have fetched.

The definitions, with their private halves, are files: making one takes seconds.
"""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ssi_core.anoncreds import holding, issuance
from ssi_core.anoncreds.attested import attest
from ssi_core.anoncreds.holding import Choice, HeldCredential, NonRevocation
from ssi_core.anoncreds.identifiers import object_id
from ssi_core.anoncreds.issuance import IssuerDefinition, IssuerRegistry, RegistryEntry
from ssi_core.anoncreds.objects import CredentialDefinition, Schema, StatusList
from ssi_core.anoncreds.request import (
    NonRevokedInterval,
    Predicate,
    PresentationRequest,
    Relation,
    new_nonce,
)
from ssi_core.anoncreds.secret import LinkSecret, Secret
from ssi_core.did.document import DidDocument
from ssi_core.did.syntax import Did
from ssi_core.errors import SsiError
from ssi_core.json_types import JsonObject
from ssi_core.keys import Ed25519Signer
from ssi_core.proof.eddsa_jcs_2022 import EddsaJcs2022
from ssi_core.proof.suite import AllowedSuites
from ssi_core.verification import Evidence
from ssi_core.verification.anoncreds import AnonCredsPolicy, AskedPresentation

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
DID = Did.parse("did:web:clinic.example")
KEY_ID = f"{DID}#assertion"
INDEX = 5
VALUES = {
    "given name": "Ada",
    "birthDate": "19900417",
    "vaccine": "http://snomed.info/sct|1119349007",
    "doses": "3",
    "occurrence": "20261015",
}
BORN_BEFORE = Predicate("birthDate", Relation.AT_MOST, 20081201)
_KEYS = Path(__file__).parent / "anoncreds_keys"


def definition(name: str) -> IssuerDefinition:
    """Return the issuer's definition `revocable` or `lasting`, from its file."""
    stored: dict[str, Any] = json.loads((_KEYS / f"{name}.json").read_text())
    source: JsonObject = stored["definition"]
    schema = Schema.parse(stored["schema"], id=object_id(DID, stored["schema"]))
    return IssuerDefinition(
        schema=schema,
        public=CredentialDefinition.parse(source, id=object_id(DID, source)),
        private=Secret(json.dumps(stored["private"])),
        correctness_proof=stored["correctness_proof"],
    )


def hold(
    made: IssuerDefinition,
    link_secret: LinkSecret,
    *,
    entry: RegistryEntry | None,
    values: dict[str, str] = VALUES,
) -> HeldCredential:
    """Let the issuer issue to a holder."""
    offered = issuance.offer(made)
    requested = holding.request_credential(
        offered, schema=made.schema, definition=made.public, link_secret=link_secret
    )
    issued = issuance.issue(
        requested.request, offered=offered, definition=made, values=values, entry=entry
    )
    return holding.receive(
        issued,
        requested=requested,
        link_secret=link_secret,
        schema=made.schema,
        definition=made.public,
        registry=None if entry is None else entry.registry.public,
    )


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One credential that can be revoked, one that cannot, and the status list of an hour ago."""

    tails_folder: Path
    link_secret: LinkSecret = field(default_factory=LinkSecret.generate)
    signer: Ed25519Signer = field(default_factory=Ed25519Signer.generate)
    revocable: IssuerDefinition = field(default_factory=lambda: definition("revocable"))
    lasting: IssuerDefinition = field(default_factory=lambda: definition("lasting"))
    registry: IssuerRegistry
    status_list: StatusList
    held: HeldCredential
    held_lasting: HeldCredential

    @classmethod
    def make(cls, tails_folder: Path) -> "Scene":
        link_secret = LinkSecret.generate()
        revocable, lasting = definition("revocable"), definition("lasting")
        registry = IssuerRegistry.generate(
            revocable,
            tag="1",
            size=16,
            tails_folder=str(tails_folder),
            tails_url="https://clinic.example/tails",
        )
        status_list = registry.first_status_list(at=NOON - timedelta(hours=1))
        entry = RegistryEntry(registry=registry, status_list=status_list, index=INDEX)
        return cls(
            tails_folder=tails_folder,
            link_secret=link_secret,
            revocable=revocable,
            lasting=lasting,
            registry=registry,
            status_list=status_list,
            held=hold(revocable, link_secret, entry=entry),
            held_lasting=hold(lasting, link_secret, entry=None),
        )

    @property
    def policy(self) -> AnonCredsPolicy:
        return AnonCredsPolicy(
            issuers=frozenset({str(DID)}),
            schemas=frozenset({self.revocable.schema.id}),
            definitions=frozenset({self.revocable.public.id, self.lasting.public.id}),
            suites=AllowedSuites([EddsaJcs2022()]),
            require_status=True,
            status_max_age=timedelta(days=1),
        )

    def request(self, **changes: Any) -> PresentationRequest:
        asked = PresentationRequest(
            name="Adult and vaccinated",
            nonce=new_nonce(),
            definitions=frozenset({self.revocable.public.id}),
            attributes={"vaccine": ("vaccine",)},
            predicates={"adult": BORN_BEFORE},
            non_revoked=NonRevokedInterval.until(NOON, max_age=timedelta(days=1)),
        )
        return replace(asked, **changes)

    def asked(self, request: PresentationRequest) -> AskedPresentation:
        return AskedPresentation(request=request, asked_at=NOON - timedelta(minutes=1))

    def non_revocation(self, status_list: StatusList | None = None) -> NonRevocation:
        path = self.tails_folder / self.registry.public.tails_hash
        return NonRevocation(status_list=status_list or self.status_list, tails_file=str(path))

    def present(
        self, request: PresentationRequest, *, status_list: StatusList | None = None
    ) -> dict[str, Any]:
        choice = Choice(
            credential=self.held,
            referents=frozenset([*request.attributes, *request.predicates]),
            non_revocation=self.non_revocation(status_list),
        )
        return dict(holding.present(request, [choice], link_secret=self.link_secret))

    def document(self) -> DidDocument:
        method: JsonObject = {
            "id": KEY_ID,
            "type": "Multikey",
            "controller": str(DID),
            "publicKeyMultibase": self.signer.public_key.multikey,
        }
        return DidDocument.parse(
            {"id": str(DID), "verificationMethod": [method], "assertionMethod": [KEY_ID]}
        )

    def attested(
        self, identifier: str, content: JsonObject, *, at: datetime = NOON - timedelta(hours=1)
    ) -> JsonObject:
        return attest(
            content,
            identifier=identifier,
            signer=self.signer,
            verification_method=KEY_ID,
            at=at,
        )

    def resources(self, *lists: StatusList) -> dict[str, JsonObject | SsiError]:
        """Return everything that the issuer has published."""
        contents = {
            self.revocable.schema.id: self.revocable.schema.source,
            self.revocable.public.id: self.revocable.public.source,
            self.lasting.public.id: self.lasting.public.source,
            self.registry.public.id: self.registry.public.source,
            **{item.id: item.source for item in (lists or (self.status_list,))},
        }
        return {name: self.attested(name, content) for name, content in contents.items()}

    def evidence(self, *lists: StatusList, **changes: JsonObject | SsiError) -> Evidence:
        """Return what a verifier would have fetched, some of it changed."""
        return Evidence(
            dids={DID: self.document()}, resources={**self.resources(*lists), **changes}
        )
