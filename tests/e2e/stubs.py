"""The generated Python modules of the API, made anew for the test that imports this: a second.

    import stubs
    from madoguchi.v1 import reception_service_pb2

Another process finds them with PYTHONPATH=stubs.FOLDER.
"""

import atexit
import pathlib
import shutil
import subprocess
import sys
import tempfile

PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto"


def generate(folder):
    """Messages and services of every .proto, below `folder`."""
    plugin = shutil.which("grpc_python_plugin")
    protos = [str(path) for path in sorted(PROTO.rglob("*.proto"))]
    subprocess.run(["protoc", f"-I{PROTO}", f"--python_out={folder}", f"--grpc_python_out={folder}",
                    f"--plugin=protoc-gen-grpc_python={plugin}", *protos], check=True, timeout=60)


FOLDER = tempfile.mkdtemp(prefix="mdg-stubs-")
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
generate(FOLDER)
sys.path.insert(0, FOLDER)
