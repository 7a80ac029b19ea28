"""The verifier over HTTP: each route parses, calls a service and renders."""
