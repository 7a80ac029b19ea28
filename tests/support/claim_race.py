"""One insurer's server in a race: settles a claim for every line that it is given.

Run as a process of its own: `claim_race.py DATABASE_URL INSURER`. A line is `event ledger nonce`;
the answer is the outcome and its reasons.
"""

import sys

from consent_contracts.adapters.claim_register_sql import SqlClaimRegister
from consent_contracts.contracts.insurance_claim import InsuranceClaim
from consent_contracts.contracts.register import settle
from ssi_core.adapters.database import open_database
from ssi_core.did.syntax import Did
from tests.support.contract_scene import claim_at


def main(url: str, insurer: str) -> None:
    """Answer each line of the standard input, and say first that the server is there."""
    engine = open_database(url)
    register, contract = SqlClaimRegister(engine), InsuranceClaim()
    print("ready", flush=True)  # noqa: T201 - the answer of this process
    for line in sys.stdin:
        event, ledger, nonce = line.split()
        inputs = claim_at(Did.parse(insurer), event=event, ledger=ledger, nonce=nonce)
        decision = settle(contract, inputs, register=register).decision
        print(decision.outcome, *decision.reasons, flush=True)  # noqa: T201
    engine.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
