"""The Autobahn test suite against the machine of WebSockets, in both roles. `make autobahn`."""
