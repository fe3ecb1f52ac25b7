"""The table of allowed arrows between rooms, and what finds arrows in CMake and in #include."""

import collections
import pathlib
import re

# Room -> rooms it may use. A room always may use itself. `proto` are the messages, `services` the
# generated gRPC code.
ALLOWED = {
    "proto": "",
    "services": "proto",
    "base": "proto",
    "text": "base proto",
    # How the files of settings are read, for every program that has one.
    "config": "base proto",
    # Records in the formats of others; no room of the daemon but text is needed to lift it out.
    "hl7": "text base proto",
    "crypto": "text base proto",
    "web": "crypto text base proto",
    "oqs": "text crypto base proto",
    "store": "oqs text crypto base proto",
    "audit": "store crypto text base proto",
    "reader": "oqs crypto text base proto",
    "eligibility": "web store oqs text crypto base proto",
    "records": "audit eligibility store oqs text crypto base proto",
    "reception": "audit reader eligibility store oqs text crypto base proto",
    "rpc": "hl7 records reception reader audit eligibility store oqs text crypto base proto services",
    "client": "text crypto base proto services",
    "daemon": "config rpc records reception reader audit eligibility store oqs text crypto base proto",
    # A client program calls the generated stubs itself; `client` has what every client needs.
    "cli": "hl7 client oqs text crypto base proto services",
    # The delivery program: a client like any other (adapters/).
    "destination": "hl7 web oqs text crypto base proto",
    "render": "destination hl7 oqs text crypto base proto",
    "route": "destination render client oqs text crypto base proto services",
    "adapter": "config route destination render hl7 client oqs text crypto base proto services",
    # The simulator is the outside world: it knows the messages, not the daemon.
    "sim": "oqs text crypto base proto",
}

# Header (prefix) -> where it may be included, as regular expressions of paths. The tests of a room
# (tests/ROOM/) may include what the room may.
FOREIGN = {
    r"(winscard|PCSC/)": [r"agent/reader/"],
    r"sqlite3": [r"agent/store/"],
    # A virtual card's chip signs for itself: no part of the daemon does that.
    r"openssl/": [r"agent/crypto/", r"agent/rpc/(\w+/)*tls", r"tests/sim/card_keys",
                  r"tests/sim/center_tls", r"tests/reader/"],
    r"(grpc/|grpcpp/|.*\.grpc\.pb\.h)": [r"agent/rpc/", r"agent/client/", r"agent/cli/", r"adapters/route/",
                                           r"adapters/adapter/", r"tests/"],
    r"rapidjson/": [r"agent/oqs/", r"hl7/fhir/", r"adapters/destination/fhir", r"tests/"],
    r"pugixml": [r"agent/oqs/", r"adapters/destination/orca", r"tests/bench/"],
    r"zip\.h": [r"agent/oqs/", r"tests/fuzz/"],
    r"spdlog/": [r"agent/base/log\.cc$"],
    r"toml\+\+/": [r"agent/config/section\.cc$"],
    r"CLI/": [r"agent/cli/", r"tests/sim/", r"agent/daemon/", r"adapters/adapter/"],
    r"systemd/": [r"agent/daemon/", r"adapters/adapter/"],
    r"curl/": [r"agent/web/"],
}
# Expensive headers: in at most this many files of one folder.
ONE_FILE_PER_FOLDER = [r"CLI/", r"toml\+\+/", r"spdlog/"]

