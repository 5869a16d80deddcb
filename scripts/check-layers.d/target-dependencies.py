"""Reads `swift package dump-package` on stdin; prints "target dependency" for each non-test target."""

import json
import sys


def dependency_name(dependency):
    """A dependency is {"byName" | "target" | "product": [name, ...]}."""
    return next(iter(dependency.values()))[0]


def main():
    for target in json.load(sys.stdin)["targets"]:
        if target["type"] == "test":
            continue
        for dependency in target["dependencies"]:
            print(target["name"], dependency_name(dependency))


main()
