"""What is accepted imports nothing but what was listed, when real unpicklers read it."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from scan.scanning import scan_bytes
from scan.test_mutations import mutated, seed_bytes

# Loads each file in a fork, so that a crash is one file's, and notes every name before its import.
LOADER = """
import io, json, os, pickle, sys, warnings
warnings.simplefilter("ignore")
import joblib.numpy_pickle as np_pickle, numpy, sklearn.pipeline, sklearn.linear_model
names = []
def renamed(module, name):
    import _compat_pickle as compat
    if (module, name) in compat.NAME_MAPPING:
        return compat.NAME_MAPPING[module, name]
    return compat.IMPORT_MAPPING.get(module, module), name
def load(path, kind):
    data = open(path, "rb").read()
    stream = io.BytesIO(data)
    base = np_pickle.NumpyUnpickler if kind == "joblib" else pickle._Unpickler
    class Unpickler(base):
        def find_class(self, module, name):
            names.append(renamed(module, name) if self.proto < 3 else (module, name))
            return base.find_class(self, module, name)
    unpickler = Unpickler(path, stream, False) if kind == "joblib" else Unpickler(stream)
    unpickler.load()
for path in sys.argv[2:]:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            load(path, sys.argv[1])
        except BaseException:
            pass
        os.write(writing, json.dumps(sorted({".".join(each) for each in names})).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    print(json.dumps({"path": path, "names": json.loads(said or b"[]"), "status": status}))
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["pickle", "pickle 0", "joblib"])
def test_accepted_mutations_import_what_was_listed(kind: str, tmp_path: Path):
    chance = random.Random(f"{kind}, loaded")  # noqa: S311
    accepted: dict[str, tuple[str, ...]] = {}
    for number in range(2500):
        data = mutated(seed_bytes(kind), chance)
        name = f"{number}.bin"
        report = scan_bytes(tmp_path, data, name)
        if report.faults:
            (tmp_path / name).unlink()
        else:
            accepted[str(tmp_path / name)] = report.types
    assert len(accepted) > 20, "mutations that are read to the end are what is asked about"
    loader = [sys.executable, "-c", LOADER, "joblib" if kind == "joblib" else "pickle"]
    done = subprocess.run([*loader, *accepted], capture_output=True, text=True, check=True)
    loaded = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(loaded) == len(accepted)
    for each in loaded:
        assert set(each["names"]) <= set(accepted[each["path"]]), each["path"]
    assert [each["path"] for each in loaded if each["status"]] == [], "a crash of the unpickler"
