"""What the code of a route does not say by itself: who calls, and what a plain answer holds."""

from collections.abc import Mapping
from typing import Final

_DESK: Final = "the administrator (bearer token)"
_WALLET: Final = "a wallet with an access token"
_WATCHED: Final = {"GET /healthz": "`status`; `registry` (`online`, `offline`, `unknown`), `since`"}
_SENDING: Final = {"GET /healthz": f"{_WATCHED['GET /healthz']}, `not_sent`: how many wait for it"}
_GRANT: Final = (
    "`grant`, `recipient`, `recipient_name`, `state`, `purposes`, `credentials`, `access`, "
    "`given_at`, `not_before`, `expires`, `withdrawn_at`, `acknowledged`, `acknowledged_at`, "
    "`erased`, `problem`, `receipt`, `not_sent`"
)
_HELD: Final = (
    "`credential`, `vct`, `title`, `issuer`, `issuer_name`, `received_at`, `claims` (how many), "
    "`copies`"
)
_QUESTION: Final = (
    "`id`, `who`, what the request says (`why`, `period`, `access`, `limits`, `obligations`, "
    "`if_refused`), "
    "`options` (each with `share`: what would go and what is withheld), `warnings`, `text`"
)
_EVALUATED: Final = "`answer`, `id`, `at`, and `grants`, `obligations`, `limits` or `refusals`"
_CHANGED: Final = "`credential`, `configuration`, `state`, `published`; 409 after a revocation"
_RECEIPT: Final = "`question`, `state`, `grant`, `receipt`, `redirect_uri`"

_RESOLUTION: Final = (
    "a [DID resolution result](did-resolution.md), or what else `Accept` asks for; 303 to "
    "where a DID URL leads; 410 if deactivated; 400, 404, 406, 501, 502 or 503"
)

