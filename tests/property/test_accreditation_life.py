"""Chains of accreditations, suspended, resumed and ended at random, against a simple picture."""

from hypothesis import given, settings
from hypothesis import strategies as st

from registry.model.evidence import verify_accreditation
from ssi_core.errors import AccreditationError, SsiError
from tests.support.log_oracle import Step, accreditation_stands, link_state
from tests.support.registry import AT, DIAGNOSIS, POLICY, SmallLog, organisation
from tests.support.small_state import Log

AUTHORITY, REGION, CLINIC = (organisation(name) for name in ("authority", "region", "clinic"))
ROOT = AUTHORITY.accredits(AUTHORITY.did, role="accredit")
REGIONAL = AUTHORITY.accredits(REGION.did, role="accredit", parent=ROOT)
CHILD = REGION.accredits(CLINIC.did, parent=REGIONAL)
BEGINNING = [AUTHORITY.op, REGION.op, CLINIC.op, ROOT, REGIONAL, CHILD]
CHAIN = {"root": ROOT, "regional": REGIONAL, "child": CHILD}
GIVEN = [Step("give", name) for name in CHAIN]

steps = st.lists(
    st.tuples(st.sampled_from(["suspend", "resume", "end"]), st.sampled_from(sorted(CHAIN))),
    max_size=6,
)


@given(steps)
@settings(max_examples=25)
def test_an_accreditation_stands_as_long_as_every_link_above_it(wanted):
    raws, history, pauses = list(BEGINNING), list(GIVEN), {}
    log = Log(*raws)
    for number, (what, name) in enumerate(wanted):
        state = link_state(history, name)
        raw = made(what, name, pauses.get(name), number)
        allowed = {"suspend": ("given",), "resume": ("suspended",), "end": ("given", "suspended")}
        try:
            log.append(raw)
        except SsiError:
            assert state not in allowed[what]
            continue
        assert state in allowed[what]
        raws.append(raw)
        history.append(Step(what, name))
        if what == "suspend":
            pauses[name] = raw

    assert stands(raws) == accreditation_stands(history, tuple(CHAIN))


def made(what: str, name: str, pause: bytes | None, number: int) -> bytes:
    """The entry of a step by the authority, which stands above everything."""
    link = CHAIN[name]
    match what:
        case "end":
            return AUTHORITY.ends(link)
        case "suspend":
            return AUTHORITY.suspends(link, nonce=number)
        case _:
            return AUTHORITY.resumes(pause or AUTHORITY.suspends(link))


def stands(raws: list[bytes]) -> bool:
    """Whether a verifier finds the clinic accredited."""
    try:
        verify_accreditation(
            SmallLog(raws).evidence(),
            subject=CLINIC.did,
            role="issue",
            type=DIAGNOSIS,
            roots=[AUTHORITY.did],
            policy=POLICY,
            at=AT,
        )
    except AccreditationError:
        return False
    return True
