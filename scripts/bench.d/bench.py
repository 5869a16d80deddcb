"""The driver of scripts/bench, which gives it a scratch directory, the yardstick and the program."""

import argparse
import json
import os
import platform
import re
import sys
from dataclasses import asdict

import section_list
import section_live
import section_pairs
import section_records
import section_sizes
import section_sparse
import section_stall
import section_startup
from programs import Snapctl, Yardstick
from report import table, target_lines

SECTIONS = {
    "pairs": section_pairs.measure,
    "sizes": section_sizes.measure,
    "sparse": section_sparse.measure,
    "list": section_list.measure,
    "records": section_records.measure,
    "stall": section_stall.measure,
    "live": section_live.measure,
    "startup": section_startup.measure,
}
UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
QUICK_BYTES = 512 << 20


class Bench:
    """What every section is given."""

    def __init__(self, options):
        self.scratch = options.scratch
        self.is_quick = options.quick
        self.byte_count = QUICK_BYTES if options.quick else options.size
        self.run_count = 1 if options.quick else options.runs
        self.peer_run_count = 0 if options.quick or options.no_peers else options.peer_runs
        self.snapctl = Snapctl(options.snapctl, os.path.join(self.scratch, "root"))
        self.yardstick = Yardstick(options.yardstick, self.scratch, options.threads)

    @staticmethod
    def say(sentence):
        print(sentence, file=sys.stderr, flush=True)


def byte_count(text):
    match = re.fullmatch(r"(\d+)([KMGT]?)(i?B)?", text, re.IGNORECASE)
    size = int(match[1]) * UNITS[match[2].upper()] if match else 0
    if size == 0 or size % UNITS["M"]:
        raise argparse.ArgumentTypeError(f"not a size in whole MiB: {text} (such as 512M or 6G)")
    return size


def positive(text):
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"not a positive number: {text}")
    return int(text)


def parse():
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measures snapctl. Needs root.")
    parser.add_argument("--size", type=byte_count, default=byte_count("6G"), help="of the volume (default 6G)")
    parser.add_argument("--runs", type=positive, default=5, help="pairs for each kind of work (default 5)")
    parser.add_argument("--threads", type=positive, default=8, help="of the yardstick (default 8)")
    parser.add_argument("--quick", action="store_true", help="512M, one pair, no peers: only that all works")
    parser.add_argument("--only", action="append", choices=SECTIONS, help="this section (may be repeated)")
    parser.add_argument("--no-peers", action="store_true", help="leave the other programs out")
    parser.add_argument("--peer-runs", type=positive, default=1, help="of each peer's unchanged and restore")
    parser.add_argument("--json", metavar="FILE", help="write all figures there")
    parser.add_argument("--assert", dest="must_meet", action="store_true", help="fail when a target is missed")
    parser.add_argument("--snapctl", required=True, help="the program (default: built for release)")
    parser.add_argument("--scratch", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--yardstick", required=True, help=argparse.SUPPRESS)
    return parser.parse_args()


def machine():
    with open("/proc/cpuinfo") as file:
        model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), "")
    return {"Processor": model, "ProcessorCount": os.cpu_count(), "Kernel": platform.release()}


def measure_all(bench, names):
    """Each section's result. One that breaks is named, and the others still run."""
    results, broken = {}, []
    for name in names:
        try:
            results[name] = SECTIONS[name](bench)
        except Exception as error:  # said at once, counted in the exit status
            bench.say(f"section {name} broke: {type(error).__name__}: {error}")
            broken.append(name)
    return results, broken


def print_results(results):
    for name, result in results.items():
        print(f"\n### {name}\n\n{table(result['Rows'])}")
        if result["Targets"]:
            print("\n" + target_lines(result["Targets"]))


def write_json(path, bench, results):
    sections = {
        name: {**result, "Targets": [asdict(target) for target in result["Targets"]]}
        for name, result in results.items()
    }
    with open(path, "w") as file:
        json.dump({"Machine": machine(), "Quick": bench.is_quick, "Sections": sections}, file, indent=2)
        file.write("\n")


def main():
    options = parse()
    bench = Bench(options)
    results, broken = measure_all(bench, options.only or list(SECTIONS))
    print_results(results)
    if options.json:
        write_json(options.json, bench, results)
    missed = [target for result in results.values() for target in result["Targets"] if not target.met]
    return 1 if broken or (missed and options.must_meet) else 0


sys.exit(main())
