internal import ArgumentParser
internal import SnapEngine
internal import SnapModel
internal import SystemPackage

/// What `create` and EC2's verbs for it have in common: how the point in time is made, and whether to stay.
struct CreateOptions: OwnOptions {
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

    /// Takes the snapshots, and answers when create does.
    func carryOut(_ request: CreateRequest) throws(EngineError) -> [Snapshot] {
        let configuration = try configuration()
        let run = LongRun("create", tellsNew: true, isQuiet: shared.quiet)
        return try WorkerRun(configuration: configuration, waits: wait, run: run).carryOut(.create(request))
    }

    func configuration() throws(EngineError) -> EngineConfiguration {
        try settings().configuration()
    }

    private func settings() throws(EngineError) -> Settings {
        if let packSize, !EngineConfiguration.packByteCountRange.contains(packSize.byteCount) {
            throw EngineError(
                .invalidParameter,
                "Value (\(packSize.byteCount)) for parameter pack-size is invalid. It is from 4M to 1G")
        }
        return try shared.settings([.packSize: packSize.map { "\($0.byteCount)" }])
    }

    /// What is asked for, checked as far as that needs no look at the machine. It has the default tags; those of the same
    /// keys that are given win.
    func request(
        volumes: [String], description: String, tags: [Tag]
    ) throws(EngineError) -> CreateRequest {
        // Characters as EBS counts them: Unicode scalars, whatever they take in UTF-8.
        guard description.unicodeScalars.count <= CreateRequest.descriptionLimit else {
            throw EngineError(
                .invalidParameter,
                "Value (\(description)) for parameter description is invalid. "
                    + "It exceeds \(CreateRequest.descriptionLimit) characters"
            )
        }
        let settings = try settings()
        return CreateRequest(
            volumes: try volumes.map { (text) throws(EngineError) in try Self.located(Identifiers.volume(text)) },
            description: description, tags: (settings.file?.defaultTags ?? []).setting(tags),
            options: try pointInTime.options(settings))
    }

    /// An id stays what it is; a file that is named like one is reached as `./vol-…`.
    private static func located(_ volume: String) -> String {
        VolumeID(volume) == nil ? PointInTimeArguments.absolute(volume).string : volume
    }
}
