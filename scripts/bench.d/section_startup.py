"""How long snapctl takes to say its version: what every command pays first."""

from statistics import median

from report import Target, row

RUN_COUNT = 30
SECONDS_LIMIT = 0.030


def measure(bench):
    costs = [bench.snapctl.version() for _ in range(RUN_COUNT)]
    seconds = median(cost.seconds for cost in costs)
    target = Target("start-up (--version)", f"{seconds * 1000:.0f} ms", "≤ 30 ms", seconds <= SECONDS_LIMIT)
    return {"Rows": [row("snapctl", "--version", costs, 0)], "Targets": [target]}
