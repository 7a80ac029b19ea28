"""The issuer over HTTP: each route parses, delegates and renders."""
