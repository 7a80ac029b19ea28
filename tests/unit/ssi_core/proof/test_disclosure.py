import pytest

from ssi_core.encoding import base64url_encode
from ssi_core.errors import AlgorithmError, MalformedError
from ssi_core.proof.disclosure import Disclosure

# The examples of RFC 9901 sections 4.2.1 to 4.2.3 and 4.2.6: short facts that need no folder.
_MOEBIUS = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"
_MOEBIUS_DIGEST = "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"
_FRANCE = "WyJsa2x4RjVqTVlsR1RQVW92TU5JdkNBIiwgIkZSIl0"
_FRANCE_DIGEST = "w0I8EKcdCtUPkGCNUrfwVp2xEgNjtoIDlOxc9-PlOhs"


@pytest.mark.spec("RFC 9901", "4.2.1")
def test_the_disclosure_of_an_object_property_is_salt_name_and_value():
    disclosure = Disclosure.parse(_MOEBIUS)

    assert disclosure.salt == "_26bc4LT-ac6q2KI6cBW5es"
    assert disclosure.name == "family_name"
    assert disclosure.value == "Möbius"


@pytest.mark.spec("RFC 9901", "4.2.1")
@pytest.mark.parametrize(
    "text",
    [
        "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNXHUwMGY2Yml1cyJd",
        "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsImZhbWlseV9uYW1lIiwiTcO2Yml1cyJd",
        "WwoiXzI2YmM0TFQtYWM2cTJLSTZjQlc1ZXMiLAoiZmFtaWx5X25hbWUiLAoiTcO2Yml1cyIKXQ",
    ],
    ids=["escaped", "without white space", "with newlines"],
)
def test_every_spelling_of_the_json_is_read_and_kept(text):
    disclosure = Disclosure.parse(text)

    assert (disclosure.name, disclosure.value) == ("family_name", "Möbius")
    assert disclosure.text == text
    assert disclosure.digest() != _MOEBIUS_DIGEST


@pytest.mark.spec("RFC 9901", "4.2.2")
def test_the_disclosure_of_an_array_element_has_no_name():
    disclosure = Disclosure.parse(_FRANCE)

    assert (disclosure.salt, disclosure.name, disclosure.value) == (
        "lklxF5jMYlGTPUovMNIvCA",
        None,
        "FR",
    )


@pytest.mark.spec("RFC 9901", "4.2.3")
@pytest.mark.parametrize(
    ("text", "digest"), [(_MOEBIUS, _MOEBIUS_DIGEST), (_FRANCE, _FRANCE_DIGEST)]
)
def test_the_digest_is_over_the_base64url_text(text, digest):
    assert Disclosure.parse(text).digest() == digest


@pytest.mark.spec("RFC 9901", "4.1.1")
@pytest.mark.parametrize(
    ("algorithm", "length"), [("sha-256", 43), ("sha-384", 64), ("sha-512", 86)]
)
def test_the_registered_hash_algorithms_are_there(algorithm, length):
    assert len(Disclosure.parse(_MOEBIUS).digest(algorithm)) == length


@pytest.mark.spec("RFC 9901", "4.1.1")
@pytest.mark.parametrize("algorithm", ["sha256", "SHA-256", "md5", "sha-1", ""])
def test_another_hash_algorithm_is_refused(algorithm):
    with pytest.raises(AlgorithmError):
        Disclosure.parse(_MOEBIUS).digest(algorithm)


@pytest.mark.spec("RFC 9901", "4.2.1")
@pytest.mark.parametrize(
    "array",
    [
        "{}",
        '"x"',
        "null",
        "[]",
        '["salt"]',
        '["salt","name","value","more"]',
        '[1,"name","value"]',
        '["salt",1,"value"]',
        '["salt",null,"value"]',
        '["salt","_sd",[]]',
        '["salt","...","x"]',
        '["salt","_sd_alg","sha-256"]',
        '["salt","name",NaN]',
        '["salt","name",{"a":1,"a":2}]',
        '["salt","name","\\ud800"]',
        '["salt","name",1]]',
        '["salt","name",1e999]',
        '["salt","name",' + "9" * 5000 + "]",
        '["salt",' + "[" * 100 + "]" * 100 + "]",
    ],
)
def test_what_is_no_disclosure_is_refused(array):
    with pytest.raises(MalformedError):
        Disclosure.parse(base64url_encode(array.encode()))


@pytest.mark.parametrize("text", ["", "W10=", "W10 ", "+/+/", "W11", "\u00e4", "\ud800"])
def test_what_is_no_base64url_is_refused(text):
    with pytest.raises(MalformedError):
        Disclosure.parse(text)


def test_a_disclosure_that_was_made_is_read_as_the_same():
    made = Disclosure.make("name", {"a": [1, None, "ö"]})

    assert Disclosure.parse(made.text) == made
    assert Disclosure.parse(made.text).value == {"a": [1, None, "ö"]}


@pytest.mark.spec("RFC 9901", "9.3")
def test_salts_are_random_and_have_128_bits():
    salts = {Disclosure.make("name", 1).salt for _ in range(100)}

    assert len(salts) == 100
    assert {len(salt) for salt in salts} == {22}


def test_a_given_salt_makes_the_disclosure_repeatable():
    first, second = (Disclosure.make(None, "x", salt=bytes(16)) for _ in range(2))

    assert first.text == second.text


def test_a_short_salt_is_refused():
    with pytest.raises(MalformedError):
        Disclosure.make("name", 1, salt=bytes(15))


@pytest.mark.parametrize("name", ["_sd", "...", "_sd_alg"])
@pytest.mark.spec("RFC 9901", "4.2.1")
def test_no_claim_is_disclosed_under_a_reserved_name(name):
    with pytest.raises(MalformedError):
        Disclosure.make(name, 1)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800", b"x", {1, 2}, object()])
def test_a_value_that_is_not_json_cannot_be_disclosed(value):
    with pytest.raises(MalformedError):
        Disclosure.make("name", value)
