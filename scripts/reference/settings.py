"""docs/reference/settings.md: every setting of every role, and the variables of commands."""

from collections.abc import Mapping
from typing import Any, Final

import click
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from consent_contracts.adapters.settings import ConsentSettings
from consentry.custodian.cli import commands as consent_commands
from consentry.harness.serve import serve as serve_harness
from consentry.harness.settings import HarnessSettings
from issuer.adapters.settings import IssuerSettings
from issuer.cli import commands as issuer_commands
from registry.app import RegistrySettings
from registry.cli import commands as registry_commands
from registry.cli.witnessing import serve_witness
from registry.witness_app import WitnessSettings
from scripts.reference.page import require_same, table
from ssi_core.adapters.settings import ServiceSettings
from verifier.adapters.settings import VerifierSettings
from verifier.cli import commands as verifier_commands
from wallet.adapters.settings import WalletSettings
from wallet.cli import commands as wallet_commands

ROLES: Final[Mapping[str, tuple[type[ServiceSettings], click.Group]]] = {
    "Registry": (RegistrySettings, registry_commands),
    "Witness": (WitnessSettings, click.Group(commands={"serve": serve_witness})),
    "Issuer": (IssuerSettings, issuer_commands),
    "Verifier": (VerifierSettings, verifier_commands),
    "Consent": (ConsentSettings, consent_commands),
    "Wallet": (WalletSettings, wallet_commands),
    "Harness": (HarnessSettings, click.Group(commands=[serve_harness])),
}
SHARED: Final[Mapping[str, str]] = {
    "host": "Address to listen on.",
    "port": "Port to listen on; 0 takes a free one, and the `ready` line says which.",
    "public_url": (
        "The URL that others use; every URL that the process hands out begins with it. https, but "
        "for loopback. By default `http://localhost:<port>`; a process that listens beyond this "
        "machine must have one."
    ),
    "data_dir": "Folder of keys and data, readable by its owner only.",
    "admin_token": (
        "Bearer token of the administrator's routes. Without it one is made on first use and kept "
        "in a file (0600) in the data folder."
    ),
    "passphrase": (
        "Opens the key store (Argon2id). Without it a key file (0600) is made beside the key store "
        "on first use."
    ),
    "max_body_bytes": "Largest body of a request, in bytes; a larger one is refused with 413.",
}
OWN: Final[Mapping[str, Mapping[str, str]]] = {
    "Registry": {
        "admin_token": "Not used: the registry has no administrator's routes.",
        "database": (
            "`sqlite:///file` or `postgresql+psycopg://...`; by default `registry.db` in the data "
            "folder."
        ),
        "origin": (
            "Name of a new log, by default host, port and path of the public URL and `/log`. A log "
            "that exists keeps its name."
        ),
        "workers": (
            "Processes that verify the proofs of large batches; by default one less than there are "
            "cores."
        ),
        "reach": (
            "Where the URL of somebody who wants to listen may lead: `public` addresses only; "
            "`local`, this machine too if the URL says `localhost`; `any`. By default `local` if "
            "the public URL is on this machine, else `public`."
        ),
        "max_subscriptions": "How many may listen to the log; 0 is nobody.",
        "witnesses": (
            "Witnesses of others that cosign the log's checkpoints, each as `<url>=<vkey>`."
        ),
        "policy": (
            "File that says how many of them are enough (C2SP tlog-policy); by default all. "
            "Witnesses that have a URL in it are asked too."
        ),
        "anchor_rpc": "URL of an EVM node, through which the log is anchored.",
        "anchor_contract": "Address of the `LogAnchor` whose members admitted the log.",
        "anchor_seconds": "Seconds between two anchors at least.",
    },
    "Witness": {
        "admin_token": "Not used: a witness has no administrator's routes.",
        "database": (
            "What was cosigned last of each log, as for the registry; by default `witness.db` in "
            "the data folder. Of a mirror, PostgreSQL only; by default files in the data folder."
        ),
        "max_body_bytes": "Not used: a checkpoint has at most 512 KiB.",
        "name": (
            "Name of a new witness, by default host, port and path of the public URL and "
            "`/witness`. A witness that exists keeps its name."
        ),
        "log_vkeys": "Keys (C2SP vkeys) of the logs that it cosigns; no others.",
        "ml_dsa": "Whether it signs with an ML-DSA-44 key too, beside the Ed25519 key.",
        "mirror": (
            "Whether it is a mirror (C2SP tlog-mirror): logs upload their entries, and it cosigns "
            "what it has stored and verified. Its name ends in `/mirror` by default, it has keys "
            "of its own, and keys and evidence are in the data folder."
        ),
    },
    "Issuer": {
        "name": "The organisation's name in the registry: a DNS label, and the end of its DID.",
        "display_name": "The name as people read it; by default the name.",
        "registry_url": (
            "Where the organisation's DID lives and its status lists are logged. Without one it is "
            "a did:jwk of its own."
        ),
        "database": "As for the registry; by default `issuer.db` in the data folder.",
        "max_body_bytes": "Largest FHIR bundle, in bytes; the routes of OpenID4VCI take 256 KiB.",
        "offer_lifetime": "Seconds until an offer that nobody redeemed ends.",
        "token_lifetime": "Seconds that an access token works.",
        "nonce_lifetime": "Seconds that a `c_nonce` works, once.",
        "credential_lifetime": "Seconds from issuance to the `exp` of a credential.",
        "unoffered_lifetime": "Seconds after which a record is erased that nobody offered.",
        "retention": (
            "`until_issued` erases claims when no offer or token leads to them any more; `keep` "
            "does not."
        ),
        "tx_code_attempts": "Wrong transaction codes after which an offer is locked.",
        "batch_size": "Most key proofs, and so copies, in one credential request.",
        "status_list_length": "Places in one status list, of two bits each.",
        "status_token_lifetime": "Seconds from the `iat` of a Status List Token to its `exp`.",
        "status_token_ttl": "Seconds that readers may keep a Status List Token: its `ttl`.",
    },
    "Verifier": {
        "name": "The organisation's name in the registry: a DNS label, and the end of its DID.",
        "display_name": "The name as people read it; by default the name.",
        "registry_url": "The registry that is asked about grants and accreditations.",
        "roots": 'DIDs of the accreditors that `"configured"` in a policy stands for.',
        "policies": "Folder of policies, `*.json`; by default those that come along.",
        "database": "As for the registry; by default `verifier.db` in the data folder.",
        "log_vkey": (
            "The log's key (C2SP vkey) to believe. Without it the one that the registry shows "
            "first is kept."
        ),
        "witness_vkeys": "The keys of witnesses that must all have cosigned; with `log_vkey` only.",
        "log_policy": (
            "File that names the log to believe, its witnesses, and how many of them are enough "
            "(C2SP tlog-policy); instead of `log_vkey` and `witness_vkeys`."
        ),
        "reach": (
            "Where a URL that a presentation or a DID names may lead: `public` addresses only; "
            "`local`, this machine too if the URL says `localhost`; `any`. By default `local` if "
            "the public URL is on this machine, else `public`."
        ),
        "subscribe": (
            "Whether the log is asked to tell us what ends, at `/log-events` of the public URL."
        ),
        "request_lifetime": "Seconds in which a request can be fetched and answered.",
    },
    "Consent": {
        "database": "As for the registry; by default `consent.db` in the data folder.",
        "registry_url": (
            "A registry where the DIDs of those who sign receipts resolve if their own place does "
            "not answer, and whose log is told of emergencies."
        ),
        "log_policy": "As for the verifier: the log to believe, else the one that was met first.",
        "emergency_policy": (
            "File with the rule for emergencies, the organisations that may break the glass, and "
            "perhaps a roster of their people ([break-glass](consent-service.md#break-glass)). "
            "Without it nobody does."
        ),
    },
    "Wallet": {
        "host": "Address to listen on: loopback only.",
        "data_dir": "Folder of the wallet, if `store` does not say.",
        "admin_token": (
            "Bearer token of the API. Without it one is made on first use and kept (0600) beside "
            "the wallet."
        ),
        "passphrase": (
            "Opens the wallet (Argon2id). With neither this nor a terminal to ask at, a device key "
            "(0600) is made beside the wallet."
        ),
        "store": (
            "The wallet's file, a folder that has one, or a `postgresql+psycopg://` URL; by "
            "default `wallet.db` in the data folder."
        ),
        "registry_url": (
            "The registry to believe; kept in the wallet once given. Without one there are no "
            "grants."
        ),
        "roots": "DIDs of accrediting authorities to believe; kept in the wallet once given.",
        "log_policy": (
            "File that names the log to believe, its witnesses, and how many of them are enough "
            "(C2SP tlog-policy); kept in the wallet once given."
        ),
        "custodians": (
            "Who keeps the records behind an issuer's credentials, each as `ISSUER=URL`: asked "
            "what was opened in an emergency; kept in the wallet once given."
        ),
        "certificates": (
            "PEM files of authorities for parties that show certificates; kept in the wallet once "
            "given."
        ),
        "reach": (
            "Where a URL that an offer, a request or a credential names may lead: `public` "
            "addresses only; `local`, this machine too if the URL says `localhost`; `any`. By "
            "default `local`, but `public` with a public URL that is not on this machine."
        ),
        "resume_seconds": "Seconds between two attempts of `serve` to finish what was interrupted.",
    },
    "Harness": {
        "host": "Address to listen on: loopback only.",
        "data_dir": "Folder of keys; without one they are fresh, and forgotten at the end.",
        "admin_token": "Not used: the profile has no login.",
        "max_body_bytes": (
            "Largest body that is read at all, in bytes; a larger one is refused with 413, and "
            "one above 2 MiB with 400."
        ),
        "contexts": (
            "Folder of further JSON-LD contexts, with an `index.json` of file names by URL; a URL "
            "that is known already keeps the bytes that came along."
        ),
        "reach": (
            "Where a URL or DID in what is sent may lead: `public` addresses only; `local`, this "
            "machine too if the URL says `localhost`; `any`."
        ),
    },
}
# Other variables that commands read; what each is for.
COMMANDS: Final[Mapping[str, str]] = {
    "CONSENTRY_CONSENT_OWN_PASSPHRASE": (
        "Opens the key store of a person who signs for themselves: `--own-keys`, `own-key`."
    ),
    "CONSENTRY_CONSENT_URL": (
        "Where the commands of `consentry consent` find a running custodian: option `--url`."
    ),
    "CONSENTRY_ISSUER_URL": (
        "Where the commands of `consentry issuer` find a running issuer: option `--url`."
    ),
    "CONSENTRY_VERIFIER_URL": (
        "Where the commands of `consentry verifier` find a running verifier: option `--url`."
    ),
}
_CLIENTS: Final = "The commands beside `serve` read these:"


