#!/usr/bin/python3
"""Rules of the tree (doc/architecture.md): who may include whom, which file may use which library, what a pure core may
call, and that a file opens with its place in the story."""
import os
import pathlib
import re
import subprocess

from tap import main

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("WEFT_BUILD", TOP / "build"))
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')

# part -> parts whose headers it may include; a file belongs to the first part that its path starts with
PARTS = {
    "lib/base": ["lib/base"],
    "lib/sys": ["lib/sys", "lib/base"],
    "bgpd/core": ["bgpd/core", "lib/base"],
    "bgpd": ["bgpd", "bgpd/core", "lib/sys", "lib/base"],
    "overlayd/core": ["overlayd/core", "lib/base"],
    "overlayd": ["overlayd", "overlayd/core", "lib/sys", "lib/base"],
    "vtysh": ["vtysh", "lib/sys", "lib/base"],
}
# header -> the only files that may include it
LIBRARIES = {
    r"event2?/|event2?\.h|evutil\.h": r"lib/sys/loop\.c",
    r"libyang/": r"lib/sys/schema_build\.h",  # of what makes the table, no part of a program
    r"openssl/": r"lib/sys/crypto[a-z_]*\.c",
    r"libmnl/": r"lib/sys/netlink[a-z_]*\.c",
    r"histedit\.h|editline/": r"vtysh/[a-z_]+\.c",
}
PURE = ["lib/base", "bgpd/core", "overlayd/core"]
# Beside the compiler's own. <linux/...> holds numbers only: netlink's bytes are made in overlayd's core.
PURE_HEADERS = {"assert.h", "ctype.h", "errno.h", "inttypes.h", "limits.h", "stdalign.h", "stdarg.h", "stdbool.h",
                "stddef.h", "stdint.h", "stdio.h", "stdlib.h", "string.h", "strings.h", "arpa/inet.h", "netinet/in.h",
                "sys/mman.h", "sys/socket.h", "sys/types.h", "endian.h", "config.h", "net/if.h"}
PURE_HEADER_TREES = ("linux/",)

ARCHIVES = ["lib/libbase.a", "bgpd/libbgpcore.a", "overlayd/liboverlaycore.a"]
# What a core may call of the C library: memory, strings, sorting, formatting into memory, and the ways to stop.
ALLOWED = re.compile(r"""^(
    mem(cpy|move|set|cmp|chr|rchr|mem|pcpy) | (str|stp|raw)[a-z]+ | bcmp
  | (m|c|re)alloc | reallocarray | free | aligned_alloc | posix_memalign | mmap | munmap | madvise
  | v?snprintf | v?asprintf | qsort(_r)? | bsearch | abort | inet_(ntop|pton) | hton[sl] | ntoh[sl] | abs | labs
  | is[a-z]+ | to(upper|lower) | __ctype_(b|tolower|toupper)_loc
  | __assert_fail | __stack_chk_fail | __errno_location
  | __(mem|str|stp)[a-z]+_chk | __v?snprintf_chk | __explicit_bzero_chk | explicit_bzero | __isoc[0-9]+_strto[a-z]+
  | _GLOBAL_OFFSET_TABLE_ | __popcountdi2 | __[a-z]+[dt]i[0-9]
)$""", re.X)
DENIED = re.compile(r"^(strerror|strsignal|strftime|strptime|strfry|strtok)$")  # locale, static buffers, clock


def git(*args):
    return subprocess.run(["git", "-C", str(TOP), *args], capture_output=True, text=True)


def sources():
    """Every C file of the product, relative to the top; from git, or from the tree when it is no checkout."""
    listed = git("ls-files", "-co", "--exclude-standard", "*.c", "*.h").stdout.split()
    if not listed:
        listed = [str(p.relative_to(TOP)) for d in ("lib", "bgpd", "overlayd", "vtysh", "tests")
                  for p in (TOP / d).rglob("*.[ch]")]
    return sorted(f for f in listed if (TOP / f).exists())


def part_of(path):
    found = [p for p in PARTS if path.startswith(p + "/")]
    return max(found, key=len) if found else None


