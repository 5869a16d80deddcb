internal import ArgumentParser
internal import SnapEngine
internal import SnapModel
internal import SnapSystem

/// `snapctl create`
struct CreateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Take a snapshot of a volume, or of several at one instant.",
        discussion: """
            Fixes one instant of the volume, and answers with the pending record as soon as that is secured; a worker in \
            the background then stores what nobody stored before. From then on the volume may be written to, mounted and \
            unmounted: the snapshot keeps the bytes of its instant. Where they cannot be kept apart from the volume \
            (exclusive, freeze, none), create stays until all is read and stored, unless --no-wait. 'snapctl volume inspect' \
            shows which methods a volume allows:

              clone      an image file, or a loop device over one, on XFS, btrfs …
              lvm-thin   a thin logical volume: a temporary LVM snapshot
              lvm        a thick one; what is overwritten meanwhile needs a reserve
              exclusive  what is not in use: claimed until read; mounting it fails
              live       a mounted plain disk: copied in use, then frozen for an instant
              freeze     mounted filesystems: frozen until read, up to --max-freeze
              none       read as it is, and the record says so for ever

            auto takes the first of them that is possible, never none, and freeze only where the volume can be read in \
            time. Hooks bring databases to rest before, and wake them after. With several --volume, as EBS's \
            create-snapshots, all are taken at one instant, and all become completed or none.

            EXAMPLES
              snapctl create --volume /dev/vdb --description "before the upgrade"
              snapctl create --volume /dev/vdb --tag Name=web --tag Team=shop
              snapctl create --volume /dev/vg0/data --wait
              snapctl create --volume data.img --volume log.img --description "database"
              snapctl create --volume /dev/vdc1 --consistency freeze --max-freeze 60s
            """
    )

    @Option(
        name: [.long, .customLong("volume-id")],
        help: ArgumentHelp(
            "A block device, an image file, or the vol- id of a volume that was imaged before; may be repeated.",
            valueName: "path-or-id"
        ),
        completion: .file()
    )
    var volume: [String]

    @Option(help: ArgumentHelp("What the snapshot is for: at most 255 characters.", valueName: "text"))
    var description = ""

    @OptionGroup var tagging: TagArguments

    @Flag(
        help:
            "Only find out whether it could be done: whether the volume can be opened and frozen, and the store written to."
    )
    var dryRun = false

    @OptionGroup var options: CreateOptions

    func run() throws {
        let request = try request()
        let configuration = try options.configuration()
        if dryRun {
            return try DocumentAnswer(value: DryRunFields.value(of: try Engine.check(request, configuration)))
                .print(as: options.shared.format)
        }
        try SnapshotsAnswer.of(try options.carryOut(request)).print(as: options.shared.format)
        WorkerRun.resumeAfterCreate(configuration)
    }

    /// What is asked for, checked as far as that needs no look at the machine.
    func request() throws -> CreateRequest {
        try options.request(
            volumes: volume, description: description, tags: try tagging.tags(for: SnapshotID.resourceType))
    }
}

/// One snapshot as EBS's CreateSnapshot answers, several as CreateSnapshots does.
enum SnapshotsAnswer {
    static func of(_ snapshots: [Snapshot]) -> any Answer {
        snapshots.count == 1 ? SnapshotAnswer(snapshot: snapshots[0]) : SnapshotListAnswer(snapshots: snapshots)
    }
}

extension ConsistencyMethod: ExpressibleByArgument {}
