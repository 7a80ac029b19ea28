"""OpenID4VP messages: both sides of each, and what is refused."""

import json
from urllib.parse import parse_qs, urlsplit

import jsonschema
import pytest

from ssi_core.errors import AlgorithmError, MalformedError
from ssi_core.json_types import JsonObject
from ssi_core.jwe import AgreementKey, decrypt
from ssi_core.protocol.openid4vp import (
    AuthorizationRequest,
    AuthorizationResponse,
    ClientId,
    ClientIdPrefix,
    ClientMetadata,
    ErrorCode,
    ErrorResponse,
    RequestByReference,
    RequestByValue,
    RequestInParameters,
    RequestUriMethod,
    RequestUriPost,
    new_nonce,
    parse_request_uri,
    parse_response,
)

DCQL: JsonObject = {
    "credentials": [
        {"id": "a", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:x:1"]}},
    ]
}
SOURCE: JsonObject = {
    "response_type": "vp_token",
    "client_id": "redirect_uri:https://verifier.example/responses/1",
    "response_mode": "direct_post",
    "response_uri": "https://verifier.example/responses/1",
    "nonce": "n-0S6_WzA2Mj",
    "state": "eyJhb",
    "dcql_query": DCQL,
    "client_metadata": {"vp_formats_supported": {"dc+sd-jwt": {}}, "client_name": "Insurer"},
    "transaction_data": ["e30"],
    "verifier_info": [{"format": "jwt", "data": "e30.e30.e30", "credential_ids": ["a"]}],
    "extra": {"kept": [1, None]},
}


def test_a_request_survives_reading_and_writing_with_what_we_do_not_know():
    request = AuthorizationRequest.parse(SOURCE)

    assert request.to_json() == SOURCE
    assert request.audience == SOURCE["client_id"]
    assert request.other == {"extra": {"kept": [1, None]}}


def test_the_verifier_info_we_write_keeps_the_published_schema(vectors):
    schema = json.loads((vectors / "oidf/json-schemas/oid4vp/verifier_info.json").read_text())
    written = AuthorizationRequest.parse(SOURCE).to_json()

    jsonschema.validate({"verifier_info": written["verifier_info"]}, schema)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"response_type": "code"}, "/response_type"),
        ({"response_type": ["vp_token"]}, "/response_type"),
        ({"redirect_uri": "https://verifier.example/cb"}, "/redirect_uri"),
        ({"response_mode": "fragment"}, "/response_mode"),
        ({"response_mode": None}, "/response_mode"),
        ({"response_uri": "https://elsewhere.example/"}, "/response_uri"),
        ({"response_uri": "http://verifier.example/responses/1"}, "/response_uri"),
        ({"response_uri": "https://a@verifier.example/"}, "/response_uri"),
        ({"response_uri": "ftp://localhost/"}, "/response_uri"),
        ({"response_uri": "https://[oops/"}, "/response_uri"),
        ({"response_uri": "https://verifier.example/\n"}, "/response_uri"),
        ({"nonce": ""}, "/nonce"),
        ({"nonce": "a b"}, "/nonce"),
        ({"nonce": "é"}, "/nonce"),
        ({"nonce": 12}, "/nonce"),
        ({"nonce": "a" * 2000}, "/nonce"),
        ({"state": "a+b"}, "/state"),
        ({"dcql_query": "{}"}, "/dcql_query"),
        ({"dcql_query": None}, "/dcql_query"),
        ({"client_metadata": []}, "/client_metadata"),
        ({"client_metadata": {"jwks": {"keys": [{}]}}}, "/client_metadata/jwks/keys/0/kid"),
        ({"client_metadata": {"jwks": {"keys": 5}}}, "/client_metadata/jwks/keys"),
        (
            {"client_metadata": {"encrypted_response_enc_values_supported": []}},
            "/client_metadata/encrypted_response_enc_values_supported",
        ),
        ({"transaction_data": []}, "/transaction_data"),
        ({"transaction_data": [{}]}, "/transaction_data/0"),
        ({"verifier_info": []}, "/verifier_info"),
        ({"verifier_info": [{"format": "jwt"}]}, "/verifier_info/0/data"),
        ({"client_id": ""}, "/client_id"),
        ({"client_id": "redirect_uri:"}, "/client_id"),
        ({"client_id": "origin:https://verifier.example"}, "/client_id"),
        ({"client_id": "openid_federation:https://verifier.example"}, "/client_id"),
        ({"client_id": "x509_san_dns:other.example"}, "/response_uri"),
    ],
)
def test_a_request_that_breaks_a_rule_is_refused_with_a_pointer(change, pointer):
    with pytest.raises(MalformedError) as caught:
        AuthorizationRequest.parse({**SOURCE, **change})

    assert caught.value.at == pointer


