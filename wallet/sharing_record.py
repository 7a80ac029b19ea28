"""A sharing as the vault keeps it."""

from dataclasses import replace
from typing import Final

from consent_contracts.grant import Grant
from consent_contracts.grant_credential import GrantSecret
from consent_contracts.request import ConsentRequest
from ssi_core.encoding import base64url_encode
from ssi_core.errors import MalformedError, NotFoundError
from ssi_core.json_types import JsonObject
from ssi_core.period import to_timestamp
from ssi_core.protocol.openid4vp import AuthorizationRequest
from wallet.body import Body
from wallet.question import render_share
from wallet.question_record import parse_asker, parse_share
from wallet.sharing import (
    GRANT_TAG,
    KIND,
    OPEN_TAG,
    Acknowledged,
    Consented,
    Given,
    Logged,
    Prepared,
    Registered,
    Sending,
    Shared,
    Sharing,
    State,
    Undone,
    Wanted,
    Withdrawal,
)
from wallet.vault import Keep, Record, Vault

_YES: Final = "yes"


def load_sharing(vault: Vault, sharing_id: str) -> Sharing:
    """Return a sharing by its question's id; raise `NotFoundError` if there is none."""
    return parse_sharing(vault.load(KIND, sharing_id))


def all_sharings(vault: Vault) -> tuple[Sharing, ...]:
    """Return everything that was ever shared, oldest first."""
    return tuple(parse_sharing(record) for record in vault.find(KIND))


def open_sharings(vault: Vault) -> tuple[Sharing, ...]:
    """Return those that something is left to do about, oldest first."""
    return tuple(parse_sharing(record) for record in vault.find(KIND, **{OPEN_TAG: _YES}))


def sharing_of_grant(vault: Vault, grant_id: str) -> Sharing:
    """Return the sharing that a grant belongs to; raise `NotFoundError` if it is not ours."""
    found = vault.find(KIND, grant=grant_id) if grant_id else ()
    if not found:
        raise NotFoundError("this wallet gave no such grant", at="/grant")
    return parse_sharing(found[0])


def keep_sharing(sharing: Sharing) -> Keep:
    """Return the change that stores a sharing as it is."""
    record = sharing.record or Record(kind=KIND, id=sharing.id)
    consented = sharing.consented
    tags = {} if consented is None else {GRANT_TAG: consented.grant_id}
    if not sharing.settled:
        tags[OPEN_TAG] = _YES
    body: JsonObject = {
        "asker": sharing.asker.to_json(),
        "request": sharing.request.to_json(),
        "given": [_render_given(given) for given in sharing.given],
        "given_at": to_timestamp(sharing.given_at),
        "consented": None if consented is None else _render_consented(consented),
        "state": _render_state(sharing.state),
        "withdrawal": _render_withdrawal(sharing.withdrawal),
    }
    if sharing.redaction is not None:
        body = {**body, "redaction": base64url_encode(sharing.redaction)}
    return Keep(replace(record, body=body, tags=tags))


def parse_sharing(record: Record) -> Sharing:
    """Read what `keep_sharing` kept."""
    body = Body(record.body)
    consented = body.value("consented")
    withdrawal = body.value("withdrawal")
    return Sharing(
        id=record.id,
        asker=parse_asker(body.object("asker")),
        request=AuthorizationRequest.parse(body.object("request")),
        given=body.each("given", _given),
        given_at=body.moment("given_at"),
        consented=None if consented is None else _consented(Body(body.object("consented"))),
        state=_state(Body(body.object("state"))),
        withdrawal=None if withdrawal is None else _withdrawal(body.object("withdrawal")),
        redaction=body.bytes("redaction") if body.value("redaction") is not None else None,
        record=record,
    )


def _render_given(given: Given) -> JsonObject:
    return {
        "share": render_share(given.share),
        "copy_id": given.copy_id,
        "vct": given.vct,
        "title": given.title,
        "labels": list(given.labels),
    }


def _given(members: JsonObject) -> Given:
    body = Body(members)
    return Given(
        share=parse_share(body.object("share")),
        copy_id=body.text("copy_id"),
        vct=body.text("vct"),
        title=body.text("title"),
        labels=body.texts("labels"),
    )


