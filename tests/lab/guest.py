#!/usr/bin/python3
"""A guest with Debian's kernel, for what the machine's own kernel lacks: QEMU without KVM, booted in some 5 seconds.

The guest's root is the host's, read-only, under an overlay in memory: it runs the host's binaries and sees the tree at
its own path.  One directory (the share) is writable through to the host; output and exit status come back there.

    guest.py COMMAND...            runs it in the guest
    guest.py --choose COMMAND...   runs it here if this kernel has the overlay's devices, else in the guest
    guest.py --which               says which it would be, and why
"""
import argparse
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
STATE = TOP / "build" / "lab"
VIRTIOFSD = ["/usr/lib/qemu/virtiofsd", "/usr/libexec/virtiofsd"]
MODULES = ["virtio_pci", "virtio_console", "virtiofs", "overlay"]
N_DOORS = 4  # virtio-serial ports through which a shell can be opened later
BOOT_DEADLINE = 120  # seconds to the first sign of life
# norandmaps makes short processes 4 times faster under TCG; the 6.12 kernels crash with cx16 and la57.
CMDLINE = "console=ttyS0 quiet norandmaps nokaslr mitigations=off tsc=reliable no_timer_check panic=-1"
CPU = "max,-cx16,-la57"

# What the lab needs of a kernel, as ip(8) commands for an empty namespace.
DEVICES = {
    "vrf": "link add wt-vrf type vrf table 10",
    "bridge with VLAN filtering": "link add wt-br type bridge vlan_filtering 1",
    "dummy": "link add wt-dum type dummy",
    "gre": "link add wt-gre type gre local 127.0.0.1 remote 127.0.0.2",
    "vxlan": "link add wt-vx type vxlan id 4 dstport 4789 nolearning",
    "veth": "link add wt-v0 type veth peer name wt-v1",
}


class GuestError(Exception):
    pass


def missing_devices():
    """The kinds of device that cannot be made here."""
    missing = []
    for kind, command in DEVICES.items():
        p = subprocess.run(["unshare", "-n", "ip", *command.split()], capture_output=True, text=True)
        if p.returncode:
            missing.append(kind)
    return missing


def which():
    """("direct" or "guest", why)"""
    forced = os.environ.get("WEFT_LAB")
    if forced in ("direct", "guest"):
        return forced, "WEFT_LAB says so"
    missing = missing_devices()
    if missing:
        return "guest", f"this kernel ({os.uname().release}) cannot make: {', '.join(missing)}"
    return "direct", f"this kernel ({os.uname().release}) has all that is needed"


def kernel_find():
    """Version of the newest installed Debian kernel, cloud kernels first."""
    found = [p.name.removeprefix("vmlinuz-") for p in pathlib.Path("/boot").glob("vmlinuz-*-amd64")]
    found = [v for v in found if pathlib.Path("/lib/modules", v).is_dir()]
    if not found:
        raise GuestError("no kernel in /boot: install linux-image-cloud-amd64")
    return max(found, key=lambda v: ("cloud" in v, [int(n) for n in v.split("-")[0].split(".")], v))


def modules_of(kernel):
    """Paths of the modules that the first steps need, in the order of loading."""
    paths = []
    for module in MODULES:
        out = subprocess.run(["modprobe", "-S", kernel, "--show-depends", module], capture_output=True, text=True)
        if out.returncode:
            raise GuestError(f"modprobe: {out.stderr.strip()}")
        for line in out.stdout.splitlines():
            words = line.split()
            if words[0] == "insmod" and words[1] not in paths:
                paths.append(words[1])
    return paths


INIT = """#!/bin/busybox sh
export PATH=/bin
/bin/busybox mkdir -p /proc /sys /dev /ro /rw /new /bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for m in @MODULES@; do insmod /modules/$m || echo "init: insmod $m failed"; done
mount -t virtiofs -o ro hostroot /ro || { echo "init: no host root"; reboot -f; }
mount -t tmpfs -o size=75% rw /rw
mkdir /rw/up /rw/work
mount -t overlay -o lowerdir=/ro,upperdir=/rw/up,workdir=/rw/work overlay /new
for d in dev proc sys; do mount --move /$d /new/$d; done
mount -t tmpfs -o mode=755 run /new/run
mkdir -p /new@SHARE@
mount -t virtiofs share /new@SHARE@ || { echo "init: no share"; reboot -f; }
exec switch_root /new /bin/sh @SHARE@/job
"""

