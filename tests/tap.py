"""Tests written in Python: functions named test_* of one file, run in order, reported as TAP on standard output.

    from tap import main, skip
    def test_something(): assert 1 + 1 == 2
    if __name__ == "__main__": main()

A test fails by raising, and is skipped by calling skip("reason").  What it prints goes to standard error, so to the
test's log.  `FILE.py NAME...` runs only the named functions."""
import contextlib
import inspect
import sys
import time
import traceback


class Skipped(Exception):
    pass


def skip(reason):
    raise Skipped(reason)


def run(tests, out):
    """Runs (name, function) pairs; returns the number of failures."""
    failed = 0
    print(f"1..{len(tests)}", file=out, flush=True)
    for number, (name, function) in enumerate(tests, 1):
        start = time.monotonic()
        word, note = "ok", ""
        print(f"---- {name}", file=sys.stderr, flush=True)
        try:
            with contextlib.redirect_stdout(sys.stderr):
                function()
        except Skipped as reason:
            note = f" # SKIP {reason}"
        except Exception as error:  # any failure is this test's alone
            traceback.print_exc()
            word, failed = "not ok", failed + 1
            text = str(error).strip().split("\n")[0]
            note = f" # {type(error).__name__}{': ' + text if text else ''}"
        print(f"{word} {number} - {name} ({time.monotonic() - start:.1f} s){note}", file=out, flush=True)
    return failed


def main():
    module = sys.modules["__main__"]
    tests = [(n, f) for n, f in vars(module).items() if n.startswith("test_") and inspect.isfunction(f)]
    if sys.argv[1:]:
        tests = [(n, f) for n, f in tests if n in sys.argv[1:]]
    sys.exit(1 if run(tests, sys.stdout) else 0)
