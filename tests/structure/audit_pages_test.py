"""The table of audit entries is complete in both languages, and its pages are up to date."""

import re
import sys
import unittest

import sources

sys.path.insert(0, str(sources.ROOT / "docs"))
import audit_pages  # noqa: E402  (found through the line above)

JAPANESE = re.compile(r"[\u3041-\u30ff\u4e00-\u9fff]")


class Kinds(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kinds = audit_pages.parse(audit_pages.KINDS.read_text(encoding="utf-8"))

    def test_numbers_ascend_so_none_is_given_twice(self):
        numbers = [kind.number for kind in self.kinds]
        self.assertGreater(len(numbers), 10)
        self.assertEqual(sorted(set(numbers)), numbers)

    def test_every_kind_speaks_both_languages(self):
        for kind in self.kinds:
            with self.subTest(number=kind.number):
                self.assertIn(kind.rule, audit_pages.RULES)
                self.assertTrue(kind.en.isascii() and kind.en, kind.en)
                self.assertTrue(JAPANESE.search(kind.ja), kind.ja)

    def test_the_pages_are_up_to_date(self):
        self.assertEqual(0, audit_pages.main(["--check"]), "python3 docs/audit_pages.py writes them")

    def test_a_kind_that_is_missing_on_a_page_is_noticed(self):
        page = audit_pages.BEGIN + audit_pages.table(self.kinds[1:], "en") + audit_pages.END
        self.assertNotEqual(page, audit_pages.with_table(page, self.kinds, "en"))

    def test_what_is_not_understood_is_refused(self):
        with self.assertRaises(ValueError):
            audit_pages.parse('MDG_AUDIT(1, Name, Spool, "only English")')


if __name__ == "__main__":
    unittest.main()
