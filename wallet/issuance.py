"""The journal of an issuance: what was begun with an issuer, so that a crash loses nothing.

wanted -> received -> to notify -> (gone). Keys are in the journal before they are used.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject
from ssi_core.keys import PrivateKey
from wallet.body import Body
from wallet.credential import Label, parse_label, render_labels
from wallet.keys import parse_key, render_key
from wallet.vault import Keep, Record

KIND: Final = "issuance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Where an issuer is spoken to, and what it calls itself."""

    credential_issuer: str
    name: str
    token: str
    credential: str
    nonce: str | None
    notification: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A credential that is to be asked for, with one key for each copy."""

    configuration_id: str
    vct: str
    title: str
    labels: tuple[Label, ...]
    keys: tuple[PrivateKey, ...]
    identifier: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """Copies that the issuer sent and the wallet has not verified yet."""

    wanted: Wanted
    texts: tuple[str, ...]
    notification_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToNotify:
    """The issuer is to be told what became of a credential; `credential_id` if it was kept."""

    notification_id: str | None
    event: str
    credential_id: str | None


Item: TypeAlias = Wanted | Received | ToNotify


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuance:
    """One offer on its way to being credentials. The token comes after the code, and once."""

    id: str
    endpoints: Endpoints
    code: str
    tx_code: str | None
    items: tuple[Item, ...]
    token: str | None = None
    record: Record | None = field(default=None, compare=False)

    def with_item(self, index: int, item: Item) -> "Issuance":
        """Return the issuance with one of its items advanced."""
        return replace(self, items=(*self.items[:index], item, *self.items[index + 1 :]))


def keep_issuance(issuance: Issuance) -> Keep:
    """Return the change that stores the issuance as it is."""
    former = issuance.record or Record(kind=KIND, id=issuance.id)
    return Keep(replace(former, body=_render(issuance)))


def parse_issuance(record: Record) -> Issuance:
    """Read what `keep_issuance` stored."""
    body = Body(record.body)
    return Issuance(
        id=record.id,
        endpoints=_endpoints(Body(body.object("endpoints"))),
        code=body.text("code"),
        tx_code=body.text_or_none("tx_code"),
        token=body.text_or_none("token"),
        items=body.each("items", _item),
        record=record,
    )


def _render(issuance: Issuance) -> JsonObject:
    endpoints = issuance.endpoints
    return {
        "endpoints": {
            "credential_issuer": endpoints.credential_issuer,
            "name": endpoints.name,
            "token": endpoints.token,
            "credential": endpoints.credential,
            "nonce": endpoints.nonce,
            "notification": endpoints.notification,
        },
        "code": issuance.code,
        "tx_code": issuance.tx_code,
        "token": issuance.token,
        "items": [_render_item(item) for item in issuance.items],
    }


def _render_item(item: Item) -> JsonObject:
    match item:
        case Wanted():
            return {"state": "wanted", **_render_wanted(item)}
        case Received():
            return {
                "state": "received",
                "wanted": _render_wanted(item.wanted),
                "texts": list(item.texts),
                "notification_id": item.notification_id,
            }
        case ToNotify():
            return {
                "state": "to_notify",
                "notification_id": item.notification_id,
                "event": item.event,
                "credential_id": item.credential_id,
            }


def _render_wanted(wanted: Wanted) -> JsonObject:
    return {
        "configuration_id": wanted.configuration_id,
        "identifier": wanted.identifier,
        "vct": wanted.vct,
        "title": wanted.title,
        "labels": render_labels(wanted.labels),
        "keys": _render_keys(wanted.keys),
    }


def _render_keys(keys: Sequence[PrivateKey]) -> list[JsonObject]:
    return [render_key(key) for key in keys]


def _endpoints(body: Body) -> Endpoints:
    return Endpoints(
        credential_issuer=body.text("credential_issuer"),
        name=body.text("name"),
        token=body.text("token"),
        credential=body.text("credential"),
        nonce=body.text_or_none("nonce"),
        notification=body.text_or_none("notification"),
    )


def _item(members: JsonObject) -> Item:
    body = Body(members)
    match body.text("state"):
        case "wanted":
            return _wanted(members)
        case "received":
            return Received(
                wanted=_wanted(body.object("wanted")),
                texts=body.texts("texts"),
                notification_id=body.text_or_none("notification_id"),
            )
        case "to_notify":
            return ToNotify(
                notification_id=body.text_or_none("notification_id"),
                event=body.text("event"),
                credential_id=body.text_or_none("credential_id"),
            )
        case _:
            raise MalformedError("the journal holds an unknown state", at="/items/state")


def _wanted(members: JsonObject) -> Wanted:
    body = Body(members)
    return Wanted(
        configuration_id=body.text("configuration_id"),
        identifier=body.text_or_none("identifier"),
        vct=body.text("vct"),
        title=body.text("title"),
        labels=body.each("labels", parse_label),
        keys=body.each("keys", lambda key: parse_key(key, at="/keys")),
    )
