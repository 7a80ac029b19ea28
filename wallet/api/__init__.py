"""The wallet over HTTP, for programs on the same machine."""
