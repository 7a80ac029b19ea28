"""After the return: what was decided on old evidence is judged again, on what the log says now."""

from typing import Final, final

from registry.client.edge import Presence, StaleUse, StaleUses, Watch
from registry.client.edge.findings import (
    finding_of_accreditation,
    finding_of_grant,
    finding_of_key,
    finding_of_redacted,
    finding_of_status,
)
from registry.client.edge.stale_uses import Finding, Ground
from registry.model.accreditation_history import verify_accreditation_history
from registry.model.evidence import LogPolicy, verify_status_publication
from registry.model.redacted_grants import RedactedGrant
from ssi_core.did.syntax import Did
from ssi_core.errors import NotFoundError
from ssi_core.json_types import JsonObject
from ssi_core.status.token import Status, StatusList, digest
from ssi_core.strict_json import as_integer, as_text
from verifier.office import Office
from verifier.ports import Clock, RequestStore
from verifier.service.decisions import Decisions
from verifier.service.evidence import Collector
from verifier.service.vault import open_agreement, read_policy

_AT: Final = "/relied_on"


@final
class Rejudging:
    """Says what became of what was relied on while the log could not be asked."""

    def __init__(
        self,
        office: Office,
        *,
        requests: RequestStore,
        decisions: Decisions,
        collector: Collector,
        stale: StaleUses,
        watch: Watch,
        clock: Clock,
    ) -> None:
        self._office = office
        self._requests = requests
        self._decisions = decisions
        self._collector = collector
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

    def _look(self, use: StaleUse) -> Finding:
        relied_on = use.relied_on
        match relied_on.ground:
            case Ground.GRANT:
                return self._grant(use)
            case Ground.ACCREDITATION:
                return self._accreditation(use, self._believed(use))
            case Ground.STATUS:
                return self._status(relied_on.detail, self._believed(use))
            case Ground.DID:
                return self._key(use)

    def _grant(self, use: StaleUse) -> Finding:
        for request in self._requests.find_by_grant(use.relied_on.id):
            agreement = open_agreement(self._office, request)
            if agreement is not None and agreement.grant is not None:
                policy = read_policy(self._office, request)
                now = self._clock.now()
                found, evidence = self._decisions.look(agreement.grant, policy, at=now)
                if isinstance(found, RedactedGrant):
                    return finding_of_redacted(use, found)
                return finding_of_grant(use, found, evidence)
        raise NotFoundError("there is no such grant here", at="/grant_id")

    def _accreditation(self, use: StaleUse, believed: LogPolicy) -> Finding:
        accreditation_id = use.relied_on.id
        logged = verify_accreditation_history(
            self._collector.fresh_accreditation(accreditation_id),
            accreditation_id=accreditation_id,
            policy=believed,
            at=self._clock.now(),
        )
        return finding_of_accreditation(use, logged)

    def _status(self, detail: JsonObject, believed: LogPolicy) -> Finding:
        """Judge by the list that the log holds now, which its issuer has to serve to us."""
        uri, issuer = as_text(detail.get("uri"), at=_AT), _did(detail, "issuer")
        evidence, token = self._collector.fresh_status(uri, issuer)
        published = verify_status_publication(
            evidence,
            issuer=issuer,
            uri=uri,
            digest=digest(token.encoded_list),
            policy=believed,
            at=self._clock.now(),
        )
        status = StatusList.decode(token.encoded_list).get(_number(detail, "index"))
        return finding_of_status(
            published,
            is_valid=status == Status.VALID,
            relied_on=_number(detail, "sequence"),
            entries=evidence.entries,
        )

    def _key(self, use: StaleUse) -> Finding:
        detail = use.relied_on.detail
        now, key = self._clock.now(), as_text(detail.get("key"), at=_AT)
        versions = self._collector.fresh_versions(_did(detail, "did"), at=now)
        return finding_of_key(use, versions, key=key, known_at=now)

    def _believed(self, use: StaleUse) -> LogPolicy:
        request = self._requests.find(use.id)
        if request is None:
            raise NotFoundError("there is no such answer here", at=_AT)
        return self._office.log.believed(read_policy(self._office, request))


def _did(detail: JsonObject, name: str) -> Did:
    return Did.parse(as_text(detail.get(name), at=_AT), at=_AT)


def _number(detail: JsonObject, name: str) -> int:
    return as_integer(detail.get(name), at=_AT)