# CMake targets outside the project -> rooms whose libraries may link them. Tests may link anything.
FOREIGN_TARGETS = {
    "gRPC::": {"rpc", "client", "services"},
    "OpenSSL::": {"crypto", "rpc", "sim"},
    "PkgConfig::SQLITE": {"store"},
    "PkgConfig::LIBZIP": {"oqs"},
    "PkgConfig::PUGIXML": {"oqs", "destination"},
    "PkgConfig::SYSTEMD": {"daemon", "adapter"},
    "PkgConfig::PCSC": {"daemon"},
    "spdlog::": {"base"},
    "fmt::": {"base"},
    "tomlplusplus::": {"config"},
    "CURL::": {"web"},
    "CLI11::": {"cli", "sim", "daemon", "adapter"},
}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*["<]([^">]+)[">]', re.MULTILINE)
TARGET = re.compile(r"madoguchi_(?:library|program)\s*\(\s*(\w+)([^)]*)\)", re.DOTALL)


def room_of(path):
    """The room a source file belongs to; None for tests and everything that is no room."""
    parts = pathlib.PurePosixPath(path).parts
    if len(parts) > 2 and parts[0] == "agent":
        return parts[1]
    if len(parts) > 1 and parts[0] == "hl7":
        return "hl7"
    if len(parts) > 2 and parts[0] == "adapters":
        return parts[1]
    if len(parts) > 2 and parts[:2] == ("tests", "sim"):
        # tests/sim/*_test.cc may look at what it likes.
        return None if parts[-1].endswith("_test.cc") else "sim"
    return None


def room_of_header(header):
    """The room of an included header; None when it is not ours."""
    if header.endswith(".grpc.pb.h"):
        return "services"
    if header.startswith(("madoguchi/v1/", "madoguchi/kept/", "google/rpc/")):
        return "proto"
    return room_of(header)


def _allowed(room):
    return {room, *ALLOWED.get(room, "").split()}


def check_includes(texts):
    """Violations in {path: text} of C++ files, as sentences."""
    wrong = []
    users = collections.defaultdict(set)
    for path, text in sorted(texts.items()):
        room = room_of(path)
        if room is not None and room not in ALLOWED:
            wrong.append(f"{path}: the room {room} is not in the table of arrows")
            continue
        for header in INCLUDE.findall(text):
            target = room_of_header(header)
            if room is not None and target is not None and target not in _allowed(room):
                wrong.append(f"{path}: {room} -> {target} is not allowed ({header})")
            for foreign, places in FOREIGN.items():
                if re.match(foreign, header) and not any(
                        re.match(place, where) for place in places
                        for where in (path, re.sub("^tests/", "agent/", path))):
                    wrong.append(f"{path}: {header} may not be included here")
            for foreign in ONE_FILE_PER_FOLDER:
                if re.match(foreign, header):
                    users[(foreign, str(pathlib.PurePosixPath(path).parent))].add(path)
    for (foreign, folder), paths in sorted(users.items()):
        if len(paths) > 1:
            wrong.append(f"{folder}: {foreign} is included by {', '.join(sorted(paths))}; one only")
    return wrong


# Targets that are not made by madoguchi_library or madoguchi_program.
_GENERATED = {"madoguchi_proto": "proto", "madoguchi_proto_services": "services"}


def target_rooms(texts):
    """{target: room} of everything the CMakeLists.txt files define; a room may have several."""
    rooms = dict(_GENERATED)
    for path, text in texts.items():
        for target, _ in TARGET.findall(re.sub(r"#.*", "", text)):
            rooms[target] = room_of(path)
    return rooms


def cmake_arrows(texts):
    """[(path, target, dependency)] of madoguchi_library and madoguchi_program in CMakeLists.txt."""
    arrows = []
    for path, text in sorted(texts.items()):
        text = re.sub(r"#.*", "", text)
        for target, body in TARGET.findall(text):
            into_deps = False
            for word in body.split():
                if word in ("SOURCES", "DEPS", "PRIVATE_DEPS"):
                    into_deps = word != "SOURCES"
                elif into_deps:
                    arrows.append((path, target, word))
    return arrows


def check_cmake(texts):
    """Violations in {path: text} of CMakeLists.txt files below agent/, hl7/, adapters/ and tests/sim/."""
    wrong = []
    rooms = target_rooms(texts)
    for path, target, dependency in cmake_arrows(texts):
        room = room_of(path)
        if room not in ALLOWED:
            wrong.append(f"{path}: {room} is no room of the table")
            continue
        needed = rooms.get(dependency)
        if needed is not None and needed not in _allowed(room):
            wrong.append(f"{path}: {target} -> {dependency} is not allowed")
        if needed is None and dependency.startswith("madoguchi"):
            wrong.append(f"{path}: {target} -> {dependency}, which no room defines")
        for prefix, allowed in FOREIGN_TARGETS.items():
            if dependency.startswith(prefix) and room not in allowed:
                wrong.append(f"{path}: {target} may not link {dependency}")
    for path, text in sorted(texts.items()):
        if path.startswith(("agent/", "hl7/", "adapters/")) and "target_link_libraries" in re.sub(r"#.*", "", text):
            wrong.append(f"{path}: give DEPS to madoguchi_library, where the table sees them")
    return wrong


def cycles(arrows):
    """Circles among {(from, to)} of rooms, each as the list of its rooms."""
    graph = collections.defaultdict(set)
    for start, end in arrows:
        if start != end:
            graph[start].add(end)
    found, done = [], set()

    def visit(room, path):
        if room in path:
            found.append(path[path.index(room):] + [room])
        elif room not in done:
            for following in sorted(graph.get(room, ())):
                visit(following, path + [room])
            done.add(room)

    for room in sorted(graph):
        visit(room, [])
    return found


def room_arrows(texts):
    """{(room, room)} that the #includes of {path: text} make."""
    made = set()
    for path, text in texts.items():
        room = room_of(path)
        if room is not None:
            made |= {(room, target) for target in map(room_of_header, INCLUDE.findall(text))
                     if target is not None}
    return made
