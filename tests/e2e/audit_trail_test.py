"""The audit trail of a real daemon: what people and programs did is in it, and every way of tampering
with its files is found with an anchor (and which are found without)."""

import contextlib
import hashlib
import hmac
import json
import shutil
import sqlite3
import unittest

import grpc

import stubs  # noqa: F401 - makes the modules below importable
from clinic import Clinic, token
from madoguchi.v1 import medical_record_service_pb2 as medical, medical_record_service_pb2_grpc

BY_SUZUKI = "instr(body, CAST('suzuki' AS BLOB)) > 0"


def kinds(entries):
    return [entry["kindName"] for entry in entries]


def problems(verdict):
    return {finding["problem"].removeprefix("AUDIT_PROBLEM_")
            for finding in verdict.get("findings", [])}


def received(clinic, persona="valid-with-consents", **options):
    """The reception of a patient who has just used the reader."""
    tap = clinic.tap(persona=persona, **options)
    watch = clinic.watch("--today", name="watch")
    line = watch.wait_for(lambda line: token(tap) in line)
    watch.kill()
    return json.loads(line)["reception"]["receptionId"]


def work(clinic):
    """A patient is announced; another comes, and is sent home. Returns the reception."""
    clinic.cli("reception", "expect", "K-100", "--counter", "front-1", "--insurer", "06990121",
               "--number", "1", "--birth-date", "19800115", operator="sato")
    reception = received(clinic)
    clinic.cli("reception", "cancel", reception, operator="suzuki")
    return reception


def chain_again(database, number, key=b"k" * 32):
    """Changes an entry and makes the chain behind it again, as docs/en/audit.md describes it, by
    somebody who has no key."""
    (store_id,) = database.execute("SELECT store_id FROM meta").fetchone()
    previous = hashlib.sha256(f"madoguchi audit 1\n{store_id}".encode()).digest()
    rows = database.execute("SELECT number, at, body FROM audit ORDER BY number").fetchall()
    for place, at, body in rows:
        if place == number:
            body = body.replace(b"suzuki", b"tanaka")
        previous = hashlib.sha256(b"madoguchi entry 1\n%d\n%s%d\n%d\n%s" % (
            len(previous), previous, place, at, body)).digest()
        tag = hmac.digest(key, b"tag\n" + previous, "sha256")
        key = hmac.digest(key, b"next\n", "sha256")
        database.execute("UPDATE audit SET body = ?, hash = ?, tag = ? WHERE number = ?",
                         (body, previous, tag, place))


