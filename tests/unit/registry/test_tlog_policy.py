"""Trust policies as text: https://c2sp.org/tlog-policy."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.model.cosignature import cosigner_key
from registry.model.log_evidence import LogPolicy
from registry.model.quorum import Quorum
from registry.model.tlog_policy import TlogPolicy
from ssi_core.errors import AlgorithmError, MalformedError, SsiError
from ssi_core.keys import MlDsa44Signer
from tests.support.registry import ORIGIN, POLICY, signer

LOG = POLICY.log_vkey
KEYS = {name: cosigner_key(f"{name}.example", signer(name)) for name in ("X1", "X2", "X3", "Y1")}
WITNESSES = "".join(f"witness {name} {key}\n" for name, key in KEYS.items())
EXAMPLE = f"""log {LOG}

{WITNESSES}
group X-witnesses 2 X1 X2 X3
group Y-witnesses any Y1
group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


def parsed(text: str) -> TlogPolicy:
    return TlogPolicy.parse(text.encode())


@pytest.mark.spec("C2SP tlog-policy", "Example policy")
def test_the_example_of_the_specification_says_what_it_says():
    policy = parsed(EXAMPLE)

    x1, x2, x3, y1 = KEYS.values()
    assert policy.quorum is not None
    assert policy.quorum == Quorum(2, (Quorum(2, (x1, x2, x3)), Quorum(1, (y1,))))
    assert policy.quorum.is_met_by([x1, x3, y1])
    assert not policy.quorum.is_met_by([x1, x2, x3])
    assert [str(log.key) for log in policy.logs] == [LOG]


def test_a_policy_is_written_as_it_is_read():
    policy = parsed(EXAMPLE)

    assert TlogPolicy.parse(policy.render()) == policy
    assert TlogPolicy.parse(policy.render()).render() == policy.render()


def test_a_quorum_made_in_code_becomes_a_policy_that_says_the_same():
    x1, x2, x3, y1 = KEYS.values()
    post_quantum = cosigner_key(x1.name, MlDsa44Signer(bytes(32)))
    quorum = Quorum(2, (Quorum(1, (x1, x2)), x3, Quorum(2, (y1, post_quantum))))

    read = TlogPolicy.parse(TlogPolicy.of(parsed(EXAMPLE).logs[0].key, quorum).render())

    assert read.quorum == quorum


@pytest.mark.spec("C2SP tlog-policy", "Policy file syntax and structure")
def test_comments_empty_lines_tabs_and_any_order_are_allowed():
    witness = f"\twitness\tX1  {KEYS['X1']}\thttps://w.example/  "
    text = f"  # comment\n\t\n{witness}\nquorum X1\nlog {LOG}\n"

    policy = parsed(text)

    assert policy.quorum == Quorum(1, (KEYS["X1"],))
    assert policy.witnesses[0].url == "https://w.example/"


@pytest.mark.spec("C2SP tlog-policy", "Character set")
def test_names_are_opaque_octets():
    content = f"witness \xff {KEYS['X1']}\nquorum \xff\n".encode("latin-1")

    policy = TlogPolicy.parse(content)

    assert policy.render() == content


@pytest.mark.spec("C2SP tlog-policy", "Defining the quorum")
def test_no_quorum_is_a_policy_but_nothing_that_we_believe():
    policy = parsed(f"log {LOG}\nquorum none\n")

    assert policy.quorum is None
    with pytest.raises(MalformedError):
        LogPolicy.of(policy, max_checkpoint_age=timedelta(minutes=1))


def test_a_log_is_found_in_a_policy_by_its_origin():
    policy = parsed(EXAMPLE)

    believed = LogPolicy.of(policy, origin=ORIGIN, max_checkpoint_age=timedelta(minutes=1))

    assert (believed.origin, believed.quorum) == (ORIGIN, policy.quorum)
    with pytest.raises(MalformedError):
        LogPolicy.of(policy, origin="other.example", max_checkpoint_age=timedelta(minutes=1))


@pytest.mark.spec("C2SP tlog-policy", "Defining a witness group")
@pytest.mark.parametrize(
    "lines",
    [
        "group g 0 X1\nquorum g",
        "group g 2 X1\nquorum g",
        "group g 01 X1\nquorum g",
        "group g +1 X1\nquorum g",
        "group g most X1\nquorum g",
        "group g any\nquorum g",
        "group g any h\ngroup h any X1\nquorum g",
        "group g any g\nquorum g",
        "group g any none\nquorum g",
        "group g any X1 X1\nquorum g",
        "group g any X1\ngroup h any X1\nquorum g",
        "group X1 any X2\nquorum X1",
        "group none any X2\nquorum none",
    ],
)
def test_a_group_that_is_not_one_is_refused(lines: str):
    with pytest.raises(MalformedError):
        parsed(f"{WITNESSES}{lines}\n")


@pytest.mark.spec("C2SP tlog-policy", "Policy file syntax and structure")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        f"{WITNESSES}quorum X1",
        f"{WITNESSES}quorum X1\nquorum X1\n",
        f"{WITNESSES}quorum X1 X2\n",
        f"{WITNESSES}quorum X9\n",
        f"quorum X1\n{WITNESSES}",
        f"{WITNESSES}quorom X1\n",
        f"{WITNESSES}quorum X1\r\n",
        f"{WITNESSES}quorum\u00a0X1\n",
        f"log {LOG}\nlog {LOG}\nquorum none\n",
        f"log {LOG} https://a b\nquorum none\n",
        f"log {LOG[:-1]}\nquorum none\n",
        f"witness X1\n{WITNESSES}quorum none\n",
        f"witness X9 {KEYS['X1']}\n{WITNESSES}quorum none\n",
        f"witness none {KEYS['X1']}\nquorum none\n",
        "#\n" * 5_000 + "quorum none\n",
        "#" * 300_000 + "\nquorum none\n",
    ],
)
def test_text_that_is_no_policy_is_refused(text: str):
    with pytest.raises(MalformedError):
        parsed(text)


@pytest.mark.spec("C2SP tlog-policy", "Public key representation")
def test_a_key_of_the_other_kind_is_refused():
    for text in (f"log {KEYS['X1']}\nquorum none\n", f"witness w {LOG}\nquorum w\n"):
        with pytest.raises(AlgorithmError):
            parsed(text)


@pytest.mark.spec("C2SP tlog-policy", "Public key representation")
def test_one_key_under_two_names_is_a_duplicate():
    again = cosigner_key("again.example", signer("X1"))

    with pytest.raises(MalformedError):
        parsed(f"{WITNESSES}witness again {again}\nquorum X1\n")


@given(st.text(alphabet="logwitnesgruopqm X12\n\t#+=/", max_size=200))
def test_junk_is_read_or_refused(text: str):
    try:
        policy = parsed(text)
    except SsiError:
        return
    assert TlogPolicy.parse(policy.render()) == policy
