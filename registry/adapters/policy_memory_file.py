"""Which policy was met last, in a file beside the log: https://c2sp.org/tlog-policy."""

from pathlib import Path
from typing import final

from registry.model.tlog_policy import TlogPolicy
from ssi_core.adapters.files import read_file, replace_file


@final
class FilePolicyMemory:
    """The policy that was met last, replaced whole and durable once `keep` returns."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> TlogPolicy | None:
        """Return the policy that was met last; nothing before the first."""
        content = read_file(self._path)
        return None if content is None else TlogPolicy.parse(content)

    def keep(self, policy: TlogPolicy) -> None:
        """Remember `policy`, durably."""
        replace_file(self._path, policy.render())
