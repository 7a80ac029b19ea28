from consentry.doctor.finding import Verdict
from consentry.doctor.primitives import judge_primitives, look_at_primitives


def test_this_build_has_every_primitive() -> None:
    works = look_at_primitives()

    assert works == {"Ed25519": True, "P-256": True, "AES-256-GCM": True, "Argon2id": True}


def test_a_primitive_that_does_not_work_is_wrong_and_named() -> None:
    findings = list(judge_primitives({"Ed25519": True, "Argon2id": False}))

    assert [(one.check, one.verdict) for one in findings] == [("primitive Argon2id", Verdict.WRONG)]
    assert "cryptography" in findings[0].remedy


def test_when_all_work_one_line_says_so() -> None:
    findings = list(judge_primitives({"Ed25519": True, "Argon2id": True}))

    assert [(one.verdict, one.found) for one in findings] == [(Verdict.GOOD, "Ed25519, Argon2id")]
