"""No message is printed in full, nothing sleeps, files stay short, nothing is left unfinished."""

import unittest

import habits
import sources


class TheProject(unittest.TestCase):
    def test_every_file_keeps_the_habits(self):
        findings, looked_at = [], 0
        for path in sources.all_files():
            try:
                text = sources.read(path)
            except UnicodeDecodeError:
                continue  # a fixture in CP932 is no code
            looked_at += 1
            findings += habits.check(path.as_posix(), text)
        self.assertGreater(looked_at, 30)
        self.assertEqual([], findings)


class PlantedFindingsAreFound(unittest.TestCase):
    def test_a_printed_message(self):
        for text in ["LOG(m.DebugString());", "m.ShortDebugString ()",
                     "google::protobuf::TextFormat::PrintToString(m, &s);",
                     "MessageToJsonString(m, &s)"]:
            with self.subTest(text=text):
                self.assertTrue(habits.check("agent/rpc/a.cc", text))
                self.assertEqual([], habits.check("agent/cli/a.cc", text))

    def test_a_sleep(self):
        for path, text in [("agent/a.cc", "std::this_thread::sleep_for(1s);"),
                           ("tests/a.cc", "usleep(10);"), ("tests/a.cc", "::sleep(1);"),
                           ("tests/a.cc", "absl::SleepFor(absl::Seconds(1));"),
                           ("tests/a.py", "time.sleep(1)"),
                           ("installer/a", "#!/bin/bash\nwhile :; do sleep 1; done\n"),
                           ("installer/a", "#!/bin/bash\nsleep 0.5\n")]:
            with self.subTest(text=text):
                self.assertTrue(habits.check(path, text))

    def test_a_long_file(self):
        self.assertEqual([], habits.check("agent/a.cc", "x\n" * 400))
        self.assertTrue(habits.check("agent/a.cc", "x\n" * 401))

    def test_something_unfinished_or_switched_off(self):
        self.assertTrue(habits.check("agent/a.cc", "// TODO(me): later"))
        self.assertTrue(habits.check("tests/a_test.cc", "TEST(A, DISABLED_B) {}"))

    def test_ordinary_text_is_fine(self):
        self.assertEqual([], habits.check(
            "agent/a.cc", "// Never sleeps: waits on a condition variable.\nint asleep = 1;\n"))


if __name__ == "__main__":
    unittest.main()
