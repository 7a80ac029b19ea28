"""A registry, a clinic, an insurer and a patient's wallet in one folder, each to be killed."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from consent_contracts import grant_credential
from consent_contracts.access import AccessLevel
from consent_contracts.grant import Grant, ScopeItem
from consent_contracts.grant_credential import GrantSecret
from consent_contracts.request import ConsentRequest
from consentry.demo.processes import free_port
from issuer.adapters.settings import IssuerSettings
from issuer.adapters.sql.tables import IssuerCopy, IssuerCredential, IssuerOffer
from issuer.app import open_issuer
from issuer.model.credential import CredentialState
from registry.app import create_app as create_registry
from registry.app import open_registry
from registry.client import RegistryClient
from registry.listening import open_listening
from registry.model import entry
from registry.service.delivery import DeliveryPace
from registry.service.sequencer import Pace
from ssi_core import strict_json
from ssi_core.adapters.clock import SystemClock
from ssi_core.adapters.database import open_database, transaction
from ssi_core.adapters.http import HttpClient
from ssi_core.adapters.server import bind, serve
from ssi_core.errors import SsiError
from ssi_core.json_types import JsonObject
from ssi_core.protocol.openid4vp import AuthorizationRequest
from ssi_core.status.token import StatusList, StatusListToken
from ssi_core.status.token import digest as digest_of
from tests.support.forks import Fork
from tests.support.registry import DIAGNOSIS
from tests.support.wallet_stage import TOKEN
from verifier.adapters.settings import VerifierSettings
from verifier.adapters.sql import SqlStore
from verifier.adapters.subscriber import listening_to_log
from verifier.app import Verifier, open_verifier
from verifier.app import create_app as create_verifier
from verifier.held import Agreement, Covered
from verifier.request import Answer, RequestState
from verifier.service.requests import Overrides
from verifier.service.vault import AGREEMENT, CLAIMS
from wallet.adapters.settings import WalletSettings
from wallet.app import open_wallet
from wallet.question import Accredited, Asker
from wallet.service import Wallet
from wallet.sharing import Acknowledged, Consented, Logged, Shared, Sharing, Wanted
from wallet.sharing_record import keep_sharing, sharing_of_grant

HOLDER_KEY: Final = "WXmbcHXAxUDQY9WGB6L3Zd_vxvqXtpwMm2omqu9B5n4"
CLAIM: Final = (("code",),)
PACE: Final = DeliveryPace(look=0.05, first_wait=0.02, longest_wait=0.2, prompt=2, late=1)
DONE, LOGGED, WANTED, NEW = 0, 10, 11, 12
"""How far a grant's end has come, as a wallet's exit status."""
_PATIENCE: Final = 60.0
# Room for the credentials of a thousand kills: a fuller list would get a second one beside it.
_ONE_LIST: Final = 8_192


def _entries(registry: RegistryClient) -> list[JsonObject]:
    found: list[JsonObject] = []
    while raws := registry.entries(len(found)):
        found += [strict_json.parse_object(raw) for raw in raws]
    return found


class Scene:
    """Everybody's folders and ports; each method runs in the process that is forked for it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.registry_url = f"http://localhost:{free_port()}"
        self.verifier_url = f"http://localhost:{free_port()}"
        self.clock = SystemClock()

    def registry(self, fork: Fork) -> None:
        """Serve the log; its sequencer and its dispatcher die as well as what answers requests."""
        fork.arm_threads()
        folder, url = self.folder / "registry", self.registry_url
        with (
            closing(bind("127.0.0.1", int(url.rpartition(":")[2]))) as listener,
            open_registry(
                data_dir=folder, public_url=url, workers=0, pace=Pace(linger=0.0)
            ) as registry,
            open_listening(registry, data_dir=folder, public_url=url, pace=PACE) as listening,
        ):
            app = create_registry(registry, listening=listening)
            fork.arm()
            fork.announce()
            serve(app, listener, role="registry", public_url=url)

    def verifier(self, fork: Fork) -> None:
        """Serve the insurer's desk, where the log and the wallet tell it what ends."""
        url = self.verifier_url
        with (
            closing(bind("127.0.0.1", int(url.rpartition(":")[2]))) as listener,
            open_verifier(self._insurer, public_url=url) as verifier,
        ):
            app = create_verifier(verifier, admin_token=TOKEN)
            fork.arm()
            with listening_to_log(verifier.log_events, self._insurer):
                fork.announce()
                serve(app, listener, role="verifier", public_url=url)

    def withdraw(self, grant_id: str) -> Callable[[Fork], None]:
        """Return the work of a wallet that takes a grant back, or goes on with doing so."""

        def work(fork: Fork) -> None:
            with self._wallet() as wallet:
                fork.arm()
                try:
                    wallet.withdraw(grant_id)
                except SsiError:
                    wallet.resume()
                found = sharing_of_grant(wallet._vault, grant_id)  # noqa: SLF001 - its journal
            match found.withdrawal:
                case Acknowledged():
                    return
                case Logged():
                    raise SystemExit(LOGGED)
                case Wanted():
                    raise SystemExit(WANTED)
                case _:
                    raise SystemExit(NEW)

        return work

    def revoke(self, credential: str) -> Callable[[Fork], None]:
        """Return the work of a clinic that revokes a credential, or finishes doing so."""

        def work(fork: Fork) -> None:
            with open_issuer(self._clinic, public_url="http://localhost:1") as issuer:
                fork.arm()
                changed = issuer.revocation.change(
                    credential, CredentialState.REVOKED, at=self.clock.now()
                )
                issuer.status_lists.token(0, at=self.clock.now())
            if not changed.published:
                raise SystemExit(LOGGED)

        return work

    def lay_out(self, grants: int, credentials: int) -> Callable[[Fork], None]:
        """Return the work of making the wallet, and what all of them hold, before anybody dies."""

        def work(fork: Fork) -> None:
            with ExitStack() as stack:
                wallet = stack.enter_context(self._wallet(create=True))
                verifier = stack.enter_context(
                    open_verifier(self._insurer, public_url=self.verifier_url)
                )
                http = HttpClient()
                stack.callback(http.close)
                made = [self._share(verifier, number) for number in range(grants)]
                registry = RegistryClient(http, self.registry_url)
                registry.submit_all([one.consented.entry for one in made if one.consented])
                wallet._vault.apply(*(keep_sharing(one) for one in made))  # noqa: SLF001 - likewise
                stack.enter_context(open_issuer(self._clinic, public_url="http://localhost:1"))
                self._issue(credentials)
                ids = [one.consented.grant_id for one in made if one.consented]
                (self.folder / "grants").write_text("\n".join(ids))
            del fork

        return work

    def require_everything(self, ended: list[str], revoked: list[str]) -> Callable[[Fork], None]:
        """Return the work of looking whether log, wallet, insurer, clinic and list agree."""

        def work(fork: Fork) -> None:
            del fork
            with ExitStack() as stack:
                http = HttpClient()
                stack.callback(http.close)
                registry = RegistryClient(http, self.registry_url)
                entries = _entries(registry)
                for grant_id in ended:
                    about = [each["t"] for each in entries if each.get("id") == grant_id]
                    assert about == ["consent.grant", "consent.revoke"], about
                wallet = stack.enter_context(self._wallet())
                shown = {view.id: view for view in wallet.grants()}
                assert all(shown[each].acknowledged_at is not None for each in ended)
                self._require_told(set(ended))
                issuer = stack.enter_context(
                    open_issuer(self._clinic, public_url="http://localhost:1")
                )
                token = StatusListToken.parse(issuer.status_lists.token(0, at=self.clock.now()))
                listed = StatusList.decode(token.encoded_list)
                places = {int(each.rpartition("-")[2]) for each in revoked}
                assert {n for n in range(len(listed)) if listed.get(n)} == places
                last = [each["dig"] for each in entries if each["t"] == "status.publish"][-1]
                assert last == digest_of(listed), "list and log disagree"

        return work

    def _require_told(self, ended: set[str]) -> None:
        """Require that the log's own word has arrived too, which takes as long as it takes."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            with closing(self.database("verifier/verifier.db")) as database:
                query = "select grant_id from verifier_mark where standing = 'ended'"
                missing = ended - {each for (each,) in database.execute(query)}
            if not missing:
                return
            assert time.monotonic() < deadline, f"{len(missing)} were never told"
            time.sleep(0.05)

    def database(self, name: str) -> sqlite3.Connection:
        """Open a database to look at it; close it before anybody is forked."""
        return sqlite3.connect(f"file:{self.folder / name}?mode=ro", uri=True)

    @contextmanager
    def _wallet(self, *, create: bool = False) -> Iterator[Wallet]:
        settings = WalletSettings(data_dir=self.folder / "wallet", registry_url=self.registry_url)
        (self.folder / "wallet").mkdir(exist_ok=True)
        with open_wallet(settings, ask=lambda: None, create=create) as wallet:
            yield wallet

    @property
    def _insurer(self) -> VerifierSettings:
        return VerifierSettings(
            data_dir=self.folder / "verifier",
            registry_url=self.registry_url,
            name="insurer",
            roots=("did:web:authority.example",),
        )

    @property
    def _clinic(self) -> IssuerSettings:
        return IssuerSettings(
            data_dir=self.folder / "issuer",
            registry_url=self.registry_url,
            name="clinic",
            status_list_length=_ONE_LIST,
        )

    def _share(self, verifier: Verifier, number: int) -> Sharing:
        """Make a grant, and have the insurer hold the answer that it came with."""
        asked = verifier.requests.create("insurer-diagnosis", Overrides())
        request = ConsentRequest.parse(asked.parameters.transaction_data[0])
        scope = ScopeItem(vct=DIAGNOSIS, claims=frozenset(CLAIM), access=AccessLevel.FULL)
        secret = GrantSecret.generate()
        grant, raw = self._signed(request.grant(holder_keys={HOLDER_KEY}, scope=(scope,)), secret)
        held = Agreement(
            credentials=(Covered(query_id="diagnosis", vct=DIAGNOSIS, paths=frozenset(CLAIM)),),
            holder_keys=frozenset({HOLDER_KEY}),
            grant=grant,
        )
        seal = verifier.office.seal
        answer = Answer(
            state=RequestState.VERIFIED,
            answered_at=self.clock.now(),
            form="form",
            grant_id=grant.id,
            agreement=seal(held.to_bytes(), kind=AGREEMENT, request_id=asked.id),
            claims=seal(b'[["diagnosis",{"code":"x"}]]', kind=CLAIMS, request_id=asked.id),
        )
        engine = open_database(f"sqlite:///{self.folder / 'verifier' / 'verifier.db'}")
        SqlStore(engine).answer(asked.id, answer)
        engine.dispose()
        return self._sharing(
            number,
            asked.parameters,
            Consented(
                request=request,
                grant=grant,
                secret=secret,
                entry=raw,
                holder_copy_id="copy",
                query_id="diagnosis",
            ),
        )

    def _signed(self, grant: Grant, secret: GrantSecret) -> tuple[Grant, bytes]:
        start, end = grant.period.start, grant.period.end
        assert start is not None
        assert end is not None
        raw = entry.consent_grant(
            log=grant.log,
            signer=secret.signer,
            next_key_hash=secret.next_key_hash,
            commitments=grant_credential.commitments(grant_credential.disclosures(grant, secret)),
            not_before=start,
            expires=end,
            max_staleness=grant.max_staleness,
            at=self.clock.now(),
        )
        return replace(grant, id=entry.entry_id(raw)), raw

    def _sharing(self, number: int, request: AuthorizationRequest, consented: Consented) -> Sharing:
        now = self.clock.now().replace(microsecond=0)
        return Sharing(
            id=f"question-{number}",
            asker=Asker(
                client_id=str(request.client_id),
                response_origin=self.verifier_url,
                did=str(consented.request.recipient),
                name="Insurer",
                proven_by="did",
                accredited=Accredited.UNKNOWN,
            ),
            request=request,
            given=(),
            given_at=now,
            consented=consented,
            state=Shared(shared_at=now, presentation_digest="digest", receipt=None),
        )

    def _issue(self, credentials: int) -> None:
        """Put issued credentials into the clinic's database, each with the place of its status."""
        engine = open_database(f"sqlite:///{self.folder / 'issuer' / 'issuer.db'}")
        now = self.clock.now()
        with transaction(engine) as session:
            session.add(
                IssuerOffer(
                    id="offer",
                    code_digest="digest",
                    tx_code_digest=None,
                    created_at=now,
                    expires_at=now + timedelta(days=1),
                    state="redeemed",
                    failed_attempts=0,
                )
            )
            session.flush()
            for number in range(credentials):
                session.add(
                    IssuerCredential(
                        id=f"credential-{number}",
                        offer="offer",
                        identifier=f"dataset-{number}",
                        configuration="diagnosis",
                        created_at=now,
                        state="valid",
                        version=0,
                    )
                )
            session.flush()
            for number in range(credentials):
                copy = IssuerCopy(status_list=0, place=number, credential=f"credential-{number}")
                session.add(copy)
        engine.dispose()
