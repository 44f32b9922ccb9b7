#!/usr/bin/python3
"""Runs the test beds and says what held.  `./run test [FILTER...]` starts it after a build.

    unit wire conf sim     C programs of tests/BED/ (libcheck), from two builds: the usual one, and one with
                           AddressSanitizer and UBSan ("asan/...")
    fuzz                   every fuzz target over its corpus, from the same two builds
    build                  what must compile: clang with -Werror; and make distcheck
    house                  rules of the tree
    conf wire interop      also tests/BED/test_*.py
    lab                    tests/lab/test_*.py: kernel devices; in namespaces where the kernel has them, else in a guest

One line a test; logs in build/test-logs/.  A filter is part of a test's name, as these lines show it.
"""
import argparse
import concurrent.futures
import dataclasses
import fcntl
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
LOGS = TOP / "build" / "test-logs"
JOBS = max(1, os.cpu_count() or 1)
PYTHON = "/usr/bin/python3"
BUILDS = {  # name -> (directory, configure arguments, prefix of its tests' names)
    "gcc": ("build", None, ""),
    "asan": ("build-asan", ["--enable-sanitizers", "--enable-werror", "CC=gcc"], "asan/"),
    "clang": ("build-clang", ["--enable-werror", "CC=clang"], None),
}
# Deadlines in seconds, some ten times what a test needs on an idle machine.
DEADLINES = {"unit": 1500, "wire": 900, "conf": 1200, "sim": 1500, "fuzz": 900, "house": 300, "build": 2400,
             "interop": 1200, "lab": 1800}
ALONE = {"lab", "build"}  # beds whose tests use all cores by themselves


@dataclasses.dataclass
class Test:
    name: str
    argv: list
    cwd: pathlib.Path = TOP
    env: dict = dataclasses.field(default_factory=dict)

    @property
    def bed(self):
        return self.name.removeprefix("asan/").split("/")[0]

    @property
    def log(self):
        return LOGS / (self.name.replace("/", "-") + ".log")


@dataclasses.dataclass
class Result:
    test: Test
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    notes: list = dataclasses.field(default_factory=list)
    seconds: float = 0


TAP_LINE = re.compile(r"^(not ok|ok)\b\s*\d*\s*(.*)$")
running = set()
lock = threading.Lock()


def tap_count(result, text):
    """Adds the TAP lines of text; False if there are none."""
    seen = False
    for line in text.splitlines():
        m = TAP_LINE.match(line)
        if not m:
            continue
        seen = True
        what = m[2].lstrip("- ")
        if re.search(r"# SKIP", what, re.I):
            result.skipped += 1
            result.notes.append("skipped: " + what)
        elif m[1] == "ok":
            result.passed += 1
        else:
            result.failed += 1
            result.notes.append("failed: " + what)
    return seen


def last_line(text):
    lines = [l.strip() for l in text.splitlines() if l.strip()]
    return lines[-1][:200] if lines else "no output"


def run_test(test):
    """One program, its whole process group killed at the deadline; its cases counted."""
    result = Result(test)
    tap = test.log.with_suffix(".tap")
    for f in (tap, test.log):
        f.unlink(missing_ok=True)
    env = {**os.environ, "srcdir": str(TOP), "CK_TAP_LOG_FILE_NAME": str(tap), "CK_TIMEOUT_MULTIPLIER": "10",
           "WEFT_BUILD": str(TOP / "build"), "PYTHONPATH": f"{TOP}/tests:{TOP}/tests/lab",
           "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1",
           "ASAN_OPTIONS": "abort_on_error=1:detect_leaks=1", "UBSAN_OPTIONS": "print_stacktrace=1:abort_on_error=1",
           **test.env}
    start = time.monotonic()
    out = test.log.with_suffix(".out")
    with open(out, "w") as stdout, open(test.log, "w") as log:
        log.write("$ " + " ".join(map(str, test.argv)) + "\n")
        log.flush()
        p = subprocess.Popen(test.argv, cwd=test.cwd, env=env, stdin=subprocess.DEVNULL, stdout=stdout, stderr=log,
                             start_new_session=True)
        with lock:
            running.add(p)
        try:
            status = p.wait(DEADLINES[test.bed])
        except subprocess.TimeoutExpired:
            status = None
        finally:
            try:
                os.killpg(p.pid, signal.SIGKILL)  # also what a test left behind
            except ProcessLookupError:
                pass
            p.wait()
            with lock:
                running.discard(p)
    result.seconds = time.monotonic() - start
    printed = out.read_text(errors="replace")
    with open(test.log, "a") as log:
        log.write(printed)
    out.unlink()
    counted = tap_count(result, tap.read_text(errors="replace") if tap.exists() else printed)
    tap.unlink(missing_ok=True)
    if status is None:
        result.failed += 1
        result.notes.append(f"failed: killed after {DEADLINES[test.bed]} s")
    elif status == 77 and not counted:
        result.skipped = 1
        result.notes.append("skipped: " + last_line(test.log.read_text(errors="replace")))
    elif status != 0 and not result.failed:
        result.failed += 1
        how = f"signal {-status}" if status < 0 else f"status {status}"
        result.notes.append(f"failed: {how}: {last_line(test.log.read_text(errors='replace'))}")
    elif status == 0 and not counted:
        result.passed = 1
    return result


