"""madoguchi-adapter beside a simulated clinic (clinic.py)."""

import json
import pathlib
import subprocess

from clinic import BIN, PATIENCE, wait_until

PROGRAM = BIN / "madoguchi-adapter"


class Adapter:
    """One delivery program with its configuration and state below `folder`. `routes` are texts of
    [[route]] tables; FOLDER in them stands for `folder`."""

    def __init__(self, clinic, folder, routes, name="adapter"):
        self.clinic = clinic
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(exist_ok=True)
        self.state = self.folder / "state"
        self.config = self.folder / "adapter.toml"
        self.name = name
        self.program = None
        self.write(routes)

    def write(self, routes):
        text = (f'[daemon]\ntarget = "unix:{self.clinic.socket}"\n'
                f'[adapter]\nstate_dir = "{self.state}"\n' + "\n".join(routes))
        self.config.write_text(text.replace("FOLDER", str(self.folder)), encoding="utf-8")

    def start(self, *words, prefix=()):
        self.program = self.clinic.program(
            self.name, [*prefix, PROGRAM, "--config", self.config, *words])
        self.program.wait_for(lambda line: line.startswith("ready"))
        return self

    def stop(self):
        return self.program.stop()

    def kill(self):
        self.program.kill()

    def command(self, *words, expect=0):
        """Runs a command of the program; any exit code but `expect` is a failure (None: any)."""
        done = subprocess.run([str(part) for part in (PROGRAM, "--config", self.config, *words)],
                              stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8",
                              errors="replace", timeout=PATIENCE * 2, check=False)
        assert expect is None or done.returncode == expect, (
            f"{words}: exit code {done.returncode}, expected {expect}\n{done.stdout}{done.stderr}")
        return done

    def status(self):
        """{route: what `status --json` says}."""
        lines = self.command("status", "--json").stdout.splitlines()
        return {one["route"]: one for one in map(json.loads, lines)}

    def wait_delivered(self, route, count, seconds=None):
        wait_until(lambda: int(self.status()[route]["delivered"]) >= count, seconds, 0.1)


def folder_route(name="emr", what="reception", path="FOLDER/out", form="oqs-json", more=""):
    return (f'[[route]]\nname = "{name}"\nformat = "{form}"\nwhat = ["{what}"]\n'
            f'retry_first = "200ms"\nretry_most = "1s"\n{more}\n'
            f'[route.to]\nkind = "folder"\npath = "{path}"\n')


def files(folder):
    """The whole files in a folder, oldest name first."""
    return sorted(path for path in pathlib.Path(folder).iterdir()
                  if path.is_file() and not path.name.endswith(".tmp"))
