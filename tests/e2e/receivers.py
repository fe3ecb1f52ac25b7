"""Receivers for madoguchi-adapter that are not ours, as real programs."""

import os
import pathlib
import shutil
import subprocess

from clinic import PATIENCE, ROOT, free_port

BUILD = pathlib.Path(os.environ.get("MADOGUCHI_BUILD", ROOT / "build"))
INSTALL_WITHIN = PATIENCE * 6


def node_folder(name, source):
    """A folder of the build tree with the files of `source` and its locked packages."""
    folder = BUILD / name
    folder.mkdir(parents=True, exist_ok=True)
    for file in source.iterdir():
        shutil.copy(file, folder)
    locked, done = source / "package-lock.json", folder / "installed-lock.json"
    if not done.exists() or done.read_bytes() != locked.read_bytes():
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund",
                        "--loglevel=error"], cwd=folder, check=True, timeout=INSTALL_WITHIN,
                       stdout=subprocess.DEVNULL)
        shutil.copy(locked, done)
    return folder


def start_mllp_server(clinic, port=None, name="mllp"):
    """The MLLP server of simple-hl7: (program, port). Each message is a line of JSON."""
    folder = node_folder("receivers-node", ROOT / "tests/e2e/node")
    port = port or free_port()
    program = clinic.program(name, ["node", folder / "mllp_server.cjs", port])
    program.wait_for(lambda line: line == "ready")
    return program, port


def start_fhir_server(clinic, token, version="1.2.0"):
    """An endpoint that takes transactions of valid FHIR only: (program, port)."""
    folder = node_folder("fhir-receiver", ROOT / "tests/hl7/fhir/validator")
    port = free_port()
    program = clinic.program("fhir", ["node", folder / "server.mjs",
                                      ROOT / "tests/fixtures/jp-core" / version, port, token])
    # It reads the whole of R4 first.
    program.wait_for(lambda line: line == "ready", PATIENCE * 4)
    return program, port
