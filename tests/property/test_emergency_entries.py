"""Whoever keeps the log learns from an emergency that there was one, in which hour."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from consent_contracts.access_request import AccessRequest
from consent_contracts.break_glass_log import EmergencySecret, log_body
from consent_contracts.break_glass_rule import EmergencyReason
from consent_contracts.purpose import Purpose
from registry.model import entry as entries
from registry.model.envelope import Entry
from ssi_core import strict_json
from ssi_core.did.syntax import Did
from ssi_core.keys import Ed25519Signer
from tests.support.consent import AT, LOG, digest, requested_item

REQUESTS = st.builds(
    AccessRequest,
    recipient=st.sampled_from(
        [Did("web", "hospital.example"), Did("web", "h.example:" + "x" * 90)]
    ),
    purpose=st.sampled_from(sorted(Purpose.ETREAT.covered)),
    items=st.lists(
        st.sampled_from([requested_item("code"), requested_item("onset", vct="urn:x")]),
        min_size=1,
        max_size=5,
    ).map(tuple),
    holder_keys=st.frozensets(st.integers(0, 99).map(lambda n: digest(str(n))), min_size=1),
    actor=st.integers(0, 10**9).map(lambda n: Did("web", f"hospital.example:staff:{n}")),
)
MOMENTS = st.timedeltas(timedelta(0), timedelta(days=30)).map(lambda span: AT + span)


def _entry(request: AccessRequest, reason: EmergencyReason, at: object) -> bytes:
    body = log_body(request, reason, EmergencySecret.generate(), at=at)  # type: ignore[arg-type]
    return entries.access_breakglass(log=LOG, signer=Ed25519Signer.generate(), body=body)


@given(REQUESTS, st.sampled_from(EmergencyReason), MOMENTS)
def test_an_entry_has_one_size_and_one_form_whatever_was_asked(request, reason, at):
    raw = _entry(request, reason, at)

    members = Entry.parse(raw).members
    # A signature and an id in base58 have a digit more or less.
    assert abs(len(raw) - len(_entry(request, EmergencyReason.EMERGENCY_TREATMENT, AT))) <= 4
    assert int(str(members["ts"])) % 3600 == 0
    words = [str(request.recipient), str(request.actor), *request.holder_keys, reason.value]
    assert [word for word in words if word.encode() in raw] == []


@given(REQUESTS, st.sampled_from(EmergencyReason))
def test_the_same_emergency_told_twice_has_nothing_in_common(request, reason):
    one, two = (Entry.parse(_entry(request, reason, AT)).members for _ in range(2))

    first, second = (strict_json.as_object(each["c"], at="/c") for each in (one, two))
    assert not {str(each) for each in first.values()} & {str(each) for each in second.values()}
    assert [name for name in ("id", "ctl", "n", "proof") if one[name] == two[name]] == []