class TheTrail(unittest.TestCase):
    def test_says_who_did_what(self):
        with Clinic() as clinic:
            clinic.start()
            reception = work(clinic)
            entries = clinic.cli("audit", "list").messages
            self.assertEqual(kinds(entries)[:3], ["TrailStarted", "PersonExpected",
                                                  "ReceptionOpened"])
            done = [entry for entry in entries if entry.get("receptionId") == reception]
            self.assertEqual(kinds(done)[0], "ReceptionOpened")
            self.assertEqual(kinds(done)[-1], "ReceptionCancelled")
            self.assertEqual(done[-1]["identity"], "local")
            self.assertEqual(done[-1]["person"], "suzuki")
            self.assertEqual([int(entry["number"]) for entry in entries],
                             list(range(1, len(entries) + 1)))
            # Only what is asked for, and what is read is written down as well.
            only = clinic.cli("audit", "list", "--kind", "25").messages
            self.assertEqual(kinds(only), ["PersonExpected"])
            self.assertEqual(kinds(clinic.cli("audit", "list", "--kind", "60").messages),
                             ["TrailRead", "TrailRead"])
            self.assertEqual(clinic.cli("audit", "list", "--to", "2020-01-01").messages, [])

            # Whom it was about, for who asks by the name of the program; not on the command line.
            seen = clinic.cli("audit", "disclose", "--kind", "25", "--kind", "23",
                              stdin="local\n").messages
            self.assertEqual(seen[0]["subject"]["patientId"], "K-100")
            self.assertEqual(seen[0]["subject"]["insured"]["number"], "1")
            self.assertEqual(seen[-1]["entry"]["kindName"], "ReceptionCancelled")
            self.assertTrue(seen[-1]["subject"]["name"])
            # Whose records it saw: nobody's.
            self.assertEqual(clinic.cli("audit", "disclose", "--identity", "local").messages, [])
            told = clinic.cli("audit", "list", "--kind", "61").messages
            self.assertEqual([int(entry.get("count", 0)) for entry in told], [2, 0])

            status = clinic.cli("status").messages[0]["audit"]
            anchor = clinic.cli("audit", "anchor", as_json=False).out.strip()
            self.assertRegex(anchor, r"^madoguchi-audit-1 [0-9a-f]{16} \d+ [0-9a-f]{64}$")
            self.assertEqual(anchor, status["anchor"])
            self.assertTrue(status["writable"])
            self.assertIn(anchor, clinic.cli("status", as_json=False).out)
            shown = clinic.cli("audit", "verify", as_json=False).out
            self.assertIn("見つかりませんでした", shown)
            self.assertIn("控え", shown)
            clinic.cli("audit", "verify", "--anchors", "-", stdin=f"# today\n{anchor}\n")
            clinic.cli("audit", "verify", "--anchors", "-", stdin="nonsense\n", expect=2)
            self.assertEqual(clinic.stop_daemon(), 0)

    def test_is_for_auditors(self):
        with Clinic(tcp=True) as clinic:
            clinic.start()
            pki = clinic.folder / "pki"

            def remote(name):
                return ("--cert", pki / f"{name}.pem", "--key", pki / f"{name}.key",
                        "--ca", pki / "ca.pem")
            target = f"127.0.0.1:{clinic.port}"
            clinic.cli(*remote("emr"), "audit", "list", target=target, expect=4)
            clinic.cli(*remote("auditor"), "audit", "verify", target=target)
            clinic.cli(*remote("auditor"), "reception", "list", target=target, expect=4)
            clinic.restart_daemon()
            refused = clinic.cli("audit", "list", "--kind", "10").messages
            self.assertEqual([(entry["identity"], entry["outcome"], entry["detail"])
                              for entry in refused],
                             [("emr", "MDG-1102", "AuditService.ListAuditEntries"),
                              ("auditor", "MDG-1102", "ReceptionService.ListReceptions")])

    def test_knows_who_was_given_whose_medical_record(self):
        with Clinic() as clinic:
            clinic.start()

            def ask(reception):
                # Own sub-channels: the daemon of before is not the one of now.
                with grpc.insecure_channel(
                        clinic.target, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
                    medical_record_service_pb2_grpc.MedicalRecordServiceStub(
                        channel).GetDrugHistory(
                            medical.GetDrugHistoryRequest(reception_id=reception), timeout=20,
                            metadata=[("madoguchi-operator", "yakushi")])
            given = received(clinic, consent="drug")
            ask(given)
            ask(given)
            withheld = received(clinic, persona="maru-name", consent="checkup")
            for _ in range(100):
                with self.assertRaises(grpc.RpcError) as raised:
                    ask(withheld)
                self.assertEqual(raised.exception.code(), grpc.StatusCode.PERMISSION_DENIED)
            released = clinic.cli("audit", "list", "--kind", "40").messages
            self.assertEqual([(entry["identity"], entry["person"], entry["receptionId"],
                               entry["detail"]) for entry in released],
                             [("local", "yakushi", given, "DRUG")] * 2)
            seen = clinic.cli("audit", "disclose", "--identity", "local").messages
            self.assertEqual([one["entry"]["receptionId"] for one in seen], [given, given])
            self.assertTrue(seen[0]["subject"]["name"])
            clinic.restart_daemon()
            refused = clinic.cli("audit", "list", "--kind", "41", "--reception", withheld).messages
            self.assertEqual({entry["outcome"] for entry in refused}, {"MDG-2001"})
            self.assertEqual(sum(int(entry["count"]) for entry in refused), 100)
            ask(given)
            # Somebody else's entry where the next one belongs: nothing is given any more.
            database = sqlite3.connect(clinic.folder / "state" / "madoguchi.db")
            database.execute("INSERT INTO audit SELECT max(number) + 1, at, body, hash, tag"
                             " FROM audit")
            database.commit()
            database.close()
            with self.assertRaises(grpc.RpcError) as raised:
                ask(given)
            told = dict(raised.exception.trailing_metadata())["grpc-status-details-bin"]
            self.assertIn(b"MDG-1502", told)
            self.assertEqual(clinic.stop_daemon(), 0)

    def test_keys_that_cannot_be_used_keep_the_daemon_from_starting(self):
        with Clinic() as clinic:
            clinic.start_daemon()
            self.assertEqual(clinic.stop_daemon(), 0)
            state = clinic.folder / "state"
            for name in ("audit.key", "audit-site.key", "audit.start"):
                self.assertEqual((state / name).stat().st_mode & 0o777, 0o600, name)
            (state / "audit.key").write_bytes(b"not a key")
            with self.assertRaises(AssertionError):
                clinic.start_daemon()
            self.assertEqual(clinic.daemon.wait(), 2)
            self.assertIn("MDG-1902", clinic.daemon.stderr())


class Tampering(unittest.TestCase):
    """Each way from the same site, by somebody who may write every file of the daemon."""

    @classmethod
    def setUpClass(cls):
        cls.clinic = Clinic()
        cls.addClassCleanup(cls.clinic.close)
        cls.clinic.start()
        cls.state = cls.clinic.folder / "state"
        cls.kept = cls.clinic.folder / "kept"
        cls.old = cls.clinic.folder / "old"
        cls.anchors = cls.clinic.folder / "anchors.txt"
        cls.reception = work(cls.clinic)
        cls.keep_anchor()
        cls.clinic.stop_daemon()
        shutil.copytree(cls.state, cls.old)
        cls.clinic.start_daemon()
        work(cls.clinic)
        work(cls.clinic)
        cls.keep_anchor()
        cls.clinic.stop_daemon()
        shutil.copytree(cls.state, cls.kept)

    @classmethod
    def keep_anchor(cls):
        with cls.anchors.open("a") as file:
            file.write(cls.clinic.cli("audit", "anchor", as_json=False).out)

    @contextlib.contextmanager
    def database(self):
        database = sqlite3.connect(self.state / "madoguchi.db")
        database.executescript("DROP TRIGGER IF EXISTS audit_kept;"
                               "DROP TRIGGER IF EXISTS audit_unchanged;")
        yield database
        database.commit()
        database.close()

    def verdicts(self):
        """What `audit verify` finds with the anchors and without; starts and stops the daemon."""
        self.clinic.start_daemon()
        found = []
        for words in (("--anchors", self.anchors), ()):
            said = self.clinic.cli("audit", "verify", *words, expect=None)
            self.assertEqual(said.code, 0 if said.messages[0].get("intact") else 1)
            found.append(problems(said.messages[0]))
        self.damaged = self.clinic.cli("status").messages[0]["audit"].get("damaged", False)
        self.assertEqual(self.clinic.stop_daemon(), 0)
        return found

    def setUp(self):
        shutil.rmtree(self.state)
        shutil.copytree(self.kept, self.state)

    def test_nothing(self):
        self.assertEqual(self.verdicts(), [set(), set()])
        self.assertFalse(self.damaged)

    def test_an_edit(self):
        with self.database() as database:
            changed = database.execute("UPDATE audit SET body = CAST(replace(CAST(body AS TEXT),"
                                       f" 'suzuki', 'tanaka') AS BLOB) WHERE {BY_SUZUKI}")
            self.assertGreater(changed.rowcount, 0)
        with_anchor, without = self.verdicts()
        self.assertIn("CHANGED", with_anchor)
        self.assertIn("CHANGED", without)

    def test_another_time(self):
        with self.database() as database:
            database.execute("UPDATE audit SET at = at - 3600000000 WHERE number = 4")
        for found in self.verdicts():
            self.assertIn("CHANGED", found)

    def test_a_deletion(self):
        with self.database() as database:
            database.execute("DELETE FROM audit WHERE number = 3")
        for found in self.verdicts():
            self.assertIn("MISSING", found)

    def test_another_order(self):
        with self.database() as database:
            database.executescript("UPDATE audit SET number = -3 WHERE number = 3;"
                                   "UPDATE audit SET number = 3 WHERE number = 4;"
                                   "UPDATE audit SET number = 4 WHERE number = -3;")
        for found in self.verdicts():
            self.assertIn("CHANGED", found)

    def test_a_truncation(self):
        with self.database() as database:
            database.execute("DELETE FROM audit WHERE number > 5")
        with_anchor, without = self.verdicts()
        self.assertIn("MISSING", with_anchor)
        self.assertIn("MISSING", without)
        self.assertTrue(self.damaged)

    def test_an_entry_put_in_while_the_daemon_runs(self):
        self.clinic.start_daemon()
        with self.database() as database:
            (newest,) = database.execute("SELECT max(number) FROM audit").fetchone()
            database.execute("INSERT INTO audit SELECT ?, at, body, hash, tag FROM audit"
                             " WHERE number = 4", (newest + 1,))
        # Patients are received all the same; what must not happen without an entry does not.
        self.clinic.tap(persona="valid-with-consents")
        watch = self.clinic.watch("--now", name="watch-put-in")
        watch.wait_for(lambda line: line)
        refused = self.clinic.cli("audit", "list", expect=None)
        self.assertNotEqual(refused.code, 0)
        status = self.clinic.cli("status").messages[0]
        self.assertFalse(status["audit"].get("writable", False))
        self.assertIn("MDG-1903", [warning["number"] for warning in status["warnings"]])
        watch.kill()
        self.assertEqual(self.clinic.stop_daemon(), 0)
        for found in self.verdicts():
            self.assertTrue(found & {"CHANGED", "FORGED", "NEW_KEY"}, found)
        self.assertTrue(self.damaged)

    def test_a_chain_made_again_without_the_key(self):
        with self.database() as database:
            (number,) = database.execute(
                f"SELECT min(number) FROM audit WHERE {BY_SUZUKI}").fetchone()
            chain_again(database, number)
        with_anchor, without = self.verdicts()
        self.assertIn("ANCHOR_DIFFERS", with_anchor)
        self.assertIn("FORGED", without)
        self.assertTrue(self.damaged)

    def test_the_database_of_another_site(self):
        with Clinic(seed=2) as other:
            other.start()
            work(other)
            other.stop_daemon()
            for name in ("madoguchi.db", "madoguchi.db-wal", "madoguchi.db-shm"):
                (self.state / name).unlink(missing_ok=True)
                if (other.folder / "state" / name).exists():
                    shutil.copy(other.folder / "state" / name, self.state / name)
            with_anchor, without = self.verdicts()
            self.assertIn("ANCHOR_DIFFERS", with_anchor)
            self.assertTrue(without)
            self.assertTrue(self.damaged)
            # The whole folder of another site fits together: an anchor finds it, nothing else does.
            shutil.rmtree(self.state)
            shutil.copytree(other.folder / "state", self.state)
            with_anchor, without = self.verdicts()
            self.assertIn("ANCHOR_DIFFERS", with_anchor)
            self.assertEqual(without, set())

    def test_an_old_copy_of_the_database(self):
        for name in ("madoguchi.db", "madoguchi.db-wal", "madoguchi.db-shm"):
            (self.state / name).unlink(missing_ok=True)
            if (self.old / name).exists():
                shutil.copy(self.old / name, self.state / name)
        with_anchor, without = self.verdicts()
        self.assertTrue(with_anchor & {"MISSING", "ANCHOR_DIFFERS"})
        self.assertIn("MISSING", without)
        self.assertTrue(self.damaged)

    def test_an_old_copy_of_everything(self):
        shutil.rmtree(self.state)
        shutil.copytree(self.old, self.state)
        with_anchor, without = self.verdicts()
        self.assertTrue(with_anchor & {"ANCHOR_MISSING", "ANCHOR_DIFFERS"})
        self.assertEqual(without, set())
        self.assertFalse(self.damaged)

    def test_a_lost_key(self):
        (self.state / "audit.key").unlink()
        for found in self.verdicts():
            self.assertEqual(found, {"NEW_KEY"})
        self.assertTrue(self.damaged)


if __name__ == "__main__":
    unittest.main()
