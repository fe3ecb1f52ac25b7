"""What docs promise: links lead somewhere, and quoted code is the code that is tested.

A quotation stands in a page as

    <!-- quote: PATH -->            or    <!-- quote: PATH#REGION -->
    ```LANGUAGE
    ...
    ```

and is the whole file, or the lines between those that say `quote-begin: REGION` and
`quote-end: REGION`, unindented.
"""

import posixpath
import re
import textwrap

_FENCED = re.compile(r"^(`{3,}).*?^\1`*\s*$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_ANCHOR = re.compile(r'<a id="([^"]+)">')
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_QUOTE = re.compile(r"<!-- quote: (\S+) -->[ \t]*\n```\w*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)


def links(text):
    """Targets of links outside of code."""
    text = re.sub(r"`[^`\n]*`", "", _FENCED.sub("", text))
    return _LINK.findall(text)


def anchors(text):
    """Names a link to this page may end in: explicit ones, and headings as GitHub spells them."""
    text = _FENCED.sub("", text)
    made = set(_ANCHOR.findall(text))
    for heading in _HEADING.findall(text):
        plain = re.sub(r"<[^>]*>", "", heading).strip().lower()
        made.add(re.sub(r"\s", "-", re.sub(r"[^\w\- ]", "", plain)))
    return made


def broken_links(path, text, exists, read):
    """Sentences about links of the page at `path` that lead nowhere."""
    wrong = []
    for target in links(text):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        where = posixpath.normpath(posixpath.join(posixpath.dirname(path), file)) if file else path
        if where.startswith("..") or not exists(where):
            wrong.append(f"{path}: {target} leads nowhere")
        elif anchor and where.endswith(".md") and anchor not in anchors(
                text if where == path else read(where)):
            wrong.append(f"{path}: {target}: the page has no such place")
    return wrong


def quoted(reference, read):
    """The lines a quotation has to show."""
    path, _, region = reference.partition("#")
    text = read(path)
    if region:
        match = re.search(rf"^[^\n]*quote-begin: {re.escape(region)}[^\n]*\n(.*?)^[^\n]*quote-end: "
                          rf"{re.escape(region)}", text, re.MULTILINE | re.DOTALL)
        if not match:
            raise KeyError(f"{path} has no region {region}")
        return textwrap.dedent(match.group(1))
    return text


def wrong_quotes(path, text, read):
    """Sentences about quotations that differ from their source."""
    wrong = []
    found = _QUOTE.findall(text)
    if text.count("<!-- quote:") != len(found):
        wrong.append(f"{path}: a quote mark without its code")
    for reference, shown in found:
        try:
            if quoted(reference, read) != shown:
                wrong.append(f"{path}: the quotation of {reference} is not what stands there")
        except (OSError, KeyError) as error:
            wrong.append(f"{path}: {reference} cannot be quoted ({error})")
    return wrong


def refreshed(text, read):
    """The page with its quotations brought up to date."""
    return re.sub(r"(<!-- quote: (\S+) -->[ \t]*\n```\w*\n).*?(^```[ \t]*$)",
                  lambda match: match.group(1) + quoted(match.group(2), read) + match.group(3),
                  text, flags=re.MULTILINE | re.DOTALL)


if __name__ == "__main__":  # brings the quotations of every page up to date
    import sources
    for page in sources.files(".md"):
        before = sources.read(page)
        after = refreshed(before, sources.read)
        if after != before:
            (sources.ROOT / page).write_text(after, encoding="utf-8")
            print(f"refreshed {page}")
