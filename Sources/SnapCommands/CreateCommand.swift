internal import ArgumentParser
internal import SnapEngine
internal import SnapModel

/// `snapctl create`
struct CreateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Take a snapshot of a volume.",
        discussion: """
            Reads the volume and stores what nobody stored before. While it runs, others see the snapshot as pending \
            with its progress; it is completed once every byte is durable. Then its record is printed, as EBS prints \
            that of create-snapshot. Ctrl-C and SIGTERM end it as state error.

            With --consistency exclusive (the default) the volume must not be in use: it is claimed until it is read, \
            so that the image is of one point in time, and mounting it meanwhile fails. With none, a volume in use is \
            read as it is, and the record says for ever that the image is not of one point in time.

            EXAMPLES
              snapctl create --volume /dev/vdb --description "before the upgrade"
              snapctl create --volume-id vol-0123456789abcdef0 --output text
              snapctl create --volume disk.img --quiet
            """,
        aliases: ["create-snapshot"]
    )

    @Option(
        name: [.long, .customLong("volume-id")],
        help: ArgumentHelp(
            "A block device, an image file, or the vol- id of a volume that was imaged before.",
            valueName: "path-or-id"
        ),
        completion: .file()
    )
    var volume: String

    @Option(help: ArgumentHelp("What the snapshot is for: at most 255 characters.", valueName: "text"))
    var description = ""

    @Option(help: ArgumentHelp("How the point in time is made.", valueName: "method"))
    var consistency = ConsistencyMethod.exclusive

    @Flag(help: "Return when the snapshot is completed. This release always does.")
    var wait = false

    @Option(
        help: ArgumentHelp(
            "When a pack in the store counts as full, from 4M to 1G. Without it: 32M.",
            valueName: "size"
        )
    )
    var packSize: ByteSize?

    @OptionGroup var shared: SharedOptions

    func run() throws {
        let request = try request()
        let engine = try Engine.openForCreating(shared.configuration(packByteCount: packSize?.byteCount), request)
        let run = LongRun("create", tellsNew: true, isQuiet: shared.quiet)
        let snapshot = try run.cancellable { () throws(EngineError) in
            try engine.create(request, progress: run.progress, cancellation: run.cancellation) { pending in
                run.announce(pending.id.rawValue)
            }
        }
        try SnapshotAnswer(snapshot: snapshot).print(as: shared.format)
    }

    /// What is asked for, checked as far as that needs no look at the machine.
    func request() throws(EngineError) -> CreateRequest {
        // Characters as EBS counts them: Unicode scalars, whatever they take in UTF-8.
        guard description.unicodeScalars.count <= CreateRequest.descriptionLimit else {
            throw EngineError(
                .invalidParameter,
                "Value (\(description)) for parameter description is invalid. "
                    + "It exceeds \(CreateRequest.descriptionLimit) characters"
            )
        }
        return CreateRequest(
            volume: try Identifiers.volume(volume),
            description: description,
            consistency: consistency
        )
    }
}

extension ConsistencyMethod: ExpressibleByArgument {}
