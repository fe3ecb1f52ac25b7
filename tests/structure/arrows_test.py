"""Arrows between rooms point down only (docs/architecture.md), in CMake and in #include."""

import unittest

import arrows
import sources


def _cpp():
    return {p.as_posix(): sources.read(p) for p in sources.files(".cc", ".h")}


def _cmake():
    return {p.as_posix(): sources.read(p) for p in sources.all_files()
            if p.name == "CMakeLists.txt" and p.as_posix().startswith(("agent/", "hl7/", "adapters/", "tests/sim/"))}


class TheProject(unittest.TestCase):
    def test_includes_follow_the_table(self):
        texts = _cpp()
        self.assertGreater(len(texts), 10)
        self.assertEqual([], arrows.check_includes(texts))

    def test_targets_follow_the_table(self):
        texts = _cmake()
        self.assertGreater(len(arrows.cmake_arrows(texts)), 5)
        self.assertEqual([], arrows.check_cmake(texts))

    def test_nothing_goes_in_a_circle(self):
        self.assertEqual([], arrows.cycles(arrows.room_arrows(_cpp())))
        rooms = arrows.target_rooms(_cmake())
        targets = {(rooms.get(t), rooms.get(d)) for _, t, d in arrows.cmake_arrows(_cmake())}
        self.assertEqual([], arrows.cycles({a for a in targets if None not in a}))

    def test_the_table_itself_has_no_circle(self):
        table = {(room, other) for room, others in arrows.ALLOWED.items()
                 for other in others.split()}
        self.assertEqual([], arrows.cycles(table))


class PlantedViolationsAreFound(unittest.TestCase):
    def test_an_arrow_upwards(self):
        self.assertTrue(arrows.check_includes(
            {"agent/store/store.cc": '#include "agent/reception/desk.h"\n'}))

    def test_an_arrow_upwards_with_odd_spacing(self):
        self.assertTrue(arrows.check_includes(
            {"agent/base/log.h": '  #  include\t<agent/rpc/peer.h>\n'}))

    def test_a_room_that_is_not_in_the_table(self):
        self.assertTrue(arrows.check_includes({"agent/attic/box.cc": "#include <vector>\n"}))

    def test_foreign_headers_in_the_wrong_room(self):
        for path, header in [("agent/rpc/server.cc", "sqlite3.h"),
                             ("agent/store/store.cc", "openssl/evp.h"),
                             ("agent/rpc/accept.cc", "openssl/ssl.h"),
                             ("agent/reception/desk.cc", "grpcpp/grpcpp.h"),
                             ("agent/daemon/main.cc", "madoguchi/v1/system_service.grpc.pb.h"),
                             ("agent/eligibility/terminal.cc", "pugixml.hpp"),
                             ("agent/rpc/server.cc", "spdlog/spdlog.h"),
                             ("agent/daemon/main.cc", "toml++/toml.h"),
                             ("agent/oqs/reader.cc", "winscard.h")]:
            with self.subTest(path=path, header=header):
                self.assertTrue(arrows.check_includes({path: f"#include <{header}>\n"}))

    def test_the_rooms_that_own_a_foreign_header_may_include_it(self):
        for path, header in [("agent/store/store.cc", "sqlite3.h"),
                             ("tests/store/store_test.cc", "sqlite3.h"),
                             ("agent/rpc/tls_options.cc", "openssl/ssl.h"),
                             ("agent/rpc/server.cc", "madoguchi/v1/system_service.grpc.pb.h"),
                             ("agent/config/section.cc", "toml++/toml.h")]:
            with self.subTest(path=path, header=header):
                self.assertEqual([], arrows.check_includes({path: f"#include <{header}>\n"}))

    def test_an_expensive_header_in_two_files(self):
        text = "#include <CLI/CLI.hpp>\n"
        self.assertEqual([], arrows.check_includes({"agent/cli/main.cc": text}))
        self.assertTrue(arrows.check_includes({"agent/cli/main.cc": text, "agent/cli/b.cc": text}))

    def test_a_target(self):
        others = {"agent/oqs/CMakeLists.txt": "madoguchi_library(madoguchi_oqs SOURCES a.cc)",
                  "agent/rpc/in/CMakeLists.txt": "madoguchi_library(madoguchi_in SOURCES a.cc)"}

        def wrong(text):
            return arrows.check_cmake({**others, "agent/store/CMakeLists.txt": text})
        self.assertEqual([], wrong("madoguchi_library(madoguchi_store SOURCES a.cc\n"
                                   "DEPS madoguchi_oqs PRIVATE_DEPS PkgConfig::SQLITE)"))
        self.assertTrue(wrong("madoguchi_library(madoguchi_store SOURCES a.cc DEPS madoguchi_in)"))
        self.assertTrue(wrong("madoguchi_library(madoguchi_store SOURCES a.cc DEPS madoguchi_x)"))
        self.assertTrue(wrong("madoguchi_library(madoguchi_store SOURCES a.cc\n"
                              "PRIVATE_DEPS gRPC::grpc++)"))
        self.assertTrue(wrong("target_link_libraries(madoguchi_store PUBLIC madoguchi_oqs)"))

    def test_a_circle(self):
        self.assertEqual([["a", "b", "c", "a"]], arrows.cycles({("a", "b"), ("b", "c"), ("c", "a"),
                                                                ("c", "d")}))


if __name__ == "__main__":
    unittest.main()
