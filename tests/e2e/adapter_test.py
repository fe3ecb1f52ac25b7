"""Records delivered by madoguchi-adapter: once each, also over restarts, kills and a destination
that is away; never without consent."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from clinic import PATIENCE, ROOT, Clinic, token, wait_until
from deliver import PROGRAM, Adapter, files, folder_route


class Delivery(unittest.TestCase):
    """A clinic, and an adapter with a folder to deliver to."""

    def setUp(self):
        self.clinic = Clinic(init=("--patients", "20"))
        self.addCleanup(self.clinic.close)
        self.clinic.start()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mdg-adapter-"))
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.out = self.folder / "out"
        self.out.mkdir()

    def adapter(self, *routes):
        return Adapter(self.clinic, self.folder, routes)

    def tokens(self):
        return [json.loads(path.read_text(encoding="utf-8"))
                ["confirmation"]["header"]["arbitraryFileIdentifier"] for path in files(self.out)]

    def wait_files(self, count, folder=None):
        return wait_until(lambda: len(files(folder or self.out)) >= count and
                          files(folder or self.out))


class Reception(Delivery):
    def test_one_reception_reaches_a_folder(self):
        adapter = self.adapter(folder_route()).start()
        tap = self.clinic.tap(persona="valid-with-consents")
        self.wait_files(1)
        self.assertEqual([token(tap)], self.tokens())
        adapter.wait_delivered("emr", 1)
        self.assertEqual(0, adapter.stop())

    def test_what_was_delivered_is_not_delivered_again_and_nothing_is_lost_in_between(self):
        adapter = self.adapter(folder_route()).start()
        first = self.clinic.tap(persona="valid-with-consents")
        self.wait_files(1)
        adapter.wait_delivered("emr", 1)
        self.assertEqual(0, adapter.stop())
        second = self.clinic.tap()
        self.clinic.restart_daemon()
        adapter.start()
        self.wait_files(2)
        adapter.wait_delivered("emr", 2)
        adapter.kill()
        third = self.clinic.tap()
        adapter.start()
        self.wait_files(3)
        self.assertEqual(sorted(map(token, (first, second, third))), sorted(self.tokens()))
        adapter.wait_delivered("emr", 3)
        self.assertEqual(3, int(adapter.status()["emr"]["delivered"]))

    def test_a_second_adapter_on_the_same_state_is_refused(self):
        adapter = self.adapter(folder_route()).start()
        done = adapter.command(expect=2)
        self.assertIn("MDG-2315", done.stderr)

    def test_a_folder_that_is_away_gets_everything_when_it_is_back(self):
        adapter = self.adapter(folder_route()).start()
        self.out.rmdir()
        taps = [self.clinic.tap() for _ in range(3)]
        wait_until(lambda: adapter.status()["emr"].get("trouble"))
        self.assertIn(adapter.status()["emr"]["trouble"], ("MDG-2301", "MDG-2308"))
        said = adapter.command("status").stdout
        self.assertIn("共有フォルダ", said)
        self.out.mkdir()
        self.wait_files(3)
        self.assertEqual(sorted(map(token, taps)), sorted(self.tokens()))
        wait_until(lambda: not adapter.status()["emr"].get("trouble"))

    def test_status_says_that_the_daemon_is_away(self):
        adapter = self.adapter(folder_route()).start()
        self.clinic.stop_daemon()
        wait_until(lambda: adapter.status()["emr"].get("trouble") == "MDG-1701")
        self.clinic.start_daemon()
        wait_until(lambda: not adapter.status()["emr"].get("trouble"))

    def test_what_is_refused_is_parked_and_resent(self):
        adapter = self.adapter(folder_route(more="").replace(
            'path = "FOLDER/out"', 'path = "FOLDER/out"\nname = "{reception_id}.json"')).start()
        self.clinic.tap(persona="valid-with-consents")
        [path] = self.wait_files(1)
        adapter.wait_delivered("emr", 1)
        adapter.stop()
        path.write_text("somebody else's", encoding="utf-8")
        shutil.rmtree(self.folder / "state")
        adapter.start()
        [parked] = wait_until(lambda: [item for item in adapter.status()["emr"]["items"]
                                       if item["waits"] == "WAITS_FOR_PERSON"])
        self.assertEqual("MDG-2309", parked["lastError"])
        self.assertEqual("somebody else's", path.read_text(encoding="utf-8"))
        self.assertIn("MDG-2314", adapter.command("resend", "emr", "nothing", expect=2).stderr)
        self.assertIn("MDG-2314", adapter.command("resend", "fax", "--all", expect=2).stderr)
        path.unlink()
        adapter.command("resend", "emr", parked["receptionId"])
        self.wait_files(1)
        adapter.wait_delivered("emr", 1)

    def test_a_reception_waits_for_its_chart_where_the_destination_needs_one(self):
        adapter = self.adapter(folder_route().replace(
            'path = "FOLDER/out"', 'path = "FOLDER/out"\nname = "{chart}-{what}.json"')).start()
        self.clinic.tap(persona="valid-no-reference-number")
        [item] = wait_until(lambda: adapter.status()["emr"]["items"])
        self.assertEqual("WAITS_FOR_CHART", item["waits"])
        self.clinic.tap(persona="valid-with-consents")
        self.wait_files(1)
        self.clinic.cli("reception", "assign", item["receptionId"], "77001", operator="sakura")
        wait_until(lambda: (self.out / "77001-reception.json").exists())
        adapter.wait_delivered("emr", 2)
        self.assertEqual([], adapter.status()["emr"]["items"])

    def test_what_is_assigned_to_another_chart_is_delivered_again(self):
        adapter = self.adapter(folder_route()).start()
        self.clinic.tap(persona="valid-no-reference-number")
        self.wait_files(1)
        reception = self.clinic.receptions()[0]["receptionId"]
        self.clinic.cli("reception", "assign", reception, "77002", operator="sakura")
        self.wait_files(2)
        adapter.wait_delivered("emr", 2)
        self.assertNotEqual(*(path.name for path in files(self.out)))

    def test_the_terminals_file_is_written_as_it_was(self):
        self.adapter(folder_route(form="oqs-xml").replace(
            'path = "FOLDER/out"', 'path = "FOLDER/out"\nname = "{file_name}"')).start()
        tap = self.clinic.tap(persona="valid-with-consents")
        [path] = self.wait_files(1)
        self.assertEqual(pathlib.Path(tap["file"]).name, path.name)

    def test_test_sends_a_marked_patient(self):
        adapter = self.adapter(folder_route())
        adapter.command("test", "emr")
        [path] = files(self.out)
        self.assertTrue(path.name.startswith("TEST"))
        self.assertIn("テスト", path.read_text(encoding="utf-8"))

    def test_status_goes_on_telling(self):
        adapter = self.adapter(folder_route()).start()
        watch = self.clinic.program("status", [PROGRAM, "--config", adapter.config, "status",
                                               "--watch", "--json"])
        watch.wait_for(lambda line: '"running":true' in line)
        self.clinic.tap(persona="valid-with-consents")
        watch.wait_for(lambda line: json.loads(line)["delivered"] == "1")
        self.assertEqual(0, watch.stop())

    def test_check_shows_what_would_be_sent(self):
        adapter = self.adapter(folder_route())
        self.clinic.tap(persona="valid-with-consents")
        reception = wait_until(lambda: [one for one in self.clinic.receptions()
                                        if one.get("confirmation")])[0]
        said = adapter.command("check", "--reception", reception["receptionId"]).stdout
        self.assertIn(reception["confirmation"]["qualifications"][0]["name"], said)
        self.assertEqual([], files(self.out))
        self.clinic.stop_daemon()
        self.assertIn("MDG-1701", adapter.command("check", expect=5).stderr)
        self.out.rmdir()
        self.assertIn("not reachable", adapter.command("check", expect=None).stdout)

    def test_nothing_about_a_person_is_on_disk_or_in_the_log(self):
        adapter = self.adapter(folder_route()).start()
        self.clinic.tap(persona="valid-with-consents")
        [path] = self.wait_files(1)
        adapter.wait_delivered("emr", 1)
        record = json.loads(path.read_text(encoding="utf-8"))["confirmation"]["qualifications"][0]
        adapter.stop()
        kept = b"".join(one.read_bytes() for one in (self.folder / "state").iterdir())
        kept += adapter.program.stderr().encode()
        for value in (record["name"], record["nameKana"], record["insured"]["number"],
                      record["insured"]["insurerNumber"]):
            self.assertNotIn(value.strip().encode(), kept)


class Medical(Delivery):
    def test_a_drug_history_is_fetched_and_delivered(self):
        adapter = self.adapter(folder_route(what="drugs", more="fetch = true")).start()
        self.clinic.tap(persona="valid-with-consents", consent="all")
        [path] = self.wait_files(1)
        record = json.loads(path.read_text(encoding="utf-8"))["medicalRecord"]
        self.assertGreater(len(record["drugHistory"]["drugLines"]), 50)
        adapter.wait_delivered("emr", 1)

    def test_consent_that_is_taken_back_while_it_waits_stops_the_delivery(self):
        adapter = self.adapter(folder_route(what="drugs", more="fetch = true")).start()
        self.out.rmdir()
        first = self.clinic.tap(persona="valid-with-consents", consent="all")
        waiting = wait_until(lambda: [item for item in adapter.status()["emr"]["items"]
                                      if item.get("lastError")])
        # The same person says no the next time: the newer answer counts.
        self.clinic.tap(persona="valid-with-consents", consent="none", patient=None)
        wait_until(lambda: any(one.get("supersededBy") for one in self.clinic.receptions()))
        self.out.mkdir()
        withheld = wait_until(lambda: adapter.status()["emr"]["withheld"])
        self.assertEqual(waiting[0]["receptionId"], withheld[0]["receptionId"])
        self.assertIn(withheld[0]["because"], ("MDG-2001", "MDG-2003"))
        self.assertEqual([], files(self.out))
        self.assertIn(withheld[0]["because"], adapter.command("status").stdout)
        audit = self.clinic.cli("audit", "list").out
        self.assertIn(withheld[0]["because"], audit)
        self.assertTrue(first)


class New(unittest.TestCase):
    """A configuration by question and answer."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mdg-new-"))
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.output = self.folder / "adapter.toml"

    def run_it(self, *words, typed=None):
        return subprocess.run([str(word) for word in (PROGRAM, *words)], input=typed,
                              stdin=None if typed else subprocess.DEVNULL, capture_output=True,
                              encoding="utf-8", timeout=PATIENCE, check=False)

    def test_what_is_proposed_passes_check_for_every_way_of_delivering(self):
        for way in ("folder", "mllp", "http", "fhir", "hook"):
            with self.subTest(way=way):
                output = self.folder / f"{way}.toml"
                done = self.run_it("new", "--output", output, "--defaults", "--answer", f"to={way}")
                if way == "hook" and os.geteuid() == 0:
                    self.assertIn("route.to.user", done.stderr)
                    self.assertFalse(output.exists())
                    continue
                self.assertEqual(0, done.returncode, done.stderr)
                checked = self.run_it("--config", output, "check", "--file-only")
                self.assertEqual(0, checked.returncode, checked.stderr)
                self.assertIn("# ", output.read_text(encoding="utf-8"))

    def test_a_person_is_asked_and_empty_answers_are_what_is_proposed(self):
        done = self.run_it("new", "--output", self.output,
                           typed="\n/var/lib/x\nlab\nmllp\n192.0.2.7\n\n")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("配送先の名前", done.stderr)
        text = self.output.read_text(encoding="utf-8")
        for line in ('state_dir = "/var/lib/x"', 'name = "lab"', 'format = "hl7v2"',
                     'host = "192.0.2.7"', "port = 2575"):
            self.assertIn(line, text)
        # What is there is not written over.
        again = self.run_it("new", "--output", self.output, "--defaults")
        self.assertEqual(2, again.returncode)
        self.assertEqual(text, self.output.read_text(encoding="utf-8"))

    def test_a_wrong_answer_leaves_nothing_behind(self):
        done = self.run_it("new", "--output", self.output, "--defaults", "--answer",
                           "route=my route")
        self.assertEqual(2, done.returncode)
        self.assertIn("route.name", done.stderr)
        self.assertFalse(self.output.exists())


