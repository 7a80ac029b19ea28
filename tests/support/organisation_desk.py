"""An organisation in a process of its own: it opens, says what it is told to, and ends."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from registry.cli.speaking import opened_speaker
from registry.client.organisation import Organisation
from ssi_core.adapters.clock import SystemClock
from ssi_core.encoding import base64url_encode
from ssi_core.period import Period
from tests.support.wallet_stage import environment

TYPE = "urn:consentry:diagnosis:1"
URI = "https://authority.example/status-lists/1"


def ask(folder: Path, url: str, *wishes: str) -> "subprocess.CompletedProcess[str]":
    """Let a new process say `wishes` for the organisation in `folder`, at the registry `url`."""
    command = [sys.executable, "-m", __name__, str(folder), url, *wishes]
    return subprocess.run(  # noqa: S603 - our own program
        command, env=environment(), capture_output=True, text=True, timeout=60, check=False
    )


def say(organisation: Organisation, wish: str) -> None:
    """Say one thing: `rotate`, `accredit`, or `publish:<number>`."""
    kind, _, number = wish.partition(":")
    if kind == "rotate":
        organisation.rotate()
    elif kind == "accredit":
        now = SystemClock().now()
        organisation.accredit_root(types=[TYPE], period=Period(now, now + timedelta(days=30)))
    else:
        digest = base64url_encode(bytes([int(number)]) * 32)
        organisation.publish_status_list(URI, digest=digest, ttl=timedelta(minutes=5))


def main(folder: str, url: str, *wishes: str) -> None:
    """Open the organisation as the commands do, and say everything in order."""
    with opened_speaker(url, "authority", Path(folder), None) as speaker:
        for wish in wishes:
            say(speaker.organisation, wish)


if __name__ == "__main__":
    main(*sys.argv[1:])
