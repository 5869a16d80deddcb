internal import ArgumentParser

/// The root of the commands.
struct Snapctl: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapctl",
        abstract: "EBS-style snapshots of block devices, on your own machine.",
        discussion: """
            A snapshot is a point-in-time image of a volume: a block device, a partition, a loop device or an image \
            file. Only the 512 KiB blocks that nobody stored before are stored; every snapshot is complete, and none \
            depends on another.

            EXAMPLES
              snapctl create --volume /dev/vdb --description nightly
              snapctl list
              snapctl restore snap-0123456789abcdef0 --to /dev/vdc
              snapctl verify snap-0123456789abcdef0

            VERBS OF EC2
              As 'aws ec2' has them, with its options, answers and errors; 'ec2' may stand before them:
            \(OperationTable.summary)

            COMPLETIONS
              snapctl --generate-completion-script bash > /etc/bash_completion.d/snapctl
              (also zsh and fish)

            EXIT STATUS
            \(ErrorTable.summary)
            """,
        version: Version.text,
        subcommands: [
            CreateCommand.self, ListCommand.self, WaitCommand.self, CancelCommand.self, ResumeCommand.self,
            DeleteCommand.self, BinCommand.self, TagCommand.self, UntagCommand.self, LockCommand.self,
            UnlockCommand.self,
            RestoreCommand.self, VerifyCommand.self, DiffCommand.self, VolumeCommand.self, DoctorCommand.self,
            BenchmarkCommand.self, CatalogueCommand.self, WorkerCommand.self, FreezerCommand.self,
        ]
    )
}

/// What `--version` prints.
enum Version {
    static let text = "0.1.0"
}
