"""Pages of the documentation: links, quotations, and both languages side by side."""

import unittest

import docs
import sources


def _pages():
    return {p.as_posix(): sources.read(p) for p in sources.files(".md")}


class TheProject(unittest.TestCase):
    def test_every_link_leads_somewhere(self):
        pages = _pages()
        self.assertGreater(len(pages), 2)
        wrong = []
        for path, text in pages.items():
            wrong += docs.broken_links(path, text, lambda name: (sources.ROOT / name).exists(),
                                       sources.read)
        self.assertEqual([], wrong)

    def test_every_quotation_is_the_tested_code(self):
        wrong = []
        for path, text in _pages().items():
            wrong += docs.wrong_quotes(path, text, sources.read)
        self.assertEqual([], wrong, "python3 tests/structure/docs.py brings them up to date")

    def test_no_page_points_outside_of_the_project(self):
        for path, text in _pages().items():
            self.assertNotIn("../shared", text, path)


class PlantedMistakesAreFound(unittest.TestCase):
    def _broken(self, text):
        files = {"docs/en/a.md": text, "docs/b.md": '# B\n## A heading: two\n<a id="x"></a>\n'}
        return docs.broken_links("docs/en/a.md", text, files.__contains__, files.__getitem__)

    def test_links(self):
        self.assertEqual([], self._broken("# T\n[b](../b.md) [s](../b.md#a-heading-two) [t](#t)"
                                          " [x](../b.md#x) [w](https://example.org/)"))
        self.assertEqual([], self._broken("```\n[b](no.md)\n```\n`[c](no.md)`"))
        self.assertTrue(self._broken("[b](b.md)"))
        self.assertTrue(self._broken("[b](../b.md#nothing)"))
        self.assertTrue(self._broken("[b](../../../b.md)"))

    def test_quotations(self):
        files = {"s.py": "a\n  # quote-begin: r\n  b\n    c\n  # quote-end: r\n"}

        def wrong(text):
            return docs.wrong_quotes("a.md", text, files.__getitem__)
        self.assertEqual([], wrong("<!-- quote: s.py#r -->\n```python\nb\n  c\n```\n"))
        self.assertEqual([], wrong(f"<!-- quote: s.py -->\n```\n{files['s.py']}```\n"))
        self.assertTrue(wrong("<!-- quote: s.py#r -->\n```python\nb\n```\n"))
        self.assertTrue(wrong("<!-- quote: s.py#q -->\n```python\nb\n```\n"))
        self.assertTrue(wrong("<!-- quote: s.py#r -->\n\ntext\n"))


if __name__ == "__main__":
    unittest.main()