def render() -> str:
    """Return one table for each role, and one of what commands read."""
    parts = [_role(name, *ROLES[name]) for name in ROLES]
    rows = ([f"`{name}`", words] for name, words in COMMANDS.items())
    parts.append(f"## Commands\n\n{_CLIENTS}\n\n{table(['Variable', 'Meaning'], rows)}")
    return "\n".join(parts)


def variable(settings: type[ServiceSettings], name: str) -> str:
    """Return the environment variable of the setting `name`."""
    return f"{settings.model_config.get('env_prefix', '')}{name}".upper()


def _role(role: str, settings: type[ServiceSettings], group: click.Group) -> str:
    words = {**SHARED, **OWN[role]}
    fields = settings.model_fields
    require_same(f"settings of {role}", in_code=fields, in_words=words)
    options = _options(group)
    rows = (
        [f"`{variable(settings, name)}`", options.get(name, ""), _default(field), words[name]]
        for name, field in fields.items()
    )
    listed = table(["Variable", "Option of `serve`", "Default", "Meaning"], rows)
    return f"## {role}\n\n{listed}"


def _options(group: click.Group) -> dict[str, str]:
    serve = group.get_command(click.Context(group), "serve")
    return {
        str(parameter.name): ", ".join(f"`{option}`" for option in parameter.opts)
        for parameter in (serve.params if serve else ())
    }


def _default(field: FieldInfo) -> str:
    bounds = _bounds(field)
    value: Any = field.default
    if value is None or value == () or isinstance(value, SecretStr):
        return f"none{bounds}"
    return f"`{value}`{bounds}"


def _bounds(field: FieldInfo) -> str:
    least, most = (
        next((getattr(one, name) for one in field.metadata if hasattr(one, name)), None)
        for name in ("ge", "le")
    )
    if least is None:
        return ""
    return f" (at least {least})" if most is None else f" ({least} to {most})"