# Callers beside `anyone`; `*` is whoever has the administrator's token.
CALLERS: Final[Mapping[str, Mapping[str, str]]] = {
    "Registry": {"*": _DESK},
    "Replica": {"*": _DESK},
    "Dropped log": {"*": _DESK},
    "Witness": {"*": _DESK, "POST /add-checkpoint": "a log; its signature says which"},
    "Mirror": {
        "*": _DESK,
        "POST /add-checkpoint": "a log; its signature says which",
        "POST /add-entries": "whoever has the log's entries",
    },
    "Issuer": {"*": _DESK, "POST /credential": _WALLET, "POST /notification": _WALLET},
    "Verifier": {"*": _DESK},
    "Consent": {
        "*": _DESK,
        "POST /withdrawals": "a wallet; the signature says whose",
        "POST /emergencies": "an organisation; the signature says which",
        "POST /emergencies/closings": "an organisation; the signature says which",
        "POST /emergencies/reviews": "an organisation; the signature says which",
        "POST /emergencies/notices": "a wallet; the signature says whose",
    },
    "Wallet": {"*": "the wallet's person (bearer token)"},
    "Harness": {"*": _DESK, "POST /credential": _WALLET, "POST /notification": _WALLET},
}
TAKES: Final[Mapping[str, str]] = {
    "POST /{suite}/{key_type}/credentials/issue": (
        "JSON: `credential`, `options` (`mandatoryPointers`)"
    ),
    "POST /{suite}/{key_type}/credentials/derive": (
        "JSON: `verifiableCredential`, `options` (`selectivePointers`)"
    ),
    "POST /credentials/verify": ("JSON: `verifiableCredential`, `options` (`domain`, `challenge`)"),
    "POST /presentations/verify": (
        "JSON: `verifiablePresentation`, `options` (`domain`, `challenge`)"
    ),
    "POST /proofs/verify": "JSON: `document`",
    "POST /credentials/status": "JSON: `credentialStatus`, `status`",
    "POST /requests/{request_id}": "form: `wallet_nonce`, `wallet_metadata`; may be empty",
    "POST /responses/{response_id}": (
        "form: `vp_token` and `state`, or `response` (a JWE), or `error`, `error_description`, "
        "`state`"
    ),
    "POST /withdrawals": '`{"notice": jws}`, or the JWS as `application/consent-withdrawal+jwt`',
    "POST /emergencies": '`{"request": jws}`, or the JWS as `application/consent-emergency+jwt`',
    "POST /emergencies/closings": (
        '`{"closing": jws}`, or the JWS as `application/consent-emergency-closing+jwt`'
    ),
    "POST /emergencies/reviews": (
        '`{"review": jws}`, or the JWS as `application/consent-emergency-review+jwt`'
    ),
    "POST /emergencies/notices": (
        '`{"request": jws}`, or the JWS as `application/consent-emergencies+jwt`'
    ),
    "POST /consent/requests": "JSON: a consent request, the transaction data object",
    "POST /consent/contracts/{name}/decide": "JSON: the inputs of a contract",
    "POST /consent/contracts/{name}/settle": "JSON: the inputs of a contract",
    "POST /access/v1/evaluation": "JSON: `subject`, `action`, `resource`, `context`",
    "POST /access/v1/evaluations": "JSON: the same, and `evaluations`, `options`",
    "POST /token": (
        "form: `grant_type` (`urn:ietf:params:oauth:grant-type:pre-authorized_code`), "
        "`pre-authorized_code`, `tx_code`, `authorization_details`"
    ),
    "POST /credential": (
        "JSON: `credential_identifier` or `credential_configuration_id`, and `proofs` (`jwt`)"
    ),
    "POST /notification": "JSON: `notification_id`, `event`, `event_description`",
    "POST /admin/bundles": "a FHIR bundle, `application/fhir+json`",
    "POST /entries": "the exact bytes of one entry",
    "POST /add-checkpoint": (
        "the old size, a consistency proof and a checkpoint (C2SP tlog-witness)"
    ),
    "POST /add-entries": "packages of entries, each proved (C2SP tlog-mirror); gzip or not",
    "POST /entries/batch": (
        'up to 1,000 entries: `application/x-ndjson`, or JSON `{"entries": [...]}`'
    ),
}
# For routes that the code makes in a loop, without a docstring each.
PURPOSES: Final[Mapping[str, str]] = {
    "GET /.well-known/openid-credential-issuer": "Return the Credential Issuer Metadata.",
    "GET /.well-known/oauth-authorization-server": "Return the metadata of RFC 8414.",
    "GET /.well-known/jwt-vc-issuer": "Return the issuer's keys, for SD-JWT VC.",
    "POST /admin/credentials/{credential}/revoke": "Revoke every copy, for ever.",
    "POST /admin/credentials/{credential}/suspend": "Suspend every copy.",
    "POST /admin/credentials/{credential}/reinstate": "End a suspension.",
}
_ISSUANCE: Final[Mapping[str, str]] = {
    "GET /.well-known/openid-credential-issuer": "OpenID4VCI 1.0, section 12.2.4",
    "GET /.well-known/oauth-authorization-server": "RFC 8414, section 2",
    "GET /.well-known/jwt-vc-issuer": "`issuer`, `jwks`",
    "GET /types/{name}": "SD-JWT VC Type Metadata",
    "GET /offers/{reference}": "a Credential Offer",
    "POST /token": "a Token Response with `authorization_details`",
    "POST /nonce": "`c_nonce`",
    "POST /credential": "`credentials`, `notification_id`",
    "POST /notification": "nothing",
    "GET /status-lists/{number}": "a Status List Token, `application/statuslist+jwt`",
}
_REQUESTS: Final[Mapping[str, str]] = {
    "GET /requests/{request_id}": "a request object, `application/oauth-authz-req+jwt`",
    "POST /requests/{request_id}": "the same, with `wallet_nonce` in it",
}
_LOG: Final[Mapping[str, str]] = {
    "GET /entries/{index}": "the entry, letter for letter",
    "GET /checkpoint": "a signed note, `text/plain`",
    "GET /1.0/identifiers/{did:path}": _RESOLUTION,
    "GET /{path:path}/did.jsonl": "the did:webvh log, `text/jsonl`",
    "GET /{path:path}/did-witness.json": "the witnesses' proofs",
    "GET /tile/entries/{path:path}": "the entries below a tile (C2SP tlog-tiles)",
    "GET /tile/{level}/{path:path}": "the hashes of a tile (C2SP tlog-tiles)",
}

_PAGES: Final[Mapping[str, str]] = {
    "GET /": "to `/explorer/`",
    "GET /explorer/": "a page",
    "GET /explorer/entries": "a page",
    "GET /explorer/entries/{index}": "a page",
    "GET /explorer/checkpoint": "a page",
    "GET /explorer/accreditations": "a page",
    "GET /explorer/did": "a page",
    "GET /explorer/verify": "a page",
    "GET /explorer/find": "to the page of what was found",
    "GET /explorer/style.css": "the style sheet, `text/css`",
}

