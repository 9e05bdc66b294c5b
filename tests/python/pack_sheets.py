"""Printable sheets of a field pack: every page is read as a phone and a PDF reader would read it.

    python pack_sheets.py --tianmu PATH --work DIR                       makes the packs of the sample county
    python pack_sheets.py --tianmu PATH --work DIR --pack FOLDER         reads a pack that exists

PDF pages are turned into text (pdftotext), fonts (pdffonts) and pictures (pdftoppm), whose QR codes
are decoded (zbarimg), and compared with the ledger of the pack. HTML is parsed for anything that
would be loaded. The tools are Debian's poppler-utils and zbar-tools.
"""

import collections
import csv
import html.parser
import re
import shutil
import subprocess
import sys

import county

WARNINGS = ("线索，非证据", "leads, not evidence")
DATUMS = ("WGS84", "WGS 84"), ("CGCS2000",), ("GCJ-02",), ("BD-09",)


def tool(*command):
    """What a command says; the script ends where it fails."""
    done = subprocess.run([str(part) for part in command], capture_output=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed: {done.stderr.decode(errors='replace')}")
    return done.stdout.decode()


def read_ledger(path):
    """Place of each site: {site_id: (lon, lat)} as numbers."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        # A header ends with the machine name of its column.
        names = [header.split()[-1] for header in next(rows)]
        rows = [dict(zip(names, row, strict=True)) for row in rows]
    return {row["site_id"]: (float(row["lon"]), float(row["lat"])) for row in rows}


def pages_of(pdf):
    """The text of each page, without blanks: writing is set in pieces."""
    text = tool("pdftotext", "-layout", pdf, "-")
    return ["".join(page.split()) for page in text.split("\f")[:-1]]


def codes_of(pdf, folder):
    """The QR codes of each page, as a list of lists of texts."""
    folder.mkdir(parents=True, exist_ok=True)
    tool("pdftoppm", "-r", "150", "-gray", "-png", pdf, folder / "page")
    codes = []
    for picture in sorted(folder.glob("page-*.png")):
        said = subprocess.run(["zbarimg", "--quiet", "--xml", picture], capture_output=True, check=False)
        found = re.findall(r"<data[^>]*><!\[CDATA\[(.*?)\]\]></data>", said.stdout.decode(), re.DOTALL)
        codes.append(found)
        picture.unlink()
    return codes


def check_pdf(pdf, ledger, checks, folder):
    """Reads a document; gives the site ids of its pages in order."""
    name = pdf.name
    pages, codes = pages_of(pdf), codes_of(pdf, folder)
    checks.equal(len(codes), len(pages), f"{name}: pages drawn and read")
    fonts = tool("pdffonts", pdf).splitlines()[2:]
    checks.that(fonts, f"{name}: has fonts")
    for line in fonts:
        embedded = re.search(r"\s(yes|no)\s+(yes|no)\s+(yes|no)\s+\d+\s+\d+\s*$", line)
        checks.that(embedded and embedded[1] == "yes", f"{name}: font embedded", line)
    size = re.search(r"Page size:\s+([\d.]+) x ([\d.]+)", tool("pdfinfo", pdf))
    a4 = size and abs(float(size[1]) - 595.28) < 1 and abs(float(size[2]) - 841.89) < 1
    checks.that(a4, f"{name}: A4 portrait", size and size[0])
    seen = []
    for number, (text, found) in enumerate(zip(pages, codes), 1):
        where = f"{name}: page {number}"
        checks.that(any("".join(w.split()) in text for w in WARNINGS), f"{where} says what it is not")
        checks.equal(text.count("证据"), text.count("非证据"), f"{where} speaks of evidence only to deny it")
        for labels in DATUMS:
            labelled = any("".join(label.split()) in text for label in labels)
            checks.that(labelled, f"{where} labels {labels[0]}")
        checks.equal(len(found), 1, f"{where}: QR codes")
        if not found:
            continue
        uri, _, site = found[0].partition("\n")
        seen.append(site)
        checks.that(site in text, f"{where} prints the id of its code", site)
        checks.that(site in ledger, f"{where} is in the ledger", site)
        place = re.fullmatch(r"geo:(-?\d+\.\d{6}),(-?\d+\.\d{6})", uri)
        checks.that(place, f"{where} has a geo: code", uri)
        if place and site in ledger:
            lon, lat = ledger[site]
            near = abs(float(place[1]) - lat) < 6e-7 and abs(float(place[2]) - lon) < 6e-7
            checks.that(near, f"{where}: code and ledger agree", f"{uri}, {ledger[site]}")
            checks.that(f"{place[2]},{place[1]}" in text, f"{where} prints its place", uri)
    print(f"{name}: {len(pages)} pages, {len(seen)} codes read, {len(fonts)} fonts")
    return seen


class Page(html.parser.HTMLParser):
    """What a page shows and what it would load."""

    def __init__(self):
        super().__init__()
        self.loads, self.text, self.sections, self.style = [], [], 0, False

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag in ("script", "link", "iframe", "object", "embed", "base", "form", "a"):
            self.loads.append(f"<{tag}>")
        self.loads += [f"{tag} {key}" for key in attributes if key.startswith("on")]
        for key in ("src", "href", "xlink:href", "srcset", "action", "data", "poster"):
            value = attributes.get(key)
            if value is not None and not value.startswith("data:image/jpeg;base64,"):
                self.loads.append(f"{tag} {key}={value[:60]}")
        if "url(" in (attributes.get("style") or ""):
            self.loads.append(f"{tag} style")
        self.style = tag == "style"
        self.sections += tag == "section"

    def handle_endtag(self, tag):
        self.style = self.style and tag != "style"

    def handle_data(self, data):
        if self.style:
            self.loads += re.findall(r"url\([^)]*\)|@import[^;]*", data)
        else:
            self.text.append(data)


def check_html(path, sites, checks):
    """Reads a page that must show the same sites as the document beside it."""
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    text = "".join("".join(page.text).split())
    checks.equal(page.loads, [], f"{path.name} loads nothing")
    checks.equal(page.sections, len(sites), f"{path.name}: pages")
    warned = max(text.count("".join(w.split())) for w in WARNINGS)
    checks.at_most(len(sites), warned, f"{path.name}: warnings")
    places = [text.find(site) for site in sites]
    checks.that(-1 not in places and places == sorted(places), f"{path.name}: sites in order")


def check_pack(pack, checks, work):
    """All sheets of a pack: every task once, in the PDF and in the HTML."""
    ledger = read_ledger(pack / "ledger.csv")
    pdfs = sorted((pack / "sheets").glob("*.pdf"))
    checks.that(pdfs, "the pack has sheets")
    count = collections.Counter()
    for pdf in pdfs:
        sites = check_pdf(pdf, ledger, checks, work / "pages")
        count.update(sites)
        page = pdf.with_suffix(".html")
        if checks.that(page.exists(), f"{page.name} stands beside {pdf.name}"):
            check_html(page, sites, checks)
    checks.equal(sorted(count), sorted(ledger), "sites of sheets and ledger")
    checks.that(set(count.values()) == {1}, "every site has one page", [s for s in count if count[s] > 1])
    print(f"{len(pdfs)} documents, {sum(count.values())} sheets, {len(ledger)} rows of the ledger")


def main():
    args, checks, named = county.start("pack_sheets", __doc__.splitlines()[0])
    for name in ("pdftotext", "pdffonts", "pdfinfo", "pdftoppm", "zbarimg"):
        if not shutil.which(name):
            sys.exit(f"{name} is not there: install Debian's poppler-utils and zbar-tools")
    for pack, _ in county.packs(args, named, "csv,pdf,html"):
        check_pack(pack, checks, args.work)
    checks.finish()


if __name__ == "__main__":
    main()
