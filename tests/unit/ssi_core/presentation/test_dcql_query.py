from typing import Any

import pytest

from ssi_core.errors import MalformedError
from ssi_core.presentation.dcql import ClaimQuery, CredentialQuery, DcqlQuery

_CREDENTIAL: dict[str, Any] = {
    "id": "diagnosis",
    "format": "dc+sd-jwt",
    "meta": {"vct_values": ["urn:x"]},
    "claims": [{"id": "a", "path": ["a"]}, {"id": "b", "path": ["b"]}],
}


def _parse(credential: Any = None, **members: Any) -> DcqlQuery:
    return DcqlQuery.parse({"credentials": [{**_CREDENTIAL, **(credential or {})}], **members})


@pytest.mark.spec("OpenID4VP 1.0", "6.1")
def test_what_is_left_out_has_the_default_of_the_specification():
    query = DcqlQuery.parse(
        {
            "credentials": [{"id": "a", "format": "x", "meta": {}}],
            "credential_sets": [{"options": [["a"]]}],
        }
    )

    assert query.credentials[0].multiple is False
    assert query.credentials[0].require_cryptographic_holder_binding is True
    assert query.credential_sets[0].required is True


@pytest.mark.spec("OpenID4VP 1.0", "6")
def test_members_that_are_not_understood_survive_a_round_trip():
    value: dict[str, Any] = {
        "credentials": [
            {
                **_CREDENTIAL,
                "new": 1,
                "claims": [{"path": ["a"], "new": [2]}],
                "trusted_authorities": [{"type": "t", "values": ["v"], "new": 3}],
            }
        ],
        "credential_sets": [{"options": [["diagnosis"]], "new": {}}],
        "new": None,
    }

    assert DcqlQuery.parse(value).to_json() == value


@pytest.mark.spec("OpenID4VP 1.0", "6.1")
@pytest.mark.parametrize("name", ["a", "A-z_0", "-", "_" * 300])
def test_an_id_has_letters_digits_underscores_and_hyphens(name):
    assert _parse({"id": name}).credentials[0].id == name


@pytest.mark.spec("OpenID4VP 1.0", "6.1")
@pytest.mark.parametrize("name", ["", " ", "a b", "a.b", "ä", "a\n", "\uff21", None, 1, ["a"]])
def test_any_other_id_is_refused(name):
    with pytest.raises(MalformedError):
        _parse({"id": name})
    with pytest.raises(MalformedError):
        _parse({"claims": [{"id": name, "path": ["a"]}]})


@pytest.mark.spec("OpenID4VP 1.0", "6.1")
def test_an_id_that_stands_twice_is_refused():
    with pytest.raises(MalformedError):
        DcqlQuery.parse({"credentials": [_CREDENTIAL, _CREDENTIAL]})
    with pytest.raises(MalformedError):
        _parse({"claims": [{"id": "a", "path": ["a"]}, {"id": "a", "path": ["b"]}]})


@pytest.mark.spec("OpenID4VP 1.0", "6.4.1")
@pytest.mark.parametrize(
    "change",
    [
        {"claim_sets": [["a", "c"]]},
        {"claim_sets": [["diagnosis"]]},
        {"claim_sets": [["a"]], "claims": [{"id": "a", "path": ["a"]}, {"path": ["b"]}]},
        {"claim_sets": ["a"]},
        {"claim_sets": [[1]]},
        {"claim_sets": [[]]},
        {"claim_sets": []},
    ],
    ids=repr,
)
def test_claim_sets_refer_to_claims_and_all_claims_have_ids_then(change):
    with pytest.raises(MalformedError):
        _parse(change)


@pytest.mark.spec("OpenID4VP 1.0", "6.4.1")
def test_claim_sets_without_claims_are_refused():
    credential = {name: item for name, item in _CREDENTIAL.items() if name != "claims"}

    with pytest.raises(MalformedError):
        DcqlQuery.parse({"credentials": [{**credential, "claim_sets": [["a"]]}]})


@pytest.mark.spec("OpenID4VP 1.0", "6.2")
@pytest.mark.parametrize(
    "sets",
    [
        [],
        {},
        [1],
        [{}],
        [{"options": []}],
        [{"options": [[]]}],
        [{"options": [["other"]]}],
        [{"options": [["a"]]}],
        [{"options": ["diagnosis"]}],
        [{"options": [["diagnosis"]], "required": 1}],
        [{"options": [["diagnosis"]], "required": None}],
    ],
    ids=repr,
)
def test_credential_sets_that_refer_to_nothing_are_refused(sets):
    with pytest.raises(MalformedError):
        _parse(credential_sets=sets)


@pytest.mark.spec("OpenID4VP 1.0", "6.1.1")
@pytest.mark.parametrize(
    "authorities",
    [
        [],
        {},
        [1],
        [{"type": "aki"}],
        [{"values": ["x"]}],
        [{"type": "aki", "values": []}],
        [{"type": "aki", "values": "x"}],
        [{"type": 1, "values": ["x"]}],
        [{"type": "a", "values": [1]}],
    ],
    ids=repr,
)
def test_trusted_authorities_have_a_type_and_values(authorities):
    with pytest.raises(MalformedError):
        _parse({"trusted_authorities": authorities})


@pytest.mark.spec("OpenID4VP 1.0", "B.3.5")
@pytest.mark.parametrize(
    "meta", [None, [], {}, {"vct_values": []}, {"vct_values": "x"}, {"vct_values": [1]}]
)
def test_a_query_for_sd_jwt_vc_names_types(meta):
    with pytest.raises(MalformedError):
        _parse({"meta": meta})


@pytest.mark.spec("OpenID4VP 1.0", "6.3")
@pytest.mark.parametrize(
    "claim",
    [
        1,
        {},
        {"path": "a"},
        {"path": []},
        {"path": ["a"], "values": []},
        {"path": ["a"], "values": "x"},
        {"path": ["a"], "values": [None]},
        {"path": ["a"], "values": [1.0]},
        {"path": ["a"], "values": [["x"]]},
        {"path": ["a"], "id": None},
    ],
    ids=repr,
)
def test_a_claim_query_that_breaks_its_format_is_refused(claim):
    with pytest.raises(MalformedError):
        _parse({"claims": [claim]})


@pytest.mark.parametrize(
    "value", [{}, {"credentials": []}, {"credentials": {}}, {"credentials": [1]}]
)
def test_what_asks_for_nothing_is_no_query(value):
    with pytest.raises(MalformedError):
        DcqlQuery.parse(value)


@pytest.mark.spec("OpenID4VP 1.0", "6.1")
def test_a_second_query_for_the_same_path_is_ignored():
    first = ClaimQuery(path=("a",), id="first")
    query = CredentialQuery(
        id="x",
        format="y",
        meta={},
        claims=(first, ClaimQuery(path=("a",), id="second", values=(1,))),
    )

    assert query.claim_combinations() == ((first,),)


@pytest.mark.spec("OpenID4VP 1.0", "6.4.2")
def test_without_credential_sets_all_credentials_are_required_together():
    query = DcqlQuery.parse({"credentials": [_CREDENTIAL, {**_CREDENTIAL, "id": "other"}]})

    assert [item.options for item in query.required_sets()] == [(("diagnosis", "other"),)]