ANSWERS: Final[Mapping[str, Mapping[str, str]]] = {
    "Registry": {
        **_LOG,
        **_PAGES,
        "GET /healthz": '`{"state": "ok"}`',
        "GET /log-events": "an event, `application/jwt`; 204 if nothing has changed",
        "DELETE /subscriptions/{subscription_id}": "nothing",
    },
    "Replica": {**_LOG, **_PAGES},
    "Dropped log": {
        "GET /checkpoint": "the last note of the log, `text/plain`",
        "GET /handover": "a C2SP tlog-proof of the `log.handover`, which is its extra data",
        "GET /{path:path}": "the problem `gone`",
        "POST /{path:path}": "the problem `gone`",
    },
    "Witness": {
        "POST /add-checkpoint": (
            "signature lines, `text/plain`; 409 with the size seen, `text/x.tlog.size`; 403, 404, "
            "422"
        ),
        "GET /{log}/checkpoint": "a signed note, `text/plain`",
        "GET /healthz": '`{"state": "ok"}`',
    },
    "Mirror": {
        "POST /add-checkpoint": (
            "nothing: the checkpoint is accepted; 409 with the size accepted last, "
            "`text/x.tlog.size`; 403, 404, 422"
        ),
        "POST /add-entries": (
            "signature lines, `text/plain`; 202 where to go on, and 409 where to begin, "
            "`text/x.tlog.mirror-info`; 400, 404, 422"
        ),
        "GET /{log}/checkpoint": "the last checkpoint that is whole, cosigned, `text/plain`",
        "GET /{log}/tile/{level}/{path:path}": "hashes, `application/octet-stream` (tlog-tiles)",
        "GET /{log}/tile/entries/{path:path}": (
            "entries, `application/octet-stream` (tlog-tiles); 410 if one was redacted"
        ),
        "GET /healthz": '`{"state": "ok"}`',
    },
    "Issuer": {
        **_SENDING,
        **_ISSUANCE,
        "GET /admin/publications": (
            "`waiting`: versions of status lists not in the log yet (`uri`, `sequence`, `state`; "
            "if refused `code`, `reason`, `entry`); `dismissed`: those that were set aside (`uri`, "
            "`sequence`, `code`, `reason`, `dismissed_at`)"
        ),
        "POST /admin/publications/dismiss": "`dismissed`, as above",
        "POST /admin/publications/sign-again": "`published`",
        "GET /status-lists/{number}/{purpose}": (
            "a Bitstring status list credential, `application/vc`"
        ),
        "POST /admin/bundles": (
            "`record`, `resources` (`id`, `configuration`, `at`, `date`), `skipped` (`type`, "
            "`at`, `reason`)"
        ),
        "POST /admin/offers": "`id`, `uri`, `tx_code`, `expires_at`",
        "GET /admin/offers/{offer}": "`state`, `issued` (`credential`, `configuration`, `state`)",
        "POST /admin/credentials/{credential}/revoke": _CHANGED,
        "POST /admin/credentials/{credential}/suspend": _CHANGED,
        "POST /admin/credentials/{credential}/reinstate": _CHANGED,
        "GET /admin/credentials/{credential}": "`credential`, `configuration`, `state`",
        "GET /admin/identity": "`did`, `key`",
    },
    "Verifier": {
        **_WATCHED,
        **_REQUESTS,
    },
    "Consent": {
        **_SENDING,
        "GET /.well-known/authzen-configuration": (
            "`policy_decision_point`, `access_evaluation_endpoint`, `access_evaluations_endpoint`"
        ),
        "POST /access/v1/evaluation": f"`decision`, `context` ({_EVALUATED})",
        "POST /access/v1/evaluations": (
            "`evaluations`, each of them such an answer; one answer if none were sent"
        ),
    },
    "Wallet": {
        **_SENDING,
        "POST /credentials": f"`credentials` ({_HELD})",
        "POST /credentials/offer": "`issuer`, `issuer_name`, `titles`, `tx_code`",
        "GET /credentials": f"`credentials` ({_HELD})",
        "GET /credentials/{credential_id}": "`credential`, `claims`",
        "DELETE /credentials/{credential_id}": "`credential`, `state`",
        "POST /questions": _QUESTION,
        "GET /questions/{question_id}": _QUESTION,
        "POST /questions/{question_id}/consent": _RECEIPT,
        "POST /questions/{question_id}/refuse": "`question`, `state`",
        "GET /grants": f"`grants` ({_GRANT})",
        "GET /grants/{grant_id}": _GRANT,
        "POST /grants/{grant_id}/withdraw": _GRANT,
        "POST /grants/{grant_id}/forget": (
            "`state`, `redacted`, `unconfirmed` (the withdrawal, by the recipient); 409 if it is "
            "not over"
        ),
        "GET /history": "`events` (`at`, `step`, `about`, `detail`)",
        "GET /emergencies": (
            "`emergencies` (`session`, `custodian`, `opened_at`, `recipient`, `actor`, `reason`, "
            "`flagged`, `told_at`, `proved`, `ended_at`, `review_due_at`, `review` (`reviewer`, "
            "`finding`, `grounds`, `reviewed_at`, `proved`)"
        ),
        "POST /resume": (
            "`credentials`, `answers`, `withdrawals`: what came to an end; `emergencies`: the news"
        ),
    },
    "Harness": {
        "GET /keys": "a DID by each type of key",
        "GET /1.0/identifiers/{did:path}": _RESOLUTION,
        "GET /status-lists/{key_type}/{purpose}": "a signed credential, `application/vc`",
        **_ISSUANCE,
        **_REQUESTS,
        "POST /admin/offer": "`uri`, `id`, `tx_code`",
        "GET /admin/offer/{offer_id}": "`state`, `idx`, `indexes`",
        "POST /admin/revoke": "`state`, `id`, `idx`",
        "POST /admin/request": "`uri`, `id`",
        "GET /admin/request/{request_id}": "`state`, `claims`, `outcome`, `reason`, `checks`",
        "GET /admin/authority": "a certificate, PEM",
    },
}
