from registry.model.envelope import Entry
from registry.model.succession import builds_on, stands_on, subject_of
from tests.support.registry import ORIGIN, grant, organisation, policy_entry

AUTHORITY, CLINIC, OTHER = (organisation(name) for name in ("authority", "clinic", "other"))
ROOT = AUTHORITY.accredits(AUTHORITY.did, role="accredit")
PAUSE = AUTHORITY.suspends(ROOT)
FIRST = CLINIC.publishes()
GRANT = grant()


def both(later: bytes, earlier: bytes) -> bool:
    return builds_on(Entry.parse(later), Entry.parse(earlier))


def test_a_version_of_a_did_builds_on_the_one_that_its_hash_is_over():
    assert both(CLINIC.updates(), CLINIC.op)
    assert not both(CLINIC.updates(), OTHER.op)
    assert not both(CLINIC.updates(), CLINIC.updates(deactivate=True))
    assert not both(CLINIC.op, CLINIC.updates())


def test_a_publication_builds_on_the_one_that_it_names():
    second = CLINIC.publishes(previous=FIRST)

    assert both(second, FIRST)
    assert not both(FIRST, second)
    assert not both(CLINIC.publishes(previous=second), FIRST)


def test_an_accreditation_builds_on_the_one_that_gives_the_right_to_it():
    child = AUTHORITY.accredits(CLINIC.did, parent=ROOT)

    assert both(child, ROOT)
    assert not both(ROOT, ROOT)
    assert not both(child, AUTHORITY.accredits(AUTHORITY.did, role="accredit", types=("other",)))


def test_a_resumption_builds_on_the_suspension_that_is_over():
    assert both(AUTHORITY.resumes(PAUSE), PAUSE)
    assert not both(AUTHORITY.resumes(PAUSE), AUTHORITY.suspends(ROOT, nonce=1))
    assert both(GRANT.resumed(GRANT.suspended()), GRANT.suspended())


def test_what_ends_or_suspends_builds_on_nothing():
    for raw in (AUTHORITY.ends(ROOT), PAUSE, GRANT.revoked(), GRANT.suspended()):
        assert stands_on(Entry.parse(raw)) is None
        assert not both(raw, ROOT)
        assert not both(raw, GRANT.raw)


def test_entries_of_two_logs_do_not_build_on_each_other():
    elsewhere = organisation("clinic", log="elsewhere.example")

    assert not both(CLINIC.publishes(previous=elsewhere.publishes()), elsewhere.publishes())
    assert not both(elsewhere.updates(), CLINIC.op)


def test_an_entry_is_about_its_id_or_its_did():
    assert subject_of(Entry.parse(CLINIC.op)) == str(CLINIC.did)
    assert subject_of(Entry.parse(GRANT.raw)) == GRANT.id
    assert Entry.parse(policy_entry()).log == ORIGIN
    assert stands_on(Entry.parse(policy_entry())) is None
