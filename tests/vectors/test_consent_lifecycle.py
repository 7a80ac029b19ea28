import json
from collections.abc import Callable
from datetime import datetime
from importlib.resources import files
from typing import Any, Final

import pytest

from consent_contracts import acting, lifecycle, offer, proposal
from consent_contracts.context import NOTHING_KNOWN, Context
from consent_contracts.grant import Grant
from consent_contracts.grantor import Grantor
from consent_contracts.request import ConsentRequest
from ssi_core.errors import (
    ConflictError,
    ConsentError,
    ConsentUndeterminedError,
    MalformedError,
)
from ssi_core.period import from_timestamp

FORMAT = "consentry-lifecycle-vectors/1"
BODY = json.loads((files("consent_contracts") / "vectors" / "lifecycle.json").read_text("utf-8"))
VECTORS = {vector["name"]: vector for vector in BODY["vectors"]}
WORDS: Final = {
    lifecycle.RequestedConsent: "requested",
    lifecycle.RefusedConsent: "refused",
    lifecycle.GivenConsent: "given",
    lifecycle.SuspendedConsent: "suspended",
    lifecycle.WithdrawnConsent: "withdrawn",
    lifecycle.ExpiredConsent: "expired",
    lifecycle.SupersededConsent: "superseded",
    offer.OfferedConsent: "offered",
    offer.DeclinedOffer: "declined",
    offer.RetractedOffer: "retracted",
    proposal.ProposedConsent: "proposed",
    proposal.RejectedProposal: "rejected",
}
Step = dict[str, Any]


def _begin(begin: Step) -> Any:
    at = from_timestamp(begin["at"])
    match begin["state"]:
        case "none":
            return None
        case "requested":
            return lifecycle.RequestedConsent(ConsentRequest.parse(begin["request"]), at)
        case "given":
            return lifecycle.GivenConsent(Grant.parse(begin["grant"]), at)
        case "offered":
            return offer.offer(Grant.parse(begin["grant"]), at=at)
        case state:
            assert state == "proposed"
            request = ConsentRequest.parse(begin["request"])
            # What was put forward yesterday was so under a delegation that stood then.
            approval = proposal.Approval(min(begin["grant"]["subject"]["grantor"]["keys"]), at)
            return proposal.ProposedConsent(Grant.parse(begin["grant"]), request, (approval,))


def _by(step: Step) -> Grantor | None:
    return Grantor.parse(step["by"]) if "by" in step else None


def _object(_: Any, step: Step, context: Context, at: datetime) -> Any:
    grant = Grant.parse(step["grant"])
    acting.require_giving(grant, context=context, at=at)
    return offer.object_to(grant, at=at)


def _refuse(consent: Any, step: Step, context: Context, at: datetime) -> Any:
    keys = frozenset(step.get("holder_keys", ()))
    return acting.refuse(consent, by=_by(step), holder_keys=keys, context=context, at=at)


def _narrow(consent: Any, step: Step, context: Context, at: datetime) -> Any:
    grant, used = Grant.parse(step["grant"]), step.get("used", 0)
    return acting.narrow(consent, grant, context=context, at=at, used=used)


def _change(change: Callable[..., Any]) -> Callable[..., Any]:
    return lambda consent, step, context, at: change(consent, by=_by(step), context=context, at=at)


def _put(put: Callable[..., Any]) -> Callable[..., Any]:
    return lambda consent, step, context, at: put(
        consent, Grant.parse(step["grant"]), context=context, at=at
    )


def _one(one: Callable[..., Any]) -> Callable[..., Any]:
    return lambda consent, step, context, at: one(consent, key=step["key"], context=context, at=at)


def _by_itself(move: Callable[..., Any]) -> Callable[..., Any]:
    return lambda consent, _step, _context, at: move(consent, at=at)


ACTS: Final[dict[str, Callable[..., Any]]] = {
    "object": _object,
    "give": _put(acting.give),
    "refuse": _refuse,
    "suspend": _change(acting.suspend),
    "resume": _change(acting.resume),
    "withdraw": _change(acting.withdraw),
    "narrow": _narrow,
    "supersede": _put(acting.supersede),
    "expire": _by_itself(lifecycle.expire),
    "settle": _by_itself(lifecycle.settle),
    "accept": _by_itself(offer.accept),
    "decline": _by_itself(offer.decline),
    "retract": _by_itself(offer.retract),
    "approve": _one(proposal.approve),
    "reject": _one(proposal.reject),
    "complete": lambda consent, _, context, at: proposal.complete(consent, context=context, at=at),
}


def _live(vector: Step) -> Step:
    context = Context.parse(vector["context"]) if "context" in vector else NOTHING_KNOWN
    state, ended = _begin(vector["begin"]), dict[str, Any]()
    for step in vector["steps"]:
        state = ACTS[step["act"]](state, step, context, from_timestamp(step["at"]))
        if isinstance(state, tuple):
            superseded, state = state
            assert superseded.superseded_by == state.grant.id
            ended = {"superseded": superseded.grant.id}
    return {"state": WORDS[type(state)], **ended}


@pytest.mark.parametrize("name", VECTORS)
def test_a_published_life_goes_as_it_says(name: str) -> None:
    vector = VECTORS[name]
    *before, last = vector["steps"]
    if before:
        _live(vector | {"steps": before})

    try:
        came_of_it = _live(vector | {"steps": [*before, last]})
    except ConflictError:
        came_of_it = {"conflict": True}
    except MalformedError:
        came_of_it = {"malformed": True}
    except ConsentError as refused:
        came_of_it = {"refused": list(refused.refusals)}
    except ConsentUndeterminedError as unknown:
        came_of_it = {"undetermined": list(unknown.refusals)}

    assert came_of_it == vector["expected"]


def test_there_are_vectors_for_every_step_and_state() -> None:
    vectors = BODY["vectors"]
    steps = {step["act"] for each in vectors for step in each["steps"]}
    states = {each["begin"]["state"] for each in vectors}
    states |= {each["expected"].get("state", "none") for each in vectors}

    assert BODY["format"] == FORMAT
    assert len(VECTORS) == len(vectors) >= 70
    assert steps == set(ACTS)
    assert states | {"superseded"} >= {*WORDS.values(), "none"}
