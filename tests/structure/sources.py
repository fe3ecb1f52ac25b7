"""What the structure tests look at: the project's own files, never a build tree."""

import functools
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
# The build tree the tests belong to.
BUILD = pathlib.Path(os.environ.get("MADOGUCHI_BUILD", ROOT / "build"))


def _is_build_tree(name):
    return name == "build" or name.startswith("build-") or name in (
        ".git", "node_modules", "__pycache__")


@functools.lru_cache(maxsize=None)
def all_files():
    """Every file of the project as a path relative to ROOT: what git knows or would add, or, in a
    copy without git, everything outside build trees."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--cached",
         "--others", "--exclude-standard"], capture_output=True, check=False)
    if listed.returncode == 0:
        found = [pathlib.Path(os.fsdecode(name)) for name in listed.stdout.split(b"\0") if name]
        return tuple(sorted(path for path in set(found) if (ROOT / path).is_file()))
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if not _is_build_tree(name)]
        found += [pathlib.Path(folder, name).relative_to(ROOT) for name in names]
    return tuple(sorted(found))


def files(*suffixes, below=""):
    """Those with one of the suffixes, below a folder."""
    return [path for path in all_files()
            if path.suffix in suffixes and path.as_posix().startswith(below)]


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")
