import json
import subprocess
import sys

PLANTED = "Zebulon-Planted"
BEGIN = f"""
import logging as python_logging
import threading
import warnings
from ssi_core.adapters import logging
logging.configure("issuer")
PLANTED = "{PLANTED}"
"""


def told(program: str) -> tuple[list[dict[str, object]], str]:
    """Run `program` in a process of its own; return its events, and all that it wrote."""
    run = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", BEGIN + program], capture_output=True, text=True, check=False
    )
    events = [json.loads(line) for line in run.stderr.splitlines()]
    return events, run.stdout + run.stderr


def test_an_event_is_one_line_with_its_ids() -> None:
    events, _all = told("logging.event('credential_issued', credential='c-1', list=3, parent=None)")

    (event,) = events
    at = str(event.pop("at"))
    assert at.endswith("Z")
    assert len(at) == len("2026-11-21T10:00:00Z")
    assert event == {
        "role": "issuer",
        "level": "info",
        "event": "credential_issued",
        "credential": "c-1",
        "list": 3,
        "parent": None,
    }


def test_no_id_can_begin_a_line_of_its_own() -> None:
    events, _all = told("logging.event('seen', id='a\\n{\"event\":\"forged\"}')")

    assert [event["event"] for event in events] == ["seen"]


def test_something_that_is_no_id_is_named_by_its_type_only() -> None:
    events, everything = told("logging.event('seen', id={PLANTED: object()}, other=object())")

    assert PLANTED not in everything or events[0]["id"] == {PLANTED: "object"}
    assert events[0]["other"] == "object"


def test_what_nobody_caught_is_told_by_kind_and_place() -> None:
    events, everything = told("""
def claim():
    raise KeyError(PLANTED)
claim()
""")

    (event,) = events
    assert (event["event"], event["level"], event["kind"]) == ("unexpected", "error", "KeyError")
    assert str(event["trace"]).count("__main__:") == 2
    assert PLANTED not in everything


def test_what_nobody_caught_in_a_thread_is_told_by_kind_and_place() -> None:
    events, everything = told("""
def claim():
    raise ValueError(PLANTED)
thread = threading.Thread(target=claim, name="worker")
thread.start()
thread.join()
""")

    (event,) = events
    assert (event["event"], event["kind"], event["thread"]) == (
        "unexpected",
        "ValueError",
        "worker",
    )
    assert PLANTED not in everything


def test_what_libraries_say_is_told_by_name_only() -> None:
    events, everything = told("""
python_logging.getLogger("httpx").info("GET /?name=%s", PLANTED)
python_logging.getLogger("uvicorn.error").warning("Invalid request: %s", PLANTED)
try:
    raise OSError(PLANTED)
except OSError:
    python_logging.getLogger("asyncio").exception("Task exception: %s", PLANTED)
warnings.warn(PLANTED)
""")

    assert [event["event"] for event in events] == ["library"] * 3
    assert [event["logger"] for event in events] == ["uvicorn.error", "asyncio", "py.warnings"]
    assert events[1]["kind"] == "OSError"
    assert PLANTED not in everything


def test_a_record_that_cannot_be_formatted_is_dropped_in_silence() -> None:
    _events, everything = told("""
class Odd:
    def __str__(self):
        raise RuntimeError(PLANTED)
python_logging.getLogger("consentry").info(Odd())
""")

    assert everything == ""


def test_an_interrupt_by_the_keyboard_is_no_event() -> None:
    events, _all = told("raise KeyboardInterrupt")

    assert events == []
