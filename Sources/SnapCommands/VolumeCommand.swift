internal import ArgumentParser
internal import SnapEngine
internal import SystemPackage

/// `snapctl volume`
struct VolumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "volume",
        abstract: "Look at the volumes that snapshots are taken of, and register them.",
        subcommands: [InspectCommand.self, VolumeAddCommand.self]
    )
}

/// `snapctl volume inspect`
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show what a volume is made of, who uses it, and how a snapshot of it can be of one point in time.",
        discussion: """
            Shows the layers from the volume down to the disks, the filesystems mounted from it, and each method of \
            --consistency: whether it is possible, what the image would be worth, and if not, why not and what would \
            help. Nothing is written to the volume. What is possible now may not be a minute later.

            EXAMPLES
              snapctl volume inspect /dev/vdb
              snapctl volume inspect /srv/images/web.img --output json
            """
    )

    @Argument(help: ArgumentHelp("A block device or an image file.", valueName: "path"), completion: .file())
    var path: String

    @OptionGroup var shared: SharedOptions

    func run() throws {
        if path.isEmpty { throw EngineError(.invalidParameter, "the path is empty") }
        let report = try Engine.inspect(FilePath(path), experiencedIn: try shared.configuration().root)
        try VolumeAnswer(report: report, path: path).print(as: shared.format)
    }
}
