internal import ArgumentParser
internal import SnapEngine
internal import SnapModel
internal import SnapSystem
internal import SystemPackage

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
              freeze     mounted filesystems: frozen until read, up to --max-freeze
              none       read as it is, and the record says so for ever

            auto takes the first of them that is possible, never none, and freeze only where the volume can be read in \
            time. Hooks bring databases to rest before, and wake them after. With several --volume, as EBS's \
            create-snapshots, all are taken at one instant, and all become completed or none.

            EXAMPLES
              snapctl create --volume /dev/vdb --description "before the upgrade"
              snapctl create --volume /dev/vg0/data --wait
              snapctl create --volume data.img --volume log.img --description "database"
              snapctl create --volume /dev/vdc1 --consistency freeze --max-freeze 60s
            """,
        aliases: ["create-snapshot", "create-snapshots"]
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

    @OptionGroup(title: "Point in time") var pointInTime: PointInTimeArguments

    @Flag(
        inversion: .prefixedNo,
        help: "Stay until it is completed, with a progress bar; or answer as soon as the point in time is secured.")
    var wait: Bool?

    @Option(
        help: ArgumentHelp(
            "When a pack in the store counts as full, from 4M to 1G. Without it: the configuration, else 32M.",
            valueName: "size"
        )
    )
    var packSize: ByteSize?

    @OptionGroup var shared: SharedOptions

    func run() throws {
        let settings = try settings()
        let configuration = try settings.configuration()
        let request = try request(settings)
        let run = LongRun("create", tellsNew: true, isQuiet: shared.quiet)
        let snapshots = try WorkerRun(configuration: configuration, waits: wait, run: run)
            .carryOut(.create(request))
        try SnapshotsAnswer.of(snapshots).print(as: shared.format)
        _ = WorkerRun.resumeInterrupted(configuration)
    }

    func settings() throws(EngineError) -> Settings {
        if let packSize, !EngineConfiguration.packByteCountRange.contains(packSize.byteCount) {
            throw EngineError(
                .invalidParameter,
                "Value (\(packSize.byteCount)) for parameter pack-size is invalid. It is from 4M to 1G")
        }
        return try shared.settings([.packSize: packSize.map { "\($0.byteCount)" }])
    }

    /// What is asked for, checked as far as that needs no look at the machine.
    func request(_ settings: Settings) throws(EngineError) -> CreateRequest {
        // Characters as EBS counts them: Unicode scalars, whatever they take in UTF-8.
        guard description.unicodeScalars.count <= CreateRequest.descriptionLimit else {
            throw EngineError(
                .invalidParameter,
                "Value (\(description)) for parameter description is invalid. "
                    + "It exceeds \(CreateRequest.descriptionLimit) characters"
            )
        }
        return CreateRequest(
            volumes: try volume.map { (text) throws(EngineError) in try Self.located(Identifiers.volume(text)) },
            description: description,
            options: try pointInTime.options(settings)
        )
    }

    /// An id stays what it is; a file that is named like one is reached as `./vol-…`.
    private static func located(_ volume: String) -> String {
        VolumeID(volume) == nil ? PointInTimeArguments.absolute(volume).string : volume
    }
}

/// One snapshot as EBS's CreateSnapshot answers, several as CreateSnapshots does.
enum SnapshotsAnswer {
    static func of(_ snapshots: [Snapshot]) -> any Answer {
        snapshots.count == 1 ? SnapshotAnswer(snapshot: snapshots[0]) : SnapshotListAnswer(snapshots: snapshots)
    }
}

extension ConsistencyMethod: ExpressibleByArgument {}