@pytest.mark.spec("OpenID4VP 1.0", "5.9.3")
def test_the_prefix_redirect_uri_may_leave_the_response_uri_out():
    source = {name: value for name, value in SOURCE.items() if name != "response_uri"}

    request = AuthorizationRequest.parse(source)

    assert request.response_uri == "https://verifier.example/responses/1"


@pytest.mark.parametrize(
    ("text", "prefix", "value"),
    [
        ("redirect_uri:https://v.example/", ClientIdPrefix.REDIRECT_URI, "https://v.example/"),
        (
            "decentralized_identifier:did:example:1",
            ClientIdPrefix.DECENTRALIZED_IDENTIFIER,
            "did:example:1",
        ),
        ("x509_san_dns:v.example", ClientIdPrefix.X509_SAN_DNS, "v.example"),
        ("x509_hash:Uvo3", ClientIdPrefix.X509_HASH, "Uvo3"),
        ("example-client", ClientIdPrefix.PRE_REGISTERED, "example-client"),
        ("https://v.example/cb", ClientIdPrefix.PRE_REGISTERED, "https://v.example/cb"),
        ("pre-registered:a", ClientIdPrefix.PRE_REGISTERED, "pre-registered:a"),
    ],
)
@pytest.mark.spec("OpenID4VP 1.0", "5.9")
def test_a_client_id_is_read_by_its_prefix(text, prefix, value):
    client_id = ClientId.parse(text)

    assert (client_id.prefix, client_id.value) == (prefix, value)
    assert str(client_id) == text


@pytest.mark.spec("OpenID4VP 1.0", "5.1")
def test_a_request_by_reference_says_how_to_fetch_it():
    asked = RequestByReference(
        client_id=ClientId.parse("x509_san_dns:verifier.example"),
        request_uri="https://verifier.example/requests/7",
        method=RequestUriMethod.POST,
    )

    read = parse_request_uri(asked.render())

    assert read == asked
    assert parse_qs(urlsplit(asked.render()).query)["request_uri_method"] == ["post"]


def test_a_request_travels_whole_in_the_parameters_of_its_uri():
    asked = RequestInParameters(request=AuthorizationRequest.parse({**SOURCE, "extra": "kept"}))

    assert parse_request_uri(asked.render(scheme="haip")) == asked


def test_a_request_object_travels_by_value():
    asked = RequestByValue(client_id=ClientId.parse("client"), request="a.b.c")

    assert parse_request_uri(asked.render()) == asked


@pytest.mark.parametrize(
    "text",
    [
        "",
        "openid4vp://",
        "client_id=a",
        "openid4vp://?client_id=a",
        "openid4vp://?client_id=a&client_id=b&request=x",
        "openid4vp://?client_id=a&request=x&request_uri=https://v.example/",
        "openid4vp://?client_id=a&request_uri=http://v.example/",
        "openid4vp://?client_id=a&request_uri=https://v.example/&request_uri_method=POST",
        "openid4vp://?client_id=a&request=x&request_uri_method=post",
        "openid4vp://?request_uri=https://v.example/",
        "openid4vp://?client_id=%FF&request=x",
        "openid4vp://?client_id=a&dcql_query=%7B",
        "openid4vp://?é",
        "openid4vp://?" + "a=b&" * 100,
        "openid4vp://?" + "a" * 70_000,
    ],
)
def test_a_uri_that_is_no_request_is_malformed(text):
    with pytest.raises(MalformedError):
        parse_request_uri(text)


@pytest.mark.spec("OpenID4VP 1.0", "5.10")
def test_a_wallet_says_what_it_can_when_it_fetches_the_request():
    post = RequestUriPost(wallet_metadata={"vp_formats_supported": {}}, wallet_nonce="abc")

    assert RequestUriPost.parse({**post.to_form(), "unknown": "ignored"}) == post
    assert RequestUriPost.parse({}) == RequestUriPost()


