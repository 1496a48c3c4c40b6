"""Running a compiled release on this machine: servers, a proxy, and a controller of its gates."""