def _render_consented(consented: Consented) -> JsonObject:
    return {
        "request": consented.request.text,
        "grant": consented.grant.to_json(),
        "secret": base64url_encode(consented.secret.raw),
        "entry": base64url_encode(consented.entry),
        "holder_copy_id": consented.holder_copy_id,
        "query_id": consented.query_id,
    }


def _consented(body: Body) -> Consented:
    return Consented(
        request=ConsentRequest.parse(body.text("request")),
        grant=Grant.parse(body.object("grant")),
        secret=GrantSecret(body.bytes("secret")),
        entry=body.bytes("entry"),
        holder_copy_id=body.text("holder_copy_id"),
        query_id=body.text("query_id"),
    )


def _render_state(state: State) -> JsonObject:
    match state:
        case Prepared():
            return {"is": state.word}
        case Registered(index):
            return {"is": state.word, "index": index}
        case Sending():
            return {
                "is": state.word,
                "fields": [{"name": name, "text": text} for name, text in state.fields],
                "presentation_digest": state.presentation_digest,
                "attempts": state.attempts,
            }
        case Shared():
            return {
                "is": state.word,
                "shared_at": to_timestamp(state.shared_at),
                "presentation_digest": state.presentation_digest,
                "receipt": state.receipt,
                "redirect_uri": state.redirect_uri,
            }
        case Undone():
            return {
                "is": state.word,
                "undone_at": to_timestamp(state.undone_at),
                "reason": state.reason,
                "receipt": state.receipt,
            }


def _state(body: Body) -> State:
    match body.text("is"):
        case Prepared.word:
            return Prepared()
        case Registered.word:
            return Registered(body.integer("index"))
        case Sending.word:
            return Sending(
                fields=body.each(
                    "fields", lambda item: (Body(item).text("name"), Body(item).text("text"))
                ),
                presentation_digest=body.text("presentation_digest"),
                attempts=body.integer("attempts"),
            )
        case Shared.word:
            return Shared(
                shared_at=body.moment("shared_at"),
                presentation_digest=body.text("presentation_digest"),
                receipt=body.text_or_none("receipt"),
                redirect_uri=body.text_or_none("redirect_uri"),
            )
        case Undone.word:
            return Undone(
                undone_at=body.moment("undone_at"),
                reason=body.text("reason"),
                receipt=body.text_or_none("receipt"),
            )
        case _:
            raise MalformedError("the journal holds an unknown state", at="/state")


def _render_withdrawal(withdrawal: Withdrawal | None) -> JsonObject | None:
    match withdrawal:
        case None:
            return None
        case Wanted():
            entry = base64url_encode(withdrawal.entry)
            return {
                "is": "wanted",
                "entry": entry,
                "registered": withdrawal.registered,
                "tell": withdrawal.tell,
            }
        case Logged():
            return {
                "is": "logged",
                "withdrawn_at": to_timestamp(withdrawal.withdrawn_at),
                "notice": withdrawal.notice,
                "problem": withdrawal.problem,
                "attempts": withdrawal.attempts,
                "tried_at": None
                if withdrawal.tried_at is None
                else to_timestamp(withdrawal.tried_at),
            }
        case Acknowledged():
            return {
                "is": "acknowledged",
                "withdrawn_at": to_timestamp(withdrawal.withdrawn_at),
                "acknowledgement": withdrawal.acknowledgement,
                "acknowledged_at": to_timestamp(withdrawal.acknowledged_at),
                "erased": withdrawal.erased,
            }


def _withdrawal(members: JsonObject) -> Withdrawal:
    body = Body(members)
    match body.text("is"):
        case "wanted":
            return Wanted(
                entry=body.bytes("entry"),
                registered=body.flag("registered"),
                tell=body.flag("tell"),
            )
        case "logged":
            return Logged(
                withdrawn_at=body.moment("withdrawn_at"),
                notice=body.text_or_none("notice"),
                problem=body.text_or_none("problem"),
                # Journals of earlier versions did not count.
                attempts=body.integer("attempts") if "attempts" in members else 0,
                tried_at=body.moment("tried_at") if members.get("tried_at") else None,
            )
        case "acknowledged":
            return Acknowledged(
                withdrawn_at=body.moment("withdrawn_at"),
                acknowledgement=body.text("acknowledgement"),
                acknowledged_at=body.moment("acknowledged_at"),
                erased=body.flag("erased"),
            )
        case _:
            raise MalformedError("the journal holds an unknown state", at="/withdrawal")