class Unit(unittest.TestCase):
    def test_the_service_has_few_rights(self):
        unit = ROOT / "installer/systemd/madoguchi-adapter.service"
        done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=20",
                               "--no-pager", str(unit)], capture_output=True, text=True,
                              timeout=PATIENCE, check=False)
        self.assertEqual(0, done.returncode, done.stdout[-300:] + done.stderr)


class Late(unittest.TestCase):
    """A program that only delivers, known by its certificate."""

    def test_what_was_fetched_in_time_is_delivered_after_the_time_of_the_consent(self):
        with Clinic(tcp=True, init=("--patients", "20")) as clinic, \
                tempfile.TemporaryDirectory(prefix="mdg-late-") as folder:
            config = clinic.config.read_text(encoding="utf-8")
            clinic.config.write_text(config.replace('roles = ["emr"]', 'roles = ["adapter"]'),
                                     encoding="utf-8")
            clinic.start()
            adapter = Adapter(clinic, folder,
                              [folder_route(what="drugs", more="fetch = true")])
            pki = clinic.folder / "pki"
            text = adapter.config.read_text(encoding="utf-8")
            adapter.config.write_text(text.replace(
                f'target = "unix:{clinic.socket}"',
                f'target = "127.0.0.1:{clinic.port}"\ncertificate = "{pki / "emr.pem"}"\n'
                f'key = "{pki / "emr.key"}"\nca = "{pki / "ca.pem"}"'), encoding="utf-8")
            adapter.start()
            out = adapter.folder / "out"
            tap = clinic.tap(persona="valid-with-consents", consent="drug", consent_for="6s")
            wait_until(lambda: adapter.status()["emr"].get("trouble"))
            wait_until(lambda: any(record["state"] == "RECORD_STATE_EXPIRED"
                                   for one in clinic.receptions()
                                   for record in one.get("records", [])))
            self.assertEqual(1, len(adapter.status()["emr"]["items"]))
            out.mkdir()
            [path] = wait_until(lambda: files(out))
            record = json.loads(path.read_text(encoding="utf-8"))["medicalRecord"]
            self.assertGreater(len(record["drugHistory"]["drugLines"]), 10)
            # One that comes only now has nothing any more: it was never fetched in time.
            self.assertTrue(tap)
            adapter.wait_delivered("emr", 1)


if __name__ == "__main__":
    unittest.main()
