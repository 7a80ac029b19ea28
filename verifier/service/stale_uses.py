"""After the return: every use on old evidence is judged again, on what the log says now."""

from typing import final

from registry.client.edge import Presence, StaleUse, StaleUses, Watch
from registry.client.edge.reading import finding
from registry.client.edge.stale_uses import Finding
from ssi_core.errors import NotFoundError
from verifier.office import Office
from verifier.ports import Clock, RequestStore
from verifier.service.decisions import Decisions
from verifier.service.vault import open_agreement, read_policy


@final
class Rejudging:
    """Says what became of grants that were relied on while the log could not be asked."""

    def __init__(
        self,
        office: Office,
        *,
        requests: RequestStore,
        decisions: Decisions,
        stale: StaleUses,
        watch: Watch,
        clock: Clock,
    ) -> None:
        self._office = office
        self._requests = requests
        self._decisions = decisions
        self._stale = stale
        self._watch = watch
        self._clock = clock

    def judge_again(self) -> tuple[StaleUse, ...]:
        """Judge every use that waits for it; return those that could be judged."""
        return self._stale.judge_again(self._look)

    def report(self) -> tuple[StaleUse, ...]:
        """Return every use that was decided on old evidence, with what is known of it by now."""
        return self._stale.report()

    def presence(self) -> Presence:
        """Return whether the registry is there, and since when."""
        return self._watch.presence()

    def _look(self, grant_id: str) -> Finding:
        for request in self._requests.find_by_grant(grant_id):
            agreement = open_agreement(self._office, request)
            if agreement is not None and agreement.grant is not None:
                policy = read_policy(self._office, request)
                now = self._clock.now()
                return finding(*self._decisions.look(agreement.grant, policy, at=now))
        raise NotFoundError("there is no such grant here", at="/grant_id")