# cgroups and /dev/pts as an ordinary boot would have them; sysrq because a plain poweroff waits for init.
JOB = """#!/bin/sh
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs shm /dev/shm
ip link set lo up
echo 1 >@SHARE@/booted
cd @CWD@
@EXPORTS@
setsid @COMMAND@ </dev/null >@SHARE@/stdout 2>@SHARE@/stderr
echo $? >@SHARE@/status.new
mv @SHARE@/status.new @SHARE@/status
sync
echo b >/proc/sysrq-trigger
sleep 10
"""


def initramfs_make(directory, kernel, share):
    root = directory / "initramfs"
    (root / "bin").mkdir(parents=True)
    (root / "modules").mkdir()
    shutil.copy("/bin/busybox", root / "bin/busybox")
    names = []
    for path in modules_of(kernel):
        shutil.copy(path, root / "modules")
        names.append(os.path.basename(path))
    init = INIT.replace("@MODULES@", " ".join(names)).replace("@SHARE@", str(share))
    (root / "init").write_text(init)
    (root / "init").chmod(0o755)
    image = directory / "initramfs.cpio"
    listing = "\n".join(str(p.relative_to(root)) for p in sorted(root.rglob("*")))
    with open(image, "wb") as f:
        subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], cwd=root, input=listing.encode(), stdout=f, check=True)
    return image


def follow(directory, alive, stop=None):
    """Copies the files stdout and stderr of the directory to ours as they grow, until its file `status` says how it
    ended, or the file `stop` is there (then None).  alive() raises when there is nothing to wait for."""
    tails = [(directory / "stdout", sys.stdout.buffer, [0]), (directory / "stderr", sys.stderr.buffer, [0])]

    def copy():
        for path, to, at in tails:
            if not path.exists():
                continue
            with open(path, "rb") as f:
                f.seek(at[0])
                data = f.read()
            if data:
                at[0] += len(data)
                to.write(data)
                to.flush()

    while True:
        done = (directory / "status").exists()
        stopped = stop is not None and stop.exists()
        copy()
        if done:
            return int((directory / "status").read_text())
        if stopped:
            return None
        alive()
        time.sleep(0.05)


