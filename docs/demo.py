"""From specs to a prediction: what `make demo` shows.

Checks and compiles a copy of the fleet in specs/ in a temporary folder, makes the build context of
one image, runs the image's own command on loopback, and sends it one request.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

REPOSITORY = Path(__file__).resolve().parent.parent
NAME, VERSION = "tumour-screening", "1.1.0"
START_SECONDS = 60
STOP_SECONDS = 30


class DemoError(Exception):
    """A step did not do what it should; the message says which, and what it printed."""


def main() -> int:
    """Run every step; return 0, or 1 when one failed. Nothing is left running or on disk."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupted)
    print("One YAML file for each model in git; Fairway makes from it everything that runs it.")
    try:
        with tempfile.TemporaryDirectory(prefix="fairway-demo-") as folder:
            project = Path(folder)
            shutil.copytree(REPOSITORY / "specs", project / "specs")
            heading(f"The specs, copied to {project}, so that this checkout stays as it is")
            run(project, "validate")
            compile_fleet(project)
            context = make_context(project)
            with served(context) as url:
                ask(url, json.loads((context / "contract.json").read_bytes()))
    except DemoError as error:
        print(f"\nThe demo failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; the model server is stopped.", file=sys.stderr)
        return 130
    print("\nNothing is left running. README.md goes on from here.")
    return 0


def compile_fleet(project: Path) -> None:
    """Compile, count what was made, and show the part that moves traffic."""
    heading("Compiled: Dockerfiles, and Kubernetes objects for each environment")
    run(project, "compile")
    rendered = project / "rendered"
    for folder in sorted(path for path in rendered.iterdir() if path.is_dir()):
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        texts = [path.read_text("utf-8") for path in files]
        lines = sum(text.count("\n") for text in texts)
        print(f"  {f'rendered/{folder.name}/':21} {len(files):3} files, {lines:5,} lines", end="")
        kinds = Counter(re.findall(r"^kind: (\w+)$", "\n".join(texts), re.MULTILINE))
        del kinds["Kustomization"]
        print(f", {kinds.total()} objects:" if kinds else "")
        if kinds:
            counted = ", ".join(f"{kind} {count}" for kind, count in kinds.most_common())
            print(textwrap.fill(counted, 96, initial_indent=" " * 24, subsequent_indent=" " * 24))
    spec = project / "specs" / NAME / "deployment.yaml"
    manifest = rendered / "production" / NAME / "manifest.yaml"
    print(f"\n{count_lines(spec)} lines of specs/{NAME}/deployment.yaml made", end=" ")
    print(f"{count_lines(manifest)} lines for production. Its traffic:\n")
    objects = manifest.read_text("utf-8").split("---\n")
    route = next((text for text in objects if "kind: HTTPRoute" in text), "")
    indent, _, backends = route.partition("backendRefs:\n")
    excerpt = f"{indent.rpartition(chr(10))[2]}backendRefs:\n" + "".join(
        line for line in backends.splitlines(keepends=True)[:10]
    )
    print(textwrap.indent(textwrap.dedent(excerpt), "    "), end="")


def make_context(project: Path) -> Path:
    """Make the folder that one image is built from."""
    heading("Everything that one image is built from, each file checked by its digest")
    context = project / run(project, "context", f"rendered/images/{NAME}/{VERSION}").strip()
    for path in sorted(context.iterdir()):
        files = [file for file in path.rglob("*") if file.is_file()] if path.is_dir() else [path]
        size = math.ceil(sum(file.stat().st_size for file in files) / 1000)
        count = f", {len(files)} files" if len(files) > 1 else ""
        print(f"  {path.name + '/' * path.is_dir():19} {size:4} kB{count}")
    return context


@contextmanager
def served(context: Path) -> Iterator[str]:
    """Run the image's command from the context's own files; yield its URL, then stop it."""
    heading("The image's own command, from those files, without a container")
    command = entrypoint(context)
    print("$ python " + " ".join(command[1:]))
    environment = {**os.environ, "PYTHONPATH": str(context)}
    started = time.monotonic()
    server = subprocess.Popen(  # noqa: S603 - the command that was compiled
        command, cwd=context, env=environment, stderr=subprocess.PIPE, text=True
    )
    try:
        url = wait_until_serving(server)
        print(f"  serving on {url} after {time.monotonic() - started:.1f} s")
        yield url
        heading("SIGTERM, as a cluster would stop it")
        server.send_signal(signal.SIGTERM)
        _, log = server.communicate(timeout=STOP_SECONDS)
        if server.returncode != 0:
            raise DemoError(f"the server ended with exit code {server.returncode}:\n{log}")
        print("  requests drained, exit code 0")
    except subprocess.TimeoutExpired as error:
        raise DemoError(f"the server still runs {STOP_SECONDS} s after SIGTERM") from error
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()


