"""The two sides of every pair: snapctl and the yardstick."""

import json
import os
import shutil
import subprocess

from measure import run


class Snapctl:
    def __init__(self, path, root):
        self.path = path
        self.root = root

    def reset(self):
        shutil.rmtree(self.root, ignore_errors=True)

    def create(self, volume, *words, waits=True, **options):
        """The cost, to the end unless `waits` is false, and the snapshot's record."""
        whole = ["--wait"] if waits else []
        cost = self._run("create", "--volume", volume, "--output", "json", *whole, *words, **options)
        return cost, json.loads(cost.stdout)

    def start(self, verb, *arguments):
        """The program, left running; it says nothing."""
        line = [self.path, verb, *arguments, "--root", self.root]
        return subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def wait(self, snapshot):
        return self._run("wait", snapshot, cold=False)

    def restore(self, snapshot, target):
        return self._run("restore", snapshot, "--to", target, "--force")

    def verify(self, snapshot):
        return self._run("verify", snapshot)

    def list(self, **options):
        return self._run("list", "--output", "json", **options)

    def describe(self, *words):
        return self._run("describe-snapshots", *words, cold=False)

    def delete(self, snapshot, *options):
        return self._run("delete", snapshot, *options, cold=False)

    def version(self):
        return run([self.path, "--version"], cold=False)

    def _run(self, verb, *arguments, **options):
        return run([self.path, verb, *arguments, "--root", self.root], **options)


class Yardstick:
    def __init__(self, path, scratch, threads):
        self.path = path
        self.packs = os.path.join(scratch, "yardstick-packs")
        self.threads = str(threads)

    def hash(self, volume):
        return run([self.path, "hash", volume, self.threads])

    def pack(self, volume):
        shutil.rmtree(self.packs, ignore_errors=True)
        os.mkdir(self.packs)
        try:
            return run([self.path, "pack", volume, self.threads, self.packs])
        finally:
            shutil.rmtree(self.packs, ignore_errors=True)

    def write(self, volume, target):
        """Loading the blocks is no part of the work, so the seconds are the yardstick's own count."""
        cost = run([self.path, "write", volume, self.threads, target])
        cost.seconds = json.loads(cost.stdout)["seconds"]
        return cost
