"""Every fixture and many generated records, converted by the real program in both dialects, are held
against FHIR R4, JP Core and the npm package `fhir`; defects planted in them are found."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
BUILD = pathlib.Path(os.environ.get("MADOGUCHI_BUILD", ROOT / "build"))
FIXTURES = ROOT / "tests" / "fixtures" / "oqs"
PROFILES = ROOT / "tests" / "fixtures" / "jp-core"
SEEDS = 150
LIMIT = 180
VERSIONS = ("1.2.0", "1.1.2")


def validator():
    """The validator in the build tree, with its locked packages beside it."""
    folder, source = BUILD / "fhir-validator", HERE / "validator"
    folder.mkdir(parents=True, exist_ok=True)
    for file in source.iterdir():
        shutil.copy(file, folder)
    locked, done = source / "package-lock.json", folder / "installed-lock.json"
    if not done.exists() or done.read_bytes() != locked.read_bytes():
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund",
                        "--loglevel=error"], cwd=folder, check=True, timeout=LIMIT,
                       stdout=subprocess.DEVNULL)
        shutil.copy(locked, done)
    return folder


def run_node(script, version, *files):
    done = subprocess.run(["node", validator() / script, PROFILES / version, *files],
                          capture_output=True, text=True, encoding="utf-8", timeout=LIMIT,
                          check=False)
    if done.returncode != 0:
        raise AssertionError(done.stderr or done.stdout)
    return json.loads(done.stdout)


def convert(version, files, out):
    with open(out, "wb") as stdout:
        return subprocess.run([BUILD / "bin" / "madoguchi", "convert", "--to", "fhir", "--jp-core",
                               version, *files], stdout=stdout, stderr=subprocess.PIPE, check=False,
                              timeout=LIMIT, text=True)


def answers():
    """Fixtures that are about a person, or about several."""
    return [path for path in sorted(FIXTURES.rglob("*"))
            if path.suffix in (".xml", ".json", ".zip") and "auth" not in path.name
            and (path.parent.name in ("res", "face") or "response" in path.name)]


class Converted(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mdg-fhir-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def test_fixtures_conform_in_both_dialects(self):
        for version in VERSIONS:
            with self.subTest(version=version):
                out = self.folder / f"{version}.jsonl"
                done = convert(version, answers(), out)
                # Batches in progress and registrations are about nobody: refused, one line each.
                refused = done.stderr.splitlines()
                self.assertTrue(all("MDG-1311" in line for line in refused), done.stderr)
                self.assertEqual(done.returncode, 1)
                result = run_node("validate.mjs", version, out)
                self.assertEqual(result["errors"], [])
                self.assertGreater(result["bundles"], 30)
                self.assertGreaterEqual(result["bundles"] + len(refused), len(answers()))
                names = {url.rsplit("/", 1)[1] for url in result["profiles"]}
                self.assertLessEqual(
                    {"JP_Patient", "JP_Coverage", "JP_Organization", "JP_Consent", "JP_Procedure",
                     "JP_MedicationDispense", "JP_Observation_LabResult",
                     "JP_Observation_BodyMeasurement", "JP_DiagnosticReport_Common"}, names)

    def test_generated_records_conform_in_both_dialects(self):
        for version in VERSIONS:
            with self.subTest(version=version):
                out = self.folder / f"generated-{version}.jsonl"
                with open(out, "wb") as stdout:
                    subprocess.run([BUILD / "bin" / "fhir_generated", version, str(SEEDS)],
                                   stdout=stdout, check=True, timeout=LIMIT)
                result = run_node("validate.mjs", version, out)
                self.assertEqual(result["errors"], [])
                self.assertGreater(result["bundles"], SEEDS / 2)

    def test_one_dialect_is_not_the_other(self):
        out = self.folder / "old.jsonl"
        convert("1.1.2", answers(), out)
        wrong = run_node("validate.mjs", "1.2.0", out)["errors"]
        self.assertTrue(any("slice rpNumber" in each["what"] for each in wrong))

    def test_planted_defects_are_found(self):
        out = self.folder / "good.jsonl"
        convert("1.2.0", answers(), out)
        result = run_node("must_fail.mjs", "1.2.0", out)
        self.assertEqual(result["missed"], [])
        self.assertGreaterEqual(result["planted"], 24)


class Command(unittest.TestCase):
    def test_a_line_is_a_bundle_and_the_same_bytes_again(self):
        with tempfile.TemporaryDirectory(prefix="mdg-fhir-") as folder:
            lines = []
            for name in ("a", "b"):
                out = pathlib.Path(folder, name)
                convert("1.2.0", answers(), out)
                lines.append(out.read_bytes())
            self.assertEqual(lines[0], lines[1])
            for line in lines[0].splitlines():
                self.assertEqual(json.loads(line)["resourceType"], "Bundle")


if __name__ == "__main__":
    unittest.main()
