internal import ArgumentParser
internal import SnapEngine
internal import SnapModel
internal import SystemPackage

/// `snapctl volume add`
struct VolumeAddCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Register a volume, before any snapshot of it is taken.",
        discussion: """
            The volume gets an id, vol-…, or keeps the one that it has: it is known again by what identifies it, wherever \
            its path is by then. Tags and product codes are given to it beside those that it has. It is only looked at. \
            Whoever takes a snapshot of a volume registers it, too.

            EXAMPLES
              snapctl volume add /dev/vdb
              snapctl volume add /srv/images/web.img --tag Name=web --tag env=production
              snapctl volume add /dev/vdc --product-code marketplace=abcdef123456
            """
    )

    @Argument(help: ArgumentHelp("A block device or an image file.", valueName: "path"), completion: .file())
    var path: String

    @Option(help: ArgumentHelp("A tag for it; may be repeated.", valueName: "key=value"))
    var tag: [TagWord] = []

    @Option(
        help: ArgumentHelp(
            "What it was sold with, devpay or marketplace; may be repeated. Its snapshots get it, too.",
            valueName: "type=code"))
    var productCode: [String] = []

    @OptionGroup var shared: SharedOptions

    func run() throws {
        if path.isEmpty { throw EngineError(.invalidParameter, "the path is empty") }
        let codes = try productCodes()
        // Before a root is made for it.
        let configuration = try shared.configuration()
        _ = try Engine.inspect(FilePath(path), experiencedIn: configuration.root)
        let engine = try Engine.open(configuration, creating: true)
        let volume = try engine.registerVolume(FilePath(path), tags: tag.map(\.tag), productCodes: codes)
        try VolumeRecordAnswer(DescribedVolume(volume: volume, sighting: engine.sight(volume))).print(as: shared.format)
    }

    func productCodes() throws(EngineError) -> [ProductCode] {
        try productCode.map { (text) throws(EngineError) in
            let words = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard words.count == 2, let kind = ProductCode.Kind(rawValue: words[0]), !words[1].isEmpty else {
                throw EngineError(
                    .invalidParameter,
                    "Value (\(text)) for parameter product-code is invalid. Expected: devpay=code or marketplace=code")
            }
            return ProductCode(code: words[1], type: kind)
        }
    }
}
