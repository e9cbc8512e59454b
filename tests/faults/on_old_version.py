"""Run the fault tests on the version before the mending, where each must fail by its assertion.

python -m tests.faults.on_old_version [--version COMMIT] [FILE ...]

Without names of files, such as test_words.py, all are run.
"""

import argparse
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from xml.etree import ElementTree

HERE = Path(__file__).resolve().parent


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", default="af1ac78", help="commit of the old version (default: af1ac78)")
    parser.add_argument("files", nargs="*", help="files of tests (default: all)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = run_tests(options.version, options.files, Path(folder))
    for line, test, outcome in sorted(rows):
        print(f"{line:<5} {test:<90} {outcome}")
    n_failed = sum(outcome == "AssertionError" for _, _, outcome in rows)
    print(f"{n_failed} of {len(rows)} fail by their assertion")
    sys.exit(not 0 < n_failed == len(rows))


def run_tests(version, files, folder):
    """Return line of the list, name and outcome of each test; the outcome is the name of an error, or "passed"."""
    archive = subprocess.run(["git", "archive", version], cwd=HERE.parents[1], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(folder / "version", filter="data")
    shutil.copytree(HERE, folder / "faults")  # alone, without the tests and settings of either version
    environment = {**os.environ, "PYTHONPATH": str(folder / "version"), "TF_CPP_MIN_LOG_LEVEL": "3"}
    check_package(folder / "version", environment)
    report = folder / "report.xml"
    options = ["-q", "-c", os.devnull, "--rootdir", folder, "-p", "no:cacheprovider", f"--junit-xml={report}"]
    paths = [folder / "faults" / file for file in files or [""]]
    subprocess.run([sys.executable, "-m", "pytest", *options, *paths], cwd=folder, env=environment)
    return [read_case(case) for case in ElementTree.parse(report).iter("testcase")]


def check_package(version, environment):
    """Make sure that the tests import the old package."""
    code = "import skhybrid; print(skhybrid.__file__)"
    done = subprocess.run([sys.executable, "-c", code], cwd=version, env=environment, capture_output=True, text=True)
    if not done.stdout.startswith(str(version)):
        sys.exit(f"the tests would import {done.stdout.strip() or done.stderr} instead of the package in {version}")


def read_case(case):
    found = {each.get("name"): each.get("value") for each in case.iter("property")}
    return (
        found.get("line", "?"),
        f"{case.get('classname').split('.')[-1]}::{case.get('name')}",
        outcome_of(case, found),
    )


def outcome_of(case, found):
    if case.find("skipped") is not None:
        return "skipped"
    if case.find("error") is not None:
        return f"{found.get('error', 'error')} before or after the test"
    return found.get("error") or "passed"


if __name__ == "__main__":
    main()
