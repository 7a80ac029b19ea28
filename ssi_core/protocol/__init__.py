"""OpenID4VCI and OpenID4VP messages: parse, render and the constants of each specification."""
