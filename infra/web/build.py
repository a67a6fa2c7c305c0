"""Builds the page: `python infra/web/build.py [--check | --watch]`.

Installs the npm packages when their lock changed, writes `src/wire.d.ts` from the API's shapes, checks the types, and
bundles `src/` into `chalicelib/pages/static/`: one style sheet, the script with what it always needs, and a part for each
`import()`, all with hashed names, and the shell that names those of the first load. `--check` stops after the types; `--watch` builds again whenever a source changes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SOURCE = HERE / "src"
OUT = ROOT / "chalicelib" / "pages" / "static"
WATCH_S = 0.3

sys.path.insert(0, str(ROOT))  # so that `python infra/web/build.py` finds the packages beside it

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
    css = _write("css", _esbuild("style/main.css"))
    scripts = _scripts()
    for name in ("icon.svg", "robots.txt"):
        shutil.copyfile(SOURCE / name, OUT / name)
    # What the script imports at once is asked for beside it, not after it.
    first, *beside = scripts.first_load
    preloads = "".join(f'<link rel="modulepreload" href="{{{{base}}}}/static/{name}">\n' for name in beside)
    shell = (SOURCE / "shell.html").read_text().replace("app.js", first).replace("app.css", css)
    unfinished = OUT / "shell.new"
    unfinished.write_text(shell.replace("<script", f"{preloads}<script", 1))
    unfinished.rename(OUT / "shell.html")
    for old in (*OUT.glob("app.*"), *OUT.glob("part.*")):
        if old.name not in (css, *scripts.all):
            old.unlink()


class Scripts(NamedTuple):
    """Names of script files: those of the first load, the script first, and all with the parts that come later."""

    first_load: tuple[str, ...]
    all: tuple[str, ...]


def _scripts() -> Scripts:
    with TemporaryDirectory() as folder:
        about = Path(folder) / "meta.json"
        _esbuild(
            "main.tsx",
            "--format=esm",
            "--splitting",
            "--target=es2022",
            "--jsx=automatic",
            "--jsx-import-source=preact",
            f"--outdir={OUT}",
            "--entry-names=app.[hash]",
            "--chunk-names=part.[hash]",
            f"--metafile={about}",
        )
        outputs = {Path(path).name: output for path, output in json.loads(about.read_text())["outputs"].items()}
    imports = {
        name: [Path(each["path"]).name for each in output["imports"] if each["kind"] == "import-statement"]
        for name, output in outputs.items()
    }
    (entry,) = (name for name, output in outputs.items() if output.get("entryPoint") == "src/main.tsx")
    first_load = [entry]
    for name in first_load:  # it grows while it is walked
        first_load += [each for each in imports[name] if each not in first_load]
    return Scripts(tuple(first_load), tuple(outputs))


def _esbuild(entry: str, *options: str) -> str:
    command = ("node_modules/.bin/esbuild", f"src/{entry}", "--bundle", "--minify", "--log-level=warning", *options)
    return _run("esbuild", *command)


def _write(kind: str, text: str) -> str:
    name = f"app.{hashlib.sha256(text.encode()).hexdigest()[:10]}.{kind}"
    (OUT / name).write_text(text)
    return name


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
