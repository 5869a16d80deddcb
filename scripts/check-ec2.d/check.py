"""The driver of scripts/check-ec2: runs every verb of EC2 on a scratch root and holds its answers against the model."""

import argparse
import io
import json
import os
import subprocess
import sys

import botocore.session
import yaml
from awscli.text import format_text
from botocore import xform_name
from shapes import misfits, skeleton_misfits

# In the order in which they can be run; {s}: a snapshot, {v}: its volume, {d}: the scratch directory.
RUNS = [
    ("CreateSnapshot", "--volume {d}/disk.img --description one --wait"
     " --tag-specifications ResourceType=snapshot,Tags=[{{Key=Name,Value=web}},{{Key=Team,Value=}}]"),
    ("CreateSnapshots", "--volume {d}/disk.img {d}/other.img --description two --wait"),
    ("DescribeSnapshots", ""),
    ("DescribeSnapshots", "--snapshot-ids {s}"),
    ("DescribeSnapshots", "--filters Name=tag:Name,Values=w* Name=status,Values=completed --owner-ids self"),
    ("DescribeSnapshots", "--filters Name=tag-key,Values=none"),
    ("CreateTags", "--resources {s} {v} --tags Key=Stage,Value=test Key=Empty,Value="),
    ("DescribeTags", ""),
    ("DescribeTags", "--filters Name=resource-type,Values=volume"),
    ("DeleteTags", "--resources {s} --tags Key=Empty"),
    ("DescribeVolumes", ""),
    ("DescribeVolumes", "--filters Name=tag:Stage,Values=test"),
    ("CreateVolume", "--snapshot-id {s} --to {d}/restored.img --availability-zone us-east-1a"
     " --tag-specifications ResourceType=volume,Tags=[{{Key=Name,Value=copy}}]"),
    ("DescribeVolumes", "--filters Name=snapshot-id,Values={s}"),
    ("ModifySnapshotAttribute", "--snapshot-id {s} --attribute createVolumePermission --operation-type add"
     " --user-ids 123456789012 --group-names all"),
    ("DescribeSnapshotAttribute", "--snapshot-id {s} --attribute createVolumePermission"),
    ("DescribeSnapshotAttribute", "--snapshot-id {s} --attribute productCodes"),
    ("ModifySnapshotAttribute", "--snapshot-id {s} --create-volume-permission Remove=[{{Group=all}}]"),
    ("ResetSnapshotAttribute", "--snapshot-id {s} --attribute createVolumePermission"),
    ("LockSnapshot", "--snapshot-id {s} --lock-mode compliance --lock-duration 5 --cool-off-period 3"),
    ("DescribeLockedSnapshots", ""),
    ("DescribeLockedSnapshots", "--filters Name=lock-state,Values=compliance-cooloff"),
    ("UnlockSnapshot", "--snapshot-id {s}"),
    ("DeleteSnapshot", "--snapshot-id {s}"),
    ("ListSnapshotsInRecycleBin", ""),
    ("RestoreSnapshotFromRecycleBin", "--snapshot-id {s}"),
]
READING = ("Describe", "List")


class Check:
    def __init__(self, program, scratch):
        self.program = program
        self.scratch = scratch
        self.model = botocore.session.get_session().get_service_model("ec2")
        self.environment = {**os.environ, "SNAPCTL_ROOT": os.path.join(scratch, "root"), "SNAPCTL_OWNER_ID": "012345678910"}
        self.names = {"d": scratch, "s": "", "v": ""}
        self.failures = []
        self.count = 0

    def expect(self, truth, sentence):
        self.count += 1
        if not truth:
            self.failures.append(sentence)

    def run(self, operation, *words):
        verb = xform_name(operation, "-")
        done = subprocess.run(
            [self.program, "ec2", verb, *words], env=self.environment, capture_output=True, text=True, timeout=120)
        self.expect(done.returncode == 0, f"{verb} {' '.join(words)}: status {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def hold_skeletons(self, operation):
        model = self.model.operation_model(operation)
        sample = json.loads(self.run(operation, "--generate-cli-skeleton"))
        for sentence in skeleton_misfits(model.input_shape, sample):
            self.expect(False, f"{operation}, skeleton of the input: {sentence}")
        answer = json.loads(self.run(operation, "--generate-cli-skeleton", "output"))
        for sentence in skeleton_misfits(model.output_shape, answer, are_names=True) if model.output_shape else []:
            self.expect(False, f"{operation}, skeleton of the output: {sentence}")

    def hold_answer(self, operation, arguments):
        model = self.model.operation_model(operation)
        words = arguments.format(**self.names).split()
        text = self.run(operation, *words)
        if not model.output_shape:
            return self.expect(text == "", f"{operation} has no answer in the model, and said: {text}")
        try:
            answer = json.loads(text)
        except json.JSONDecodeError:
            return self.expect(False, f"{operation}: no JSON: {text[:200]}")
        wrong = list(misfits(model.output_shape, answer))
        self.expect(not wrong, f"{operation} {arguments}: {'; '.join(wrong)}")
        if operation == "CreateSnapshot":
            self.names.update(s=answer["SnapshotId"], v=answer["VolumeId"])
        if operation.startswith(READING):
            self.hold_formats(operation, words, answer)

    def hold_formats(self, operation, words, answer):
        expected = io.StringIO()
        format_text(answer, expected)
        text = self.run(operation, *words, "--output", "text")
        self.expect(text == expected.getvalue(), f"{operation} as text:\n{text}\nnot\n{expected.getvalue()}")
        data = yaml.safe_load(self.run(operation, *words, "--output", "yaml"))
        self.expect(data == answer, f"{operation} as YAML: {data} not {answer}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--snapctl", required=True)
    parser.add_argument("--scratch", required=True)
    options = parser.parse_args()
    for name in ["disk.img", "other.img"]:
        with open(os.path.join(options.scratch, name), "wb") as image:
            image.write(os.urandom(1 << 20))
            image.truncate(8 << 20)
    check = Check(options.snapctl, options.scratch)
    for operation in dict.fromkeys(name for name, _ in RUNS):
        check.hold_skeletons(operation)
    for operation, arguments in RUNS:
        check.hold_answer(operation, arguments)
    for failure in check.failures:
        print(f"FAILED {failure}", file=sys.stderr)
    print(f"EC2's model: {check.count - len(check.failures)} of {check.count} hold")
    return 1 if check.failures else 0


sys.exit(main())