class Guest:
    """A booted guest that runs one command.  Everything dies with this process, unless keep() was called."""

    def __init__(self, command, env=None, share=None):
        self.command = [str(c) for c in command]
        self.env = env or {}
        STATE.mkdir(parents=True, exist_ok=True)
        self.share = pathlib.Path(share or tempfile.mkdtemp(prefix="share-", dir=STATE))
        self.private = pathlib.Path(tempfile.mkdtemp(prefix="weft-guest-"))  # short: paths of sockets
        self.helpers, self.qemu, self.kept = [], None, False

    def _spawn(self, argv, log):
        # pdeathsig: nothing outlives us, however we die
        wrapped = argv if self.kept else ["setpriv", "--pdeathsig", "KILL", *argv]
        with open(self.private / log, "wb") as f:
            p = subprocess.Popen(wrapped, stdin=subprocess.DEVNULL, stdout=f, stderr=f, start_new_session=True)
        self.helpers.append(p)
        return p

    def _virtiofsd(self, tag, source, cache):
        program = next((p for p in VIRTIOFSD if os.path.exists(p)), None)
        if not program:
            raise GuestError("no virtiofsd: install qemu-system-common")
        socket = self.private / f"{tag}.sock"
        self._spawn([program, f"--socket-path={socket}", "-o", f"source={source}", "-o", f"cache={cache}",
                     "-o", "sandbox=chroot"], f"virtiofsd-{tag}.log")
        return ["-chardev", f"socket,id={tag},path={socket}",
                "-device", f"vhost-user-fs-pci,queue-size=1024,chardev={tag},tag={tag}"]

    def _write_job(self):
        exports = "\n".join(f"export {k}={shlex.quote(v)}" for k, v in self.env.items())
        job = JOB.replace("@SHARE@", str(self.share)).replace("@CWD@", shlex.quote(os.getcwd()))
        job = job.replace("@EXPORTS@", exports).replace("@COMMAND@", shlex.join(self.command))
        (self.share / "job").write_text(job)
        for f in ("booted", "status", "stdout", "stderr"):
            (self.share / f).unlink(missing_ok=True)

    def boot(self, keep=False):
        self.kept = keep
        kernel = kernel_find()
        self._write_job()
        image = initramfs_make(self.private, kernel, self.share)
        shares = self._virtiofsd("hostroot", "/", "always") + self._virtiofsd("share", self.share, "none")
        doors = ["-device", "virtio-serial-pci"]
        for n in range(N_DOORS):
            doors += ["-chardev", f"socket,id=door{n},path={self.private}/door{n},server=on,wait=off",
                      "-device", f"virtserialport,chardev=door{n},name=door{n}"]
        deadline = time.monotonic() + 30
        while not all((self.private / f"{t}.sock").exists() for t in ("hostroot", "share")):
            if time.monotonic() > deadline:
                raise GuestError(f"virtiofsd did not start: see {self.private}")
            time.sleep(0.02)
        self.qemu = self._spawn([
            "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-machine", "pc", "-cpu", CPU, "-smp", "2",
            "-m", "2048", "-object", "memory-backend-memfd,id=mem,size=2048M,share=on", "-numa", "node,memdev=mem",
            "-kernel", f"/boot/vmlinuz-{kernel}", "-initrd", str(image), "-append", CMDLINE,
            "-display", "none", "-no-reboot", "-nodefaults", "-serial", f"file:{self.private}/console.log",
            *shares, *doors], "qemu.log")

    def wait(self, stop=None):
        """Copies the command's output here as it comes; its exit status, or None when `stop` (a path that the
        guest makes) is there first."""
        start = time.monotonic()

        def alive():
            if self.qemu.poll() is not None:
                raise GuestError("the guest died; its console ended with:\n" + self.console_tail())
            if not (self.share / "booted").exists() and time.monotonic() - start > BOOT_DEADLINE:
                raise GuestError(f"no sign of life after {BOOT_DEADLINE} s; its console:\n" + self.console_tail())
        return follow(self.share, alive, stop)

    def console_tail(self):
        parts = []
        for name in ("console.log", "qemu.log"):
            path = self.private / name
            text = path.read_text(errors="replace").strip() if path.exists() else ""
            lines = [l for l in text.splitlines() if not re.match(r"\[ +[0-9.]+\] ( |R[A-Z0-9]+:|Code)", l)]
            parts.append("\n".join(lines[-20:]))
        return "\n".join(parts)

    def close(self):
        for p in self.helpers:
            if p.poll() is None:
                p.kill()
            p.wait()
        shutil.rmtree(self.private, ignore_errors=True)
        for directory in [p for p in self.share.iterdir() if p.is_dir()]:  # logs of the nodes
            shutil.rmtree(STATE / directory.name, ignore_errors=True)
            directory.rename(STATE / directory.name)
        shutil.rmtree(self.share, ignore_errors=True)


def passed_on():
    """Environment that the guest's command gets."""
    names = ("PATH", "TERM", "PYTHONPATH", "srcdir", "ASAN_OPTIONS", "UBSAN_OPTIONS", "PYTHONDONTWRITEBYTECODE",
             "PYTHONUNBUFFERED")
    env = {k: v for k, v in os.environ.items() if k in names or k.startswith("WEFT_")}
    # Only Debian's own: another Python in front of it would be loaded through virtiofs for nothing.
    env["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return {"LC_ALL": "C.UTF-8", "HOME": "/root", **env, "WEFT_IN_GUEST": "1"}


def run(command):
    guest = Guest(command, passed_on())
    guest.env["WEFT_SHARE"] = str(guest.share)
    try:
        guest.boot()
        return guest.wait()
    finally:
        guest.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--choose", action="store_true")
    parser.add_argument("--which", action="store_true")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    args = parser.parse_args()
    if args.which:
        print(": ".join(which()))
        return 0
    if not args.command:
        parser.error("which command?")
    if args.choose and which()[0] == "direct":
        os.execvp(args.command[0], args.command)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return run(args.command)
    except GuestError as error:
        print(f"guest: {error}", file=sys.stderr)
        return 125
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
