"""Runs a command with no more system calls and capabilities than a unit of systemd leaves it: confined.py UNIT COMMAND …

Which system calls are in a set, systemd-analyze tells. They are refused by libseccomp, as systemd does it.
"""

import ctypes
import os
import re
import subprocess
import sys

# seccomp.h
ALLOW, REFUSE = 0x7FFF0000, 0x00050000
# linux/prctl.h
PR_SET_NO_NEW_PRIVS = 38
EPERM = 1


def words(unit, key):
    """The words of all lines of a key."""
    return " ".join(re.findall(rf"^{key}=(.*)$", unit, re.MULTILINE)).split()


def calls(word):
    """The names of the system calls that a word of SystemCallFilter= stands for."""
    if not word.startswith("@"):
        return {word}
    told = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager", word], check=True, capture_output=True,
                          text=True).stdout
    return set().union(*(calls(name) for name in re.findall(r"^    ([@a-z]\S*)$", told, re.MULTILINE)))


def refuse_all_but(names):
    """From now on, in this process and those that it starts."""
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    rules = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(REFUSE | EPERM)))
    for name in names:
        number = library.seccomp_syscall_resolve_name(name.encode())
        # Negative: another processor's, or of a kernel to come.
        if number >= 0 and library.seccomp_rule_add(rules, ctypes.c_uint32(ALLOW), number, 0) != 0:
            sys.exit(f"{name} cannot be allowed")
    if ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 or library.seccomp_load(rules) != 0:
        sys.exit("system calls cannot be refused here")


def main(path, command):
    with open(path, encoding="utf-8") as file:
        unit = file.read()
    names = set().union(*(calls(word) for word in words(unit, "SystemCallFilter")))
    kept = [word.removeprefix("CAP_").lower() for word in words(unit, "CapabilityBoundingSet")]
    if not names or not kept:
        sys.exit(f"{path} does not confine")
    refuse_all_but(names)
    bounds = ",".join(["-all"] + ["+" + name for name in kept])
    os.execvp("setpriv", ["setpriv", f"--bounding-set={bounds}", "--inh-caps=-all", "--no-new-privs", "--", *command])


main(sys.argv[1], sys.argv[2:])
