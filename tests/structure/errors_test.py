"""The failure catalogue is complete in both languages, and its pages are up to date."""

import re
import sys
import unittest

import sources

sys.path.insert(0, str(sources.ROOT / "docs"))
import errors_pages  # noqa: E402  (found through the line above)

JAPANESE = re.compile(r"[\u3041-\u30ff\u4e00-\u9fff]")


class Catalogue(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.entries = errors_pages.parse(errors_pages.CATALOGUE.read_text(encoding="utf-8"))

    def test_numbers_ascend_so_none_is_given_twice(self):
        numbers = [entry.number for entry in self.entries]
        self.assertGreater(len(numbers), 40)
        self.assertEqual(sorted(set(numbers)), numbers)

    def test_names_are_given_once(self):
        names = [entry.name for entry in self.entries]
        self.assertEqual(sorted(set(names)), sorted(names))

    def test_every_entry_speaks_both_languages(self):
        for entry in self.entries:
            with self.subTest(number=entry.number):
                self.assertIn(entry.number // 100, errors_pages.RANGES)
                self.assertIn(entry.retry, errors_pages.RETRY)
                for text in (entry.en, entry.next_en):
                    self.assertTrue(text.endswith(".") and text.isascii(), text)
                for text in (entry.ja, entry.next_ja):
                    self.assertTrue(text.endswith("。") and JAPANESE.search(text), text)

    def test_what_may_be_repeated_is_never_said_to_be_hopeless(self):
        for entry in self.entries:
            if entry.status == "Unavailable":  # clients repeat these by themselves
                self.assertNotEqual("RETRY_NEVER", entry.retry, entry.number)

    def test_the_pages_are_up_to_date(self):
        self.assertEqual(0, errors_pages.main(["--check"]), "run: python3 docs/errors_pages.py")


class Parser(unittest.TestCase):
    def test_texts_in_pieces_and_escapes(self):
        entry, = errors_pages.parse('MDG_ERROR(1001, A, kOutOfRange, RETRY_NEVER, "a "\n "b.",\n'
                                    '"あ。", "say \\"x\\", y.", "い。")')
        self.assertEqual(("a b.", 'say "x", y.'), (entry.en, entry.next_en))

    def test_a_text_that_is_missing_is_an_error(self):
        with self.assertRaises(ValueError):
            errors_pages.parse('MDG_ERROR(1001, A, kInternal, RETRY_NEVER, "a.", "あ。", "b.")')

    def test_an_entry_it_does_not_understand_is_an_error(self):
        with self.assertRaises(ValueError):
            errors_pages.parse("MDG_ERROR(1001, A)")


if __name__ == "__main__":
    unittest.main()