@pytest.mark.parametrize("metadata", ["", "[]", "{", '{"a":1,"a":2}'])
def test_wallet_metadata_that_is_no_object_is_malformed(metadata):
    with pytest.raises(MalformedError):
        RequestUriPost.parse({"wallet_metadata": metadata})


ANSWER = AuthorizationResponse(vp_token={"a": ("x~", "y~")}, state="s")


def test_an_answer_survives_the_form():
    assert parse_response(ANSWER.to_form(), key=None) == ANSWER


@pytest.mark.spec("OpenID4VP 1.0", "8.3")
def test_an_encrypted_answer_opens_with_the_verifiers_key_and_names_the_nonce():
    key = AgreementKey.generate()
    metadata = ClientMetadata(
        vp_formats_supported={}, keys=(key.jwk,), content_algorithms=("A256GCM",)
    )

    form = ANSWER.to_encrypted_form(metadata, nonce="n-0S6")

    assert form.keys() == {"response"}
    assert parse_response(form, key=key) == ANSWER
    assert decrypt(form["response"], key=key).header["apv"] == "bi0wUzY"


def test_an_answer_in_clear_is_refused_where_encryption_was_asked_and_the_other_way_round():
    key = AgreementKey.generate()
    metadata = ClientMetadata(vp_formats_supported={}, keys=(key.jwk,))

    with pytest.raises(MalformedError):
        parse_response(ANSWER.to_form(), key=key)
    with pytest.raises(MalformedError):
        parse_response(ANSWER.to_encrypted_form(metadata), key=None)


@pytest.mark.spec("OpenID4VP 1.0", "8.3.1")
def test_a_refusal_may_come_in_clear_where_encryption_was_asked():
    refusal = ErrorResponse(error=ErrorCode.ACCESS_DENIED, state="s", description="not now")

    assert parse_response(refusal.to_form(), key=AgreementKey.generate()) == refusal


@pytest.mark.parametrize(
    "vp_token",
    ["", "[]", "{}", '{"a":"x"}', '{"a":[]}', '{"a":[1]}', '{"a":[""]}', '{"a":["x"],"a":["y"]}'],
)
def test_a_vp_token_is_an_object_of_arrays_that_are_not_empty(vp_token):
    with pytest.raises(MalformedError):
        parse_response({"vp_token": vp_token}, key=None)


def test_too_many_presentations_are_refused():
    with pytest.raises(MalformedError, match="too many"):
        AuthorizationResponse.parse({"vp_token": {"a": ["x"] * 65}})


@pytest.mark.parametrize("fields", [{"error": ""}, {"error": 'a"b'}, {"error": "é"}])
def test_an_error_code_is_printable_ascii(fields):
    with pytest.raises(MalformedError):
        parse_response(fields, key=None)


@pytest.mark.spec("OpenID4VP 1.0", "8.3")
def test_the_wallet_encrypts_to_the_first_key_that_it_can_use():
    key = AgreementKey.generate()
    others = (
        {"kty": "OKP", "kid": "1", "use": "enc", "crv": "X25519", "alg": "ECDH-ES", "x": "AA"},
        {**key.jwk, "kid": "2", "use": "sig"},
        {**key.jwk, "kid": "3", "alg": "RSA-OAEP"},
    )

    assert ClientMetadata(vp_formats_supported={}, keys=(*others, key.jwk)).encryption_key() == (
        key.jwk
    )
    with pytest.raises(AlgorithmError):
        ClientMetadata(vp_formats_supported={}, keys=others).encryption_key()


def test_content_encryption_is_the_first_that_both_know_and_a128gcm_by_default():
    both = ClientMetadata(vp_formats_supported={}, content_algorithms=("A128CBC-HS256", "A256GCM"))
    none = ClientMetadata(vp_formats_supported={}, content_algorithms=("A128CBC-HS256",))

    assert both.content_algorithm() == "A256GCM"
    assert ClientMetadata.parse({}).content_algorithm() == "A128GCM"
    with pytest.raises(AlgorithmError):
        none.content_algorithm()


def test_two_keys_with_one_kid_are_refused():
    key = AgreementKey.generate().jwk

    with pytest.raises(MalformedError):
        ClientMetadata.parse({"jwks": {"keys": [key, key]}})


def test_nonces_have_256_bits_and_differ():
    assert len({new_nonce() for _ in range(100)}) == 100
    assert new_nonce(bytes) == "A" * 43
