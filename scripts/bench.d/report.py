"""What was measured, as Markdown for people and as one JSON object for machines."""

from dataclasses import dataclass
from statistics import median

from measure import MIB


@dataclass
class Target:
    name: str
    measured: str
    wanted: str
    met: bool


def row(program, work, costs, volume_bytes, stored_bytes=None, ratios=None):
    """One line of the table: medians over the runs. Keys are the JSON's."""
    seconds = median(cost.seconds for cost in costs)
    return {
        "Program": program,
        "Work": work,
        "RunCount": len(costs),
        "Seconds": round(seconds, 3),
        "SecondsMinimum": round(min(cost.seconds for cost in costs), 3),
        "SecondsMaximum": round(max(cost.seconds for cost in costs), 3),
        "MiBPerSecond": round(volume_bytes / MIB / seconds, 1),
        "CpuSeconds": round(median(cost.cpu_seconds for cost in costs), 2),
        "PeakByteCount": max(cost.peak_bytes for cost in costs),
        "StoredByteCount": stored_bytes,
        "YardstickRatio": ratio_of(ratios) if ratios else None,
    }


def ratio_of(ratios):
    return {"Median": round(median(ratios), 3), "Minimum": round(min(ratios), 3), "Maximum": round(max(ratios), 3)}


def table(rows):
    lines = [
        "| program | work | s | MiB/s of volume | CPU s | peak MiB | stored MiB | of the yardstick's rate (min–max) |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    return "\n".join(lines + [table_line(row) for row in rows])


def table_line(row):
    ratio = row["YardstickRatio"]
    cells = [
        row["Program"],
        row["Work"],
        f"{row['Seconds']:.2f}",
        f"{row['MiBPerSecond']:.0f}",
        f"{row['CpuSeconds']:.2f}",
        mib(row["PeakByteCount"]),
        mib(row["StoredByteCount"]),
        f"{ratio['Median']:.2f} ({ratio['Minimum']:.2f}–{ratio['Maximum']:.2f})" if ratio else "",
    ]
    return "| " + " | ".join(cells) + " |"


def mib(byte_count):
    return "" if byte_count is None else f"{byte_count / MIB:.0f}"


def target_lines(targets):
    return "\n".join(
        f"- {'met   ' if target.met else 'MISSED'} {target.name}: {target.measured} (target {target.wanted})"
        for target in targets
    )