def report(result):
    t, parts = result.test, []
    for n, word in ((result.passed, "passed"), (result.failed, "failed"), (result.skipped, "skipped")):
        if n:
            parts.append(f"{n} {word}")
    head = "FAIL" if result.failed else "ok  " if result.passed else "skip"
    with lock:
        print(f"{head} {t.name}: {', '.join(parts) or 'nothing ran'} ({result.seconds:.1f} s)", flush=True)
        for note in result.notes:
            print(f"       {note}")
        if result.failed:
            print(f"       log: {t.log.relative_to(TOP)}", flush=True)


def compiler(name):
    return f"ccache {name}" if shutil.which("ccache") else name


def made(build, targets):
    """The commands that make targets of a build, configured first if it is not yet."""
    directory, arguments, _ = BUILDS[build]
    # One target after the other: two on one command line would be made by two makes at once, in the same files.
    commands = [f"make -s -j{JOBS} -C {directory} {t}" for t in ("all", targets)]
    if arguments is not None and not (TOP / directory / "Makefile").exists():
        quoted = " ".join(f"'CC={compiler(a[3:])}'" if a.startswith("CC=") else a for a in arguments)
        commands.insert(0, f"mkdir -p {directory} && (cd {directory} && ../configure -q {quoted})")
    return " && ".join(commands)


def listed_programs():
    out = subprocess.run(["make", "-s", "-C", TOP / "build", "list-tests"], capture_output=True, text=True)
    if out.returncode:
        sys.exit("driver: make list-tests failed:\n" + out.stderr)
    return [line for line in out.stdout.split() if line.startswith("tests/")]


def c_test(build, program):
    directory, _, prefix = BUILDS[build]
    name = prefix + program.removeprefix("tests/").replace("/test_", "/").replace("/fuzz_", "/")
    argv = [TOP / directory / program]
    if "/fuzz_" in program:
        argv.append(TOP / "tests/fuzz/corpus" / program.split("/fuzz_")[1])
    return Test(name, argv, cwd=TOP / directory)


def script_tests():
    for bed in ("house", "wire", "conf", "sim", "interop", "lab"):
        for path in sorted((TOP / "tests" / bed).glob("test_*.py")):
            name = f"{bed}/{path.stem.removeprefix('test_')}"
            start = [PYTHON, path]
            if bed == "lab":
                start = [PYTHON, TOP / "tests/lab/guest.py", "--choose", PYTHON, path]
            yield Test(name, start)


def build_tests():
    yield Test("build/clang", ["sh", "-c", made("clang", "tests")])
    yield Test("build/distcheck", ["sh", "-c", "make -s -j%d -C build distcheck DISTCHECK_CONFIGURE_FLAGS=\"CC='%s'\""
                                   % (JOBS, compiler("gcc"))])


def wanted(name, filters):
    return not filters or any(f in name for f in filters)


def make_programs(build, tests, helpers):
    """Builds the programs of these tests, and what scripts need; a failure is a failed test of its own."""
    if not tests and not helpers:
        return []
    directory = BUILDS[build][0]
    targets = " ".join(str(pathlib.Path(t.argv[0]).relative_to(TOP / directory)) for t in tests)
    targets += " test-helpers" if helpers else ""
    result = run_test(Test(f"build/{build}", ["sh", "-c", made(build, targets)]))
    report(result)
    return [result]


def run_all(tests):
    results = []
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        for future in concurrent.futures.as_completed([pool.submit(run_test, t) for t in tests if t.bed not in ALONE]):
            results.append(future.result())
            report(results[-1])
    for test in tests:
        if test.bed in ALONE:
            results.append(run_test(test))
            report(results[-1])
    return results


def kill_running(*_):
    for p in list(running):
        try:
            os.killpg(p.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    os._exit(130)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="print the names of the tests")
    parser.add_argument("filter", nargs="*", help="part of a test's name")
    args = parser.parse_args()
    signal.signal(signal.SIGINT, kill_running)
    signal.signal(signal.SIGTERM, kill_running)

    programs = listed_programs()
    c_tests = {b: [t for t in (c_test(b, p) for p in programs) if wanted(t.name, args.filter)] for b in ("gcc", "asan")}
    scripts = [t for t in (*script_tests(), *build_tests()) if wanted(t.name, args.filter)]
    names = [test.name for test in (*c_tests["gcc"], *c_tests["asan"], *scripts)]
    for f in args.filter:
        if not any(f in name for name in names):
            sys.exit(f"driver: no test's name contains '{f}'; all names: tests/driver.py --list")
    if args.list:
        print("\n".join(names))
        return 0
    LOGS.mkdir(parents=True, exist_ok=True)
    lock_file = open(LOGS / ".lock", "w")
    try:
        fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.exit("driver: tests of this tree are already running")
    start = time.monotonic()
    results = []
    tests = scripts
    for build, of_build in c_tests.items():
        made = make_programs(build, of_build, build == "gcc" and any(t.bed == "conf" for t in scripts))
        results += made
        if not any(r.failed for r in made):
            tests = tests + of_build
    results += run_all(tests)
    passed, failed, skipped = (sum(getattr(r, n) for r in results) for n in ("passed", "failed", "skipped"))
    print(f"{time.monotonic() - start:.0f} s; failed: " +
          (", ".join(sorted(r.test.name for r in results if r.failed)) or "none"))
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
