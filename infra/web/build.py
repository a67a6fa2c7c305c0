"""Builds the page: `python infra/web/build.py [--check | --watch]`.

Installs the npm packages when their lock changed, writes `src/wire.d.ts` from the API's shapes, checks the types, and
bundles `src/` into `chalicelib/pages/static/`: a script and a style sheet with hashed names, the parts of the page that are
fetched when they are wanted, and the shell that names what every visit needs. `--check` stops after the types; `--watch` builds again whenever a source changes.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SOURCE = HERE / "src"
OUT = ROOT / "chalicelib" / "pages" / "static"
ATLAS = "us-atlas/states-albers-10m.json"
# What the shell names, and by which words.
ENTRIES = {"src/main.tsx": "app.js", "src/languages.ts": "languages.js", "src/style/main.css": "app.css"}
# Browsers compile what begins so while it comes in, beside the page's own thread: a phone's first figures are a fifth sooner.
EAGER = "//# allFunctionsCalledOnLoad"
WATCH_S = 0.3

sys.path.insert(0, str(ROOT))  # so that `python infra/web/build.py` finds the packages beside it

from infra.web.atlas import on_grid  # noqa: E402
from infra.web.shapes import declarations  # noqa: E402


class BuildFailed(Exception):
    """The page cannot be built; the message is one line for the person at the terminal."""


def install() -> None:
    """Run `npm ci` unless the packages are those of the lock."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise BuildFailed("no npm on PATH: install Node.js 20 or newer, or run `make setup`, which fetches one")
    stamp, lock = HERE / "node_modules" / ".stamp", (HERE / "package-lock.json").read_text()
    if stamp.exists() and stamp.read_text() == lock:
        return
    _run("npm ci", npm, "ci", "--silent")
    stamp.write_text(lock)


def check() -> None:
    """Write the API's shapes and check all types against them."""
    generated, text = SOURCE / "wire.d.ts", declarations()
    if not generated.exists() or generated.read_text() != text:
        generated.write_text(text)
    _run("the type check", "node", "node_modules/typescript/bin/tsc", "--noEmit")


def bundle() -> None:
    """Write the page's files, the shell last, and remove those of earlier builds."""
    OUT.mkdir(parents=True, exist_ok=True)
    written = _esbuild()
    named = {output["entryPoint"]: name for name, output in written.items() if "entryPoint" in output}
    for name in ("icon.svg", "robots.txt"):
        shutil.copyfile(SOURCE / name, OUT / name)
    needed = _needed(named["src/main.tsx"], written)
    ahead = "".join(f'<link rel="modulepreload" href="{{{{base}}}}/static/{name}">\n' for name in needed)
    shell = (SOURCE / "shell.html").read_text().replace("<!-- ahead -->\n", ahead)
    for entry, word in ENTRIES.items():
        shell = shell.replace(word, named[entry])
    unfinished = OUT / "shell.new"
    unfinished.write_text(shell)
    unfinished.rename(OUT / "shell.html")
    for old in (*OUT.glob("app.*"), *OUT.glob("part.*")):
        if old.name not in written:
            old.unlink()


def _esbuild() -> dict[str, dict[str, Any]]:
    """What esbuild wrote, by name: see its "Metafile"."""
    with tempfile.TemporaryDirectory() as folder:
        told, atlas = Path(folder) / "told.json", Path(folder) / "atlas.json"
        atlas.write_text(json.dumps(on_grid(json.loads((HERE / "node_modules" / ATLAS).read_text()))))
        options = ("--bundle", "--minify", "--splitting", "--format=esm", "--target=es2022", "--log-level=warning")
        jsx = ("--jsx=automatic", "--jsx-import-source=preact")
        names = (f"--outdir={OUT}", "--entry-names=app.[hash]", "--chunk-names=part.[hash]", f"--metafile={told}")
        more = (f"--alias:{ATLAS}={atlas}", f"--banner:js={EAGER}")
        _run("esbuild", "node_modules/.bin/esbuild", *ENTRIES, *options, *jsx, *names, *more)
        outputs = json.loads(told.read_text())["outputs"]
    return {Path(path).name: output for path, output in outputs.items()}


def _needed(name: str, written: dict[str, dict[str, Any]]) -> list[str]:
    """The parts without which a file cannot begin: the browser fetches them beside it, not after it."""
    needed: list[str] = []
    for wanted in written[name]["imports"]:
        part = Path(wanted["path"]).name
        if wanted["kind"] == "import-statement" and part not in needed:
            needed += [part, *(each for each in _needed(part, written) if each not in needed)]
    return needed


def _run(what: str, *command: str) -> str:
    ran = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
    if ran.returncode:
        sys.stderr.write(ran.stdout + ran.stderr)
        raise BuildFailed(f"{what} failed; what it said stands above")
    return ran.stdout


def _seen() -> dict[Path, int]:
    return {file: file.stat().st_mtime_ns for file in SOURCE.rglob("*") if file.is_file() and file.suffix != ".new"}


def _watch() -> None:
    """Build after every change; a build that fails is told and waits for the next one."""
    while True:
        try:
            check()
            bundle()
            print(f"built {OUT.relative_to(ROOT)}", flush=True)
        except BuildFailed as error:
            print(f"daybook: {error}", file=sys.stderr)
        seen = _seen()
        while _seen() == seen:
            time.sleep(WATCH_S)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="check the types and write no page")
    mode.add_argument("--watch", action="store_true", help="build again whenever a source changes, until Ctrl-C")
    arguments = parser.parse_args()
    try:
        install()
        if arguments.watch:
            _watch()
        check()
        if not arguments.check:
            bundle()
    except BuildFailed as error:
        print(f"daybook: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
