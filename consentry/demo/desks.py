"""What a person at each role does, said over that role's HTTP API."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

from ssi_core import strict_json
from ssi_core.adapters.http import HttpClient
from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject, JsonValue


@final
@dataclass(frozen=True, slots=True)
class Desk:
    """One role's API, spoken to with its administrator's token."""

    http: HttpClient
    url: str
    token: str

    def get(self, path: str) -> JsonObject:
        """Return the JSON at `path`, or raise the error that the role answered."""
        return self.http.get(self.url + path, headers=self._headers()).require_ok().json()

    def post(self, path: str, body: JsonObject) -> JsonObject:
        """Send `body` to `path`; return the answer, or raise the error that it stands for."""
        answer = self.http.post_json(self.url + path, body, headers=self._headers())
        return answer.require_ok().json()

    def _headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


@final
@dataclass(frozen=True, slots=True)
class Offer:
    """A credential offer, with the code that is given by another way."""

    id: str
    uri: str
    tx_code: str


@final
@dataclass(frozen=True, slots=True)
class Issuer:
    """The clinic's desk."""

    desk: Desk

    def did(self) -> str:
        """Return the clinic's DID."""
        return text(self.desk.get("/admin/identity"), "did")

    def register(self, bundle: bytes) -> tuple[str, tuple[JsonObject, ...]]:
        """Hand in a FHIR bundle; return the record's id and what can be issued from it."""
        answer = self.desk.http.post(
            self.desk.url + "/admin/bundles",
            body=bundle,
            content_type="application/fhir+json",
            headers={"Authorization": f"Bearer {self.desk.token}"},
        )
        record = answer.require_ok().json()
        return text(record, "record"), objects(record, "resources")

    def offer(self, record: str, resource: str) -> Offer:
        """Make an offer for one resource, with a transaction code."""
        body: JsonObject = {"record": record, "resource": resource, "tx_code": True}
        made = self.desk.post("/admin/offers", body)
        return Offer(text(made, "id"), text(made, "uri"), text(made, "tx_code"))

    def credentials_of(self, offer: Offer) -> tuple[str, ...]:
        """Return the ids of the credentials that were issued for `offer`."""
        state = self.desk.get(f"/admin/offers/{offer.id}")
        return tuple(text(item, "credential") for item in objects(state, "issued"))

    def revoke(self, credential: str) -> None:
        """Revoke a credential and all its copies."""
        self.desk.post(f"/admin/credentials/{credential}/revoke", {})


@final
@dataclass(frozen=True, slots=True)
class Verifier:
    """An insurer's or researcher's desk."""

    desk: Desk

    def did(self) -> str:
        """Return the verifier's DID."""
        return text(self.desk.get("/desk/identity"), "did")

    def ask(self, policy: str, **overrides: JsonValue) -> tuple[str, str]:
        """Make a request under `policy`; return its id and the URI for the wallet."""
        made = self.desk.post("/desk/requests", {"policy": policy, **overrides})
        return text(made, "id"), text(made, "uri")

    def result(self, request: str) -> JsonObject:
        """Return what became of a request."""
        return self.desk.get(f"/desk/requests/{request}")

    def use(self, request: str, purpose: str) -> JsonObject:
        """Use the data that a request brought, for `purpose`; raise the denial if it is one."""
        return self.desk.post(f"/desk/requests/{request}/uses", {"purpose": purpose})


@final
@dataclass(frozen=True, slots=True)
class Wallet:
    """The patient, at the wallet's agent."""

    desk: Desk

    def accept(self, offer: Offer, tx_code: str) -> JsonObject:
        """Accept an offer."""
        return self.desk.post("/credentials", {"offer": offer.uri, "tx_code": tx_code})

    def question(self, uri: str) -> JsonObject:
        """Read a request as the question that it puts to the patient."""
        return self.desk.post("/questions", {"request_uri": uri})

    def consent(self, question: JsonObject, **choice: JsonValue) -> JsonObject:
        """Say yes."""
        return self.desk.post(f"/questions/{text(question, 'id')}/consent", dict(choice))

    def refuse(self, question: JsonObject) -> None:
        """Say no."""
        self.desk.post(f"/questions/{text(question, 'id')}/refuse", {})

    def grants(self) -> tuple[JsonObject, ...]:
        """Return who may see what."""
        return objects(self.desk.get("/grants"), "grants")

    def withdraw(self, grant: str) -> JsonObject:
        """Take a grant back."""
        return self.desk.post(f"/grants/{grant}/withdraw", {})


def text(value: JsonObject, name: str) -> str:
    """Return the member `name`, which must be a string."""
    return strict_json.as_text(value.get(name), at=f"/{name}")


def objects(value: JsonObject, name: str) -> tuple[JsonObject, ...]:
    """Return the member `name`, which must be an array of objects."""
    items = strict_json.as_array(value.get(name), at=f"/{name}")
    if not all(isinstance(item, Mapping) for item in items):
        raise MalformedError("must be an array of objects", at=f"/{name}")
    return tuple(strict_json.as_object(item, at=f"/{name}") for item in items)
