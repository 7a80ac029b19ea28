"""OpenID4VCI and OpenID4VP for test harnesses: the rooms of issuer and verifier, and some hooks.

`open_openid` makes both on a data folder; `openid_routes` is what to include in an application.
"""

from consentry.harness.openid.app import OpenId, open_openid, openid_routes

__all__ = ["OpenId", "open_openid", "openid_routes"]
