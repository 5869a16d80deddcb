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
    var tag: [String] = []

    @Option(
        help: ArgumentHelp(
            "What it was sold with, devpay or marketplace; may be repeated. Its snapshots get it, too.",
            valueName: "type=code"))
    var productCode: [String] = []

    @OptionGroup var shared: SharedOptions

    func run() throws {
        if path.isEmpty { throw EngineError(.invalidParameter, "the path is empty") }
        let (tags, codes) = (try tags(), try productCodes())
        let engine = try Engine.open(try shared.configuration(), creating: true)
        let volume = try engine.registerVolume(FilePath(path), tags: tags, productCodes: codes)
        try RegisteredVolumeAnswer(volume: volume, sighting: engine.sight(volume)).print(as: shared.format)
    }

    func tags() throws(EngineError) -> [SnapModel.Tag] {
        try tag.map { (text) throws(EngineError) in
            let (key, value) = try Self.halves(of: text, "tag", "key=value")
            return SnapModel.Tag(key: key, value: value)
        }
    }

    func productCodes() throws(EngineError) -> [ProductCode] {
        try productCode.map { (text) throws(EngineError) in
            let (type, code) = try Self.halves(of: text, "product-code", "devpay=code or marketplace=code")
            guard let kind = ProductCode.Kind(rawValue: type), !code.isEmpty else {
                throw Self.invalid(text, "product-code", "devpay=code or marketplace=code")
            }
            return ProductCode(code: code, type: kind)
        }
    }

    /// Before and after the first `=`.
    private static func halves(
        of text: String, _ option: String, _ form: String
    ) throws(EngineError) -> (String, String) {
        guard let place = text.firstIndex(of: "=") else { throw invalid(text, option, form) }
        return (String(text[..<place]), String(text[text.index(after: place)...]))
    }

    private static func invalid(_ text: String, _ option: String, _ form: String) -> EngineError {
        EngineError(.invalidParameter, "Value (\(text)) for parameter \(option) is invalid. Expected: \(form)")
    }
}

/// One volume: the fields of EBS, and what EBS does not know under `Snapctl`.
struct RegisteredVolumeAnswer: Answer {
    let volume: Volume
    let sighting: VolumeSighting

    var value: OutputValue { RegisteredVolumeFields.record(of: volume, sighting) }

    func writeTable(to output: OutputBuffer, style: Style, columnCount: Int?) {
        var facts: [(String, Table.Cell)] = [
            ("Volume", .init(volume.id.rawValue)), ("Path", .init(volume.path)),
            ("State", .init(sighting.state.rawValue)), ("Size", .init(HumanText.bytes(volume.byteCount))),
            ("Identity", .init("\(volume.identity.value) (\(volume.identity.strength.rawValue))")),
            ("Created", .init(volume.createTime.description)),
        ]
        if let source = volume.sourceSnapshot { facts.append(("Made from", .init(source.rawValue))) }
        if let points = sighting.attachment?.mountPoints, !points.isEmpty {
            facts.append(("Mounted at", .init(points.joined(separator: ", "))))
        }
        for tag in volume.tags { facts.append(("Tag", .init("\(tag.key)=\(tag.value)"))) }
        Table(facts: facts).write(to: output, style: style, columnCount: columnCount)
    }
}