def includes(path):
    for number, line in enumerate((TOP / path).read_text(errors="replace").splitlines(), 1):
        m = INCLUDE.match(line)
        if m:
            yield number, m[1], m[2]


def complain(problems):
    assert not problems, f"{len(problems)} against the rules:\n" + "\n".join(problems)


def test_includes_between_parts():
    problems = []
    for path in sources():
        part = part_of(path)
        if not part:
            continue
        for number, quote, header in includes(path):
            if quote != '"' or header == "config.h":
                continue
            target = part_of(header)
            if target is None:
                if (TOP / header).exists() or not (TOP / path).parent.joinpath(header).exists():
                    continue  # generated (yang) or not ours
                problems.append(f"{path}:{number}: include {header} by its path from the top")
            elif target not in PARTS[part]:
                problems.append(f"{path}:{number}: {part} may not include {header}")
    complain(problems)


def test_libraries_stay_behind_their_doors():
    problems = []
    for path in sources():
        if not part_of(path):
            continue
        for number, _, header in includes(path):
            for pattern, allowed in LIBRARIES.items():
                if re.match(pattern, header) and not re.fullmatch(allowed, path):
                    problems.append(f"{path}:{number}: <{header}> belongs to {allowed} alone")
    complain(problems)


def test_cores_include_only_pure_headers():
    problems = []
    for path in sources():
        if part_of(path) not in PURE:
            continue
        for number, quote, header in includes(path):
            if quote == "<" and header not in PURE_HEADERS and not header.startswith(PURE_HEADER_TREES):
                problems.append(f"{path}:{number}: <{header}> in a pure part")
    complain(problems)


def test_cores_call_nothing_impure():
    """The undefined symbols of the pure archives, less what they define for each other."""
    defined, undefined = set(), {}
    for archive in ARCHIVES:
        out = subprocess.run(["nm", "-A", "-g", BUILD / archive], capture_output=True, text=True, check=True).stdout
        for line in out.splitlines():
            where, rest = line.split(":", 2)[1:]
            *_, kind, symbol = rest.split()
            if kind == "U":
                undefined.setdefault(symbol, set()).add(f"{archive}({where})")
            else:
                defined.add(symbol)
    problems = [f"{', '.join(sorted(where))}: {symbol}()" for symbol, where in sorted(undefined.items())
                if symbol not in defined and (DENIED.match(symbol) or not ALLOWED.match(symbol))
                and not symbol.startswith(("__asan_", "__ubsan_"))]
    complain(problems)


def test_cores_keep_no_state():
    """Nothing writable outlives a call: no symbol of the pure archives is in a writable section."""
    problems = []
    for archive in ARCHIVES:
        out = subprocess.run(["nm", "-A", BUILD / archive], capture_output=True, text=True, check=True).stdout
        for line in out.splitlines():
            fields = line.split(":", 2)
            *_, kind, symbol = fields[2].split()
            # .data.rel.ro (tables of pointers) also shows as d or D: it is looked at by section below
            if kind in "bBcC":
                problems.append(f"{archive}({fields[1]}): {symbol} is writable")
        out = subprocess.run(["objdump", "-t", BUILD / archive], capture_output=True, text=True, check=True).stdout
        for line in out.splitlines():
            m = re.match(r"^[0-9a-f]+ .{7} (\.data(?!\.rel\.ro)\S*)\s+[0-9a-f]+\s+(?:\.hidden )?(\S+)$", line)
            if m and not m[2].startswith("."):
                problems.append(f"{archive}: {m[2]} is writable ({m[1]})")
    complain(problems)


def test_files_say_what_they_are():
    """A C file opens with a comment of its own, before any code."""
    complain([f"{path}: does not open with its place in the story" for path in sources()
              if not (TOP / path).read_text(errors="replace").startswith("/*")])


def test_headers_are_guarded():
    problems = []
    for path in sources():
        if path.endswith(".h"):
            text = (TOP / path).read_text(errors="replace")
            m = re.search(r"^#ifndef (\w+)\n#define (\w+)$", text, re.M)
            if not m or m[1] != m[2]:
                problems.append(f"{path}: no include guard")
    complain(problems)


if __name__ == "__main__":
    main()