def entrypoint(context: Path) -> list[str]:
    """Return the command in the Dockerfile, with this machine's paths, address and any port."""
    lines = (context / "Dockerfile").read_text("utf-8").splitlines()
    line = next((line for line in lines if line.startswith("ENTRYPOINT ")), "")
    _, *arguments = json.loads(line.removeprefix("ENTRYPOINT ") or "[0]")
    here = {"/app/model": "model", "/app/contract.json": "contract.json"}
    here |= {"0.0.0.0": "127.0.0.1"}  # noqa: S104 - to replace it
    command = [sys.executable, *(here.get(word, word) for word in arguments)]
    command[command.index("--port") + 1] = "0"
    return command


def wait_until_serving(server: subprocess.Popen[str]) -> str:
    """Read the server's log, a JSON object a line, until it names its address."""
    assert server.stderr is not None
    late = threading.Timer(START_SECONDS, server.kill)
    late.start()
    log = []
    try:
        for line in server.stderr:
            log.append(line)
            record = json.loads(line) if line.startswith("{") else {}
            if record.get("message") == "serving":
                return f"http://{record['host']}:{record['port']}"
    finally:
        late.cancel()
    raise DemoError(f"the model server did not start:\n{''.join(log)}")


def ask(url: str, contract: dict[str, Any]) -> None:
    """Send the contract's first example and hold the answer against the expected one."""
    example = contract["examples"][0]
    heading(f"A prediction for the example {example['name']!r} of its contract.json")
    tensors = []
    for tensor in contract["inputs"]:
        rows = example["inputs"][tensor["name"]]
        named = [
            (column["name"], value)
            for column, value in zip(tensor["columns"], rows[0], strict=True)
        ]
        shown = ", ".join(f"{name} {value:g}" for name, value in named[:4])
        print(f"  {tensor['name']}: {shown} … {len(named)} columns in all")
        shape = [len(rows), *tensor["shape"][1:]]
        tensors.append({"name": tensor["name"], "datatype": tensor["datatype"], "shape": shape,
                        "data": rows})  # fmt: skip
    path = f"/v2/models/{NAME}/infer"
    print(f"  POST {url}{path}")
    answer = post(url + path, {"inputs": tensors})
    print(f"  model {answer['model_name']}, version {answer['model_version']}, answers:")
    for output in answer["outputs"]:
        print(f"    {output['name']:12} {output['data']}")
    labels = {output["name"]: output["data"] for output in answer["outputs"]}
    expected = example["outputs"]["label"]
    if labels["label"] != expected:
        raise DemoError(f"the label is {labels['label']}; the contract says {expected}")
    print(f"  and label {expected} is what the contract says ({example['name']})")


def post(url: str, body: dict[str, Any]) -> dict[str, Any]:
    """Send JSON to a server on loopback, past any proxy, and return its JSON answer."""
    # Ten seconds: a prediction takes milliseconds.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(  # noqa: S310 - the http URL that the server logged
        url, json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    try:
        with opener.open(request, timeout=10) as response:
            answer: dict[str, Any] = json.load(response)
    except urllib.error.HTTPError as error:
        raise DemoError(f"{url} answered {error.code}: {error.read().decode()}") from error
    except OSError as error:
        raise DemoError(f"{url}: {error}") from error
    return answer


def run(project: Path, *arguments: str) -> str:
    """Run a command of Fairway in the project, print it and what it says, return its stdout."""
    print("$ fairway " + " ".join(arguments))
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "fairway", *arguments],
        cwd=project,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    said = (done.stdout + done.stderr).strip()
    if done.returncode != 0:
        raise DemoError(f"fairway {arguments[0]} ended with exit code {done.returncode}:\n{said}")
    print("\n".join(f"  {line}" for line in said.splitlines()))
    return done.stdout


def heading(text: str) -> None:
    """Print what the next lines are about, bold on a terminal."""
    bold = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    print(f"\n\033[1m{text}\033[0m" if bold else f"\n{text}")


def count_lines(path: Path) -> int:
    """Return how many lines a file has."""
    return path.read_text("utf-8").count("\n")


def _interrupted(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.exit(main())
