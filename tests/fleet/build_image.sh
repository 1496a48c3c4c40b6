#!/bin/sh
# Build the image of one build context and see it serve, on a machine without a Docker engine.
#
#   tests/fleet/build_image.sh CONTEXT     a folder with Dockerfile, .dockerignore and what they name
#
# Builds with buildah, runs with podman the way a hardened cluster would (read-only, no capabilities,
# no new privileges, the image's own user), answers every example of contract.json, runs the image's
# health check, stops it by SIGTERM and wants exit status 0. Bounded: 15 minutes at most, about 2 the
# first time, then less.
#
# The base is BASE_IMAGE, already in buildah's storage, or else a minimal Debian 12 (Python 3.11) that
# debootstrap makes once. A site's pip configuration is read from PIP_CONFIG_FILE, by default
# /etc/pip.conf, and its certificates from /etc/ssl/certs; neither reaches the image.
#
# Debian packages: buildah podman runc debootstrap curl python3. Needs root. Exit status: 0 served,
# 1 did not, 2 usage or something is missing here.
set -eu

usage() { echo "build_image.sh: $1" >&2; exit 2; }
say() { echo "$(($(date +%s) - started)) s  $1"; }
started=$(date +%s)

[ $# -eq 1 ] || usage "one argument, the folder of a build context"
context=$1
for file in Dockerfile .dockerignore contract.json requirements.txt; do
  [ -f "$context/$file" ] || usage "$context has no $file"
done
missing=
for tool in buildah podman runc curl python3 timeout; do
  command -v "$tool" >/dev/null || missing="$missing $tool"
done
[ -z "$missing" ] || usage "not installed:$missing"
[ "$(id -u)" -eq 0 ] || usage "needs root, for a build without user namespaces"

image=localhost/fairway-test:$$
work=$(mktemp -d)
container=
# shellcheck disable=SC2317,SC2329  # called by the trap
cleanup() {
  [ -z "$container" ] || podman rm --force --time 0 "$container" >/dev/null 2>&1 || true
  buildah rmi "$image" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

if [ -z "${BASE_IMAGE-}" ]; then
  BASE_IMAGE=localhost/fairway-test-base:bookworm
  if ! buildah inspect --type image "$BASE_IMAGE" >/dev/null 2>&1; then
    command -v debootstrap >/dev/null || usage "not installed: debootstrap (or set BASE_IMAGE)"
    timeout 300 debootstrap --variant=minbase --include=python3,python3-venv bookworm \
      "$work/root" >"$work/log" 2>&1 || { tail -n 20 "$work/log" >&2; exit 1; }
    base=$(buildah from scratch)
    buildah add --quiet "$base" "$work/root" / >/dev/null
    buildah commit --quiet --rm --format docker "$base" "$BASE_IMAGE" >/dev/null
    say "base made"
  fi
fi

pip_config=${PIP_CONFIG_FILE:-/etc/pip.conf}
[ -f "$pip_config" ] || { pip_config=$work/pip.conf; : >"$pip_config"; }
timeout 480 buildah build --isolation chroot --network host --pull-never --format docker \
  --layers --build-arg BASE_IMAGE="$BASE_IMAGE" --build-arg CREATED=2000-01-01T00:00:00Z \
  --build-arg REVISION="$(printf '%040d' 0)" --secret id=pip.conf,src="$pip_config" \
  --volume /etc/ssl/certs:/etc/ssl/certs:ro --tag "$image" "$context" >"$work/log" 2>&1 ||
  { tail -n 40 "$work/log" >&2; exit 1; }
buildah inspect --type image "$image" >"$work/image.json"
say "built"

# What the image says of itself: never root, and where it listens.
port=$(python3 - "$work/image.json" <<'PYTHON'
import json, sys
config = json.load(open(sys.argv[1]))["Docker"]["config"]
user, labels = config["User"], config["Labels"]
if user.split(":")[0] in ("", "0", "root"):
    sys.exit(f"the image's user is {user!r}")
for name in ("created", "revision", "title", "version"):
    if not labels.get(f"org.opencontainers.image.{name}"):
        sys.exit(f"the image has no label org.opencontainers.image.{name}")
(port,) = config["ExposedPorts"]
print(port.partition("/")[0])
PYTHON
)
url=http://127.0.0.1:$port
! curl --noproxy '*' -s -o /dev/null --max-time 2 "$url" || usage "port $port is in use here"

container=$(podman --runtime runc --cgroup-manager cgroupfs run --detach --network host \
  --no-healthcheck --read-only --read-only-tmpfs=false --cap-drop ALL \
  --security-opt no-new-privileges --ulimit nofile=4096:4096 --ulimit nproc=4096:4096 "$image")
fail() { echo "build_image.sh: $1" >&2; podman logs "$container" 2>&1 | tail -n 20 >&2; exit 1; }
tries=0
until curl --noproxy '*' -sf -o /dev/null --max-time 2 "$url/v2/health/ready"; do
  tries=$((tries + 1))
  [ "$tries" -le 120 ] || fail "not ready after a minute"
  [ "$(podman inspect --format '{{.State.Running}}' "$container")" = true ] || fail "ended"
  sleep 0.5
done
say "ready"

python3 - "$context/contract.json" "$work/image.json" "$url" <<'PYTHON' || fail "wrong answers"
import json, math, sys, urllib.request

def flat(data):
    return [leaf for item in data for leaf in flat(item)] if isinstance(data, list) else [data]

contract = json.load(open(sys.argv[1]))
name = json.load(open(sys.argv[2]))["Docker"]["config"]["Labels"]["org.opencontainers.image.title"]
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
for example in contract["examples"]:
    tensors = []
    for tensor in contract["inputs"]:
        data = flat(example["inputs"][tensor["name"]])
        rows = len(data) // math.prod(tensor["shape"][1:])
        tensors.append({"name": tensor["name"], "datatype": tensor["datatype"],
                        "shape": [rows, *tensor["shape"][1:]], "data": data})
    request = urllib.request.Request(f"{sys.argv[3]}/v2/models/{name}/infer",
                                     json.dumps({"inputs": tensors}).encode(),
                                     {"Content-Type": "application/json"})
    with opener.open(request, timeout=30) as response:
        answer = {output["name"]: output["data"] for output in json.load(response)["outputs"]}
    near = example.get("tolerance", 1e-6)
    for output, expected in example.get("outputs", {}).items():
        got, wanted = flat(answer[output]), flat(expected)
        alike = len(got) == len(wanted) and all(
            one == other or abs(one - other) <= near + near * abs(other)
            for one, other in zip(got, wanted))
        if not alike:
            sys.exit(f"example {example['name']}: {output} is {got}, not {wanted}")
    print(f"example {example['name']}: {', '.join(example.get('outputs', {})) or 'answered'}")
PYTHON

# podman runs health checks by systemd timers, which a build machine may lack: run its command.
python3 - "$work/image.json" "$container" <<'PYTHON' || fail "the health check fails"
import json, subprocess, sys
kind, *command = json.load(open(sys.argv[1]))["Docker"]["config"]["Healthcheck"]["Test"]
if kind != "CMD":
    sys.exit(f"the health check is {kind}, not a command")
sys.exit(subprocess.run(["podman", "--runtime", "runc", "exec", sys.argv[2], *command],
                        timeout=30).returncode)
PYTHON
say "healthy"

podman kill --signal TERM "$container" >/dev/null
status=$(timeout 40 podman wait "$container") || fail "still there 40 s after SIGTERM"
[ "$status" = 0 ] || fail "exit status $status after SIGTERM"
say "stopped"
