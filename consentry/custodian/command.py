"""`consentry consent serve`: a custodian that tells emergencies to a log."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Final

from consent_contracts.adapters.settings import ConsentSettings
from consent_contracts.app import Custodian, Premises, open_custodian
from consent_contracts.cli.running import serving
from consentry.custodian.emergency_log import EdgeEmergencyLog
from registry.client import RegistryClient
from registry.client.edge import EvidenceCache, Outbox, Sentinel, SqlEvidenceStore, SqlOutboxStore
from registry.model.log_evidence import LogPolicy
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.keystore import KeyStore
from ssi_core.adapters.reach import Reach
from verifier.adapters.trusted_log import log_of_policy, pinned_log

_HTTP_SECONDS: Final = 5.0
# The registry cosigns anew whenever it is asked, so an older checkpoint is a registry cut off.
_MAX_CHECKPOINT_AGE: Final = timedelta(minutes=10)


@contextmanager
def open_connected(settings: ConsentSettings) -> Iterator[Custodian]:
    """Open the custodian; with a registry, its emergencies go to the log there, soon or later."""
    if settings.registry_url is None:
        with open_custodian(settings) as custodian:
            yield custodian
        return
    # The operator chose where the registry is.
    with closing(HttpClient(timeout=_HTTP_SECONDS, reach=Reach.ANY)) as http:
        registry = RegistryClient(http, settings.registry_url)
        sentinels: list[Sentinel] = []
        catching_up: list[Callable[[], None]] = []

        def connect(premises: Premises) -> EdgeEmergencyLog:
            log, sentinel = _connected(registry, premises, catching_up)
            sentinels.append(sentinel)
            catching_up.append(log.send)
            return log

        with open_custodian(settings, connect=connect) as custodian:
            catching_up += [custodian.emergencies.settle, custodian.emergencies.look]
            with sentinels[0]:
                yield custodian


def _connected(
    registry: RegistryClient, premises: Premises, catching_up: list[Callable[[], None]]
) -> tuple[EdgeEmergencyLog, Sentinel]:
    """Return the log, and the sentinel that looks for it and sends what waits."""
    probes: list[Callable[[], None]] = []
    sentinel = Sentinel(
        lambda: [look() for look in probes],
        clock=premises.clock,
        each_time=[lambda: [work() for work in catching_up]],
    )
    log = EdgeEmergencyLog(
        registry,
        believed=lambda: _believed(premises.settings, premises.keystore, registry),
        outbox=Outbox(SqlOutboxStore(premises.engine), premises.clock),
        kept=EvidenceCache(SqlEvidenceStore(premises.engine)),
        watch=sentinel,
        clock=premises.clock,
    )
    probes.append(log.look)
    return log, sentinel


def _believed(settings: ConsentSettings, keystore: KeyStore, registry: RegistryClient) -> LogPolicy:
    log = (
        pinned_log(keystore, registry)
        if settings.log_policy is None
        else log_of_policy(settings.log_policy)
    )
    return LogPolicy.pinned(
        origin=log.origin,
        log_vkey=log.log_vkey,
        witness_vkeys=log.witness_vkeys,
        policy=log.policy,
        max_checkpoint_age=_MAX_CHECKPOINT_AGE,
    )


serve_custodian = serving(open_connected)
