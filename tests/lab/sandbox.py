"""A place of its own for a lab: network, mount and process namespaces that vanish with the process that entered.

enter() starts this program again as process 1 of new namespaces, with an empty /run.  Whatever it starts dies with it,
also on kill -9 and Ctrl-C, and names of network namespaces or of FRR's sockets can't clash with those of others."""
import ctypes
import os
import signal
import sys

libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
MS_BIND = 4096
MNT_DETACH = 2
MARK = "WEFT_SANDBOXED"


def check(result):
    if result < 0:
        errno = ctypes.get_errno()
        raise OSError(errno, os.strerror(errno))
    return result


def setns(fd):
    check(libc.setns(fd, CLONE_NEWNET))


def mount(source, target, kind, flags=0, data=None):
    encode = lambda s: s.encode() if s is not None else None
    check(libc.mount(encode(source), encode(target), encode(kind), flags, encode(data)))


def netns_make(name):
    """A network namespace that `ip netns` knows by this name; returns a descriptor of it."""
    path = f"/run/netns/{name}"
    os.close(os.open(path, os.O_CREAT | os.O_RDONLY))
    pid = os.fork()
    if pid == 0:
        try:
            check(libc.unshare(CLONE_NEWNET))
            mount("/proc/self/ns/net", path, None, MS_BIND)
            os._exit(0)
        finally:
            os._exit(1)
    if os.waitpid(pid, 0)[1]:
        raise OSError(f"cannot make the network namespace {name}: root is needed")
    return os.open(path, os.O_RDONLY)


def netns_drop(name):
    path = f"/run/netns/{name}"
    check(libc.umount2(path.encode(), MNT_DETACH))
    os.unlink(path)


def enter():
    """Returns in the process that is process 1 of the new namespaces."""
    if os.environ.pop(MARK, None) != "1":
        if os.geteuid() != 0:
            sys.exit("root is needed: the lab makes network namespaces")
        os.environ[MARK] = "1"
        unshare = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
        sys.stdout.flush()
        os.execvp("unshare", [*unshare, sys.executable, *sys.argv])
    # As process 1 only signals with a handler arrive.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    mount("run", "/run", "tmpfs", 0, "mode=755")
    for d in ("/run/netns", "/run/frr", "/run/lock", "/run/weft"):
        os.makedirs(d, exist_ok=True)
