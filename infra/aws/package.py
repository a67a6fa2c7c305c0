"""`make package`: what goes to AWS, as two files in build/package: code.zip and template.json.

Chalice builds; here its zip loses what no function uses and gains compiled modules, and its template gains what watches the
stack. The same sources and requirements give the same bytes, so an artifact is called by its digest.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from chalice.package import YAMLTemplateSerializer

from infra.aws import alarms

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "build/package"
CODE, TEMPLATE = "code.zip", "template.json"
BYTES_MAX = 12_000_000
# Of botocore's descriptions of services, those that are asked (bootstrap and storage/table.py).
SERVICES = ("dynamodb", "kms", "sesv2", "sqs", "ssm")
_DESCRIBED = ("service-2.json.gz", "endpoint-rule-set-1.json.gz")
# What no function imports. certifi's certificates are used, botocore's copy of them is not.
UNUSED = (
    "*.dist-info/*",
    "*.data/*",
    "*.pyi",
    "*/py.typed",
    "*.pyc",
    "bin/*",
    "boto3/data/*",
    "boto3/examples/*",
    "botocore/cacert.pem",
    "*/tests/*",
    "urllib3/contrib/emscripten/*",
    "aws_lambda_powertools/utilities/[!_j]*",
    "aws_lambda_powertools/event_handler/*",
    # cryptography asks for the compiled half of cffi only.
    "cffi/*",
    "pycparser/*",
)
EPOCH = (1980, 1, 1, 0, 0, 0)
# Where Lambda unpacks it: what tracebacks name.
TASK = "/var/task"


def package(out: Path = OUT) -> str:
    """Build both files and return their common digest."""
    shutil.rmtree(out, ignore_errors=True)
    built = out / "chalice"
    _run(
        "chalice",
        "package",
        "--merge-template",
        "infra/aws/template.yaml",
        "--template-format",
        "yaml",
        "--stage",
        "any",
        str(built),
    )
    unpacked = out / "unpacked"
    with zipfile.ZipFile(built / "deployment.zip") as archive:
        archive.extractall(unpacked, [name for name in archive.namelist() if is_used(name)])
    _compile(unpacked)
    _zip(unpacked, out / CODE)
    (out / TEMPLATE).write_text(json.dumps(complete(built / "sam.yaml"), sort_keys=True, indent=1) + "\n")
    shutil.rmtree(built)
    shutil.rmtree(unpacked)
    size = (out / CODE).stat().st_size
    if size > BYTES_MAX:
        raise SystemExit(f"{out / CODE} has {size:,} bytes, over {BYTES_MAX:,}.")
    return digest(out)


def digest(out: Path = OUT) -> str:
    """What an artifact is called: the same for the same code and template."""
    return hashlib.sha256((out / CODE).read_bytes() + (out / TEMPLATE).read_bytes()).hexdigest()[:20]


def is_used(name: str) -> bool:
    """Whether a file of Chalice's zip is used at run time."""
    if name.startswith("botocore/data/"):
        service, _, rest = name.removeprefix("botocore/data/").partition("/")
        return not rest or (service in SERVICES and rest.endswith(_DESCRIBED))
    return not name.endswith("/") and not any(fnmatch(name, pattern) for pattern in UNUSED)


def complete(sam: Path) -> dict[str, Any]:
    """Chalice's template with what watches the stack."""
    template: dict[str, Any] = YAMLTemplateSerializer().load_template(sam.read_text(), str(sam))
    template["Resources"] |= alarms.resources()
    for each in template["Resources"].values():
        if each["Type"] == "AWS::Serverless::Function":
            each["Properties"]["CodeUri"] = CODE
            # Of the stage that Chalice thinks of; stages are told apart by the stack's own tags.
            each["Properties"].pop("Tags", None)
    return template


def _compile(folder: Path) -> None:
    """Compile every module so that it is loaded without a look at its source."""
    options = ("-q", "-j1", "--invalidation-mode", "unchecked-hash", "-s", str(folder), "-p", TASK)
    # Sets are written in the order of their hashes.
    _run(sys.executable, "-m", "compileall", *options, str(folder), PYTHONHASHSEED="0")


def _zip(folder: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, path.read_bytes())


def _run(*command: str, **environment: str) -> None:
    found = {"AWS_DEFAULT_REGION": "us-east-1", **os.environ, **environment}
    found["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{found['PATH']}"
    done = subprocess.run(command, cwd=ROOT, env=found, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{command[0]} failed:\n{done.stdout}{done.stderr}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT)
    out = parser.parse_args().out
    name = package(out)
    print(f"{name}  {(out / CODE).stat().st_size:,} bytes of code  {out}")


if __name__ == "__main__":
    main()
