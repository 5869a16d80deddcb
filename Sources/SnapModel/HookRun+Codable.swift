/// As the catalogue and the records of the store have it (docs/format.md, "Snapshot record").
extension HookRun: Codable {
    private enum CodingKeys: String, CodingKey {
        case name = "Name"
        case freeze = "Freeze"
        case freezeMicroseconds = "FreezeMicroseconds"
        case thaw = "Thaw"
    }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            name: try fields.decode(String.self, forKey: .name),
            freezeOutcome: try fields.decode(Outcome.self, forKey: .freeze),
            freezeDuration: .microseconds(try fields.decode(Int64.self, forKey: .freezeMicroseconds)),
            thawOutcome: try fields.decodeIfPresent(Outcome.self, forKey: .thaw))
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(name, forKey: .name)
        try fields.encode(freezeOutcome, forKey: .freeze)
        try fields.encode(freezeDuration.wholeMicroseconds, forKey: .freezeMicroseconds)
        try fields.encodeIfPresent(thawOutcome, forKey: .thaw)
    }
}
