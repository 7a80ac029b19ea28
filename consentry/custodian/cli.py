"""`consentry consent`: the commands of that room, and those that need a log."""

from typing import Final

from consent_contracts.cli import PLACES
from consent_contracts.cli import commands as of_the_room
from ssi_core.adapters.lazy_commands import LazyGroup

_WITH_LOG: Final = {
    "break-glass": "consentry.custodian.asking:break_glass",
    "emergencies": "consentry.custodian.ending:emergencies",
    "organisation": "consentry.custodian.organisation:show_organisation",
    "own-key": "consentry.custodian.organisation:show_own_key",
    "serve": "consentry.custodian.command:serve_custodian",
}

commands = LazyGroup(
    name="consent", help=of_the_room.help, places=dict(sorted({**PLACES, **_WITH_LOG}.items()))
)
