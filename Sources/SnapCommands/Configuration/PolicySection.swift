internal import SnapEngine
internal import SnapModel

/// Tags in the configuration file: `{Key: value, …}`.
enum TagSection {
    static func tags(_ section: ConfigurationNode) throws(EngineError) -> [Tag] {
        var tags: [Tag] = []
        for (name, part) in try section.parts() {
            tags.append(Tag(key: name, value: part.isEmpty ? "" : try part.text()))
        }
        do throws(TagRules.Breach) { try TagRules.check(tags) } catch { throw section.failure(words(for: error)) }
        return Tag.sorted(tags)
    }

    /// A key without a value stands for any.
    static func selectors(_ section: ConfigurationNode) throws(EngineError) -> [TagSelector] {
        try section.parts().map { (name, part) throws(EngineError) in
            TagSelector(key: name, value: part.isEmpty ? nil : try part.text())
        }
    }

    private static func words(for breach: TagRules.Breach) -> String {
        switch breach {
        case .emptyKey: "a tag needs a key"
        case .keyTooLong(let key): "the key of a tag has at most \(TagRules.keyLimit) characters: \(key)"
        case .valueTooLong(let key, _): "the value of a tag has at most \(TagRules.valueLimit) characters: \(key)"
        case .reservedKey(let key): "keys that begin with \(TagRules.reservedPrefix) are reserved: \(key)"
        case .duplicateKey(let key): "the key \(key) is there twice"
        case .tooMany(let count): "a resource has at most \(TagRules.countLimit) tags, and these are \(count)"
        }
    }
}

/// `policies` of the configuration file.
enum PolicySection {
    private static let countRange = 0...100_000
    private static let countKeys = RetentionPeriod.allCases.map { "keep-\($0.rawValue)" }
    private static let withinKey = "keep-within"
    private static let all = "all"

    static func policies(_ section: ConfigurationNode) throws(EngineError) -> [RetentionPolicy] {
        try section.parts().map { (name, part) throws(EngineError) in try policy(name, part) }
    }

    private static func policy(_ name: String, _ section: ConfigurationNode) throws(EngineError) -> RetentionPolicy {
        guard isName(name) else {
            throw section.failure("the name of a policy has 1 to 64 of A–Z, a–z, 0–9, - and _")
        }
        let parts = try section.parts(named: ["volumes", "tags"] + countKeys + [withinKey])
        var policy = RetentionPolicy(name: name, rules: RetentionRules())
        if let volumes = parts["volumes"] {
            policy.volumes = try volumes.elements().map { (part) throws(EngineError) in try volume(part) }
        }
        if let tags = parts["tags"] { policy.tags = try TagSection.tags(tags) }
        for (period, key) in zip(RetentionPeriod.allCases, countKeys) {
            if let part = parts[key] { policy.rules[period] = try count(part) }
        }
        if let part = parts[withinKey] { policy.rules.within = try span(part) }
        guard !policy.volumes.isEmpty || !policy.tags.isEmpty else {
            throw section.failure("it says neither volumes nor tags; '*' stands for every volume")
        }
        guard !policy.rules.isEmpty else { throw section.failure("it keeps nothing; give it a keep-… that is not 0") }
        return policy
    }

    private static func volume(_ part: ConfigurationNode) throws(EngineError) -> String {
        let text = try part.text()
        let isMeaningful = text == RetentionPolicy.everyVolume || text.hasPrefix("/") || VolumeID(text) != nil
        guard isMeaningful else { throw part.refusal(text, "it is a path that begins with /, an id vol-…, or \"*\"") }
        return text
    }

    private static func count(_ part: ConfigurationNode) throws(EngineError) -> Int {
        let text = try part.text()
        if text == all { return .max }
        guard let count = SettingKey.number(text, countRange) else {
            throw part.refusal(text, "it is a number up to \(countRange.upperBound), or all")
        }
        return count
    }

    private static func span(_ part: ConfigurationNode) throws(EngineError) -> CalendarSpan {
        let text = try part.text()
        guard let span = CalendarSpan(text) else {
            throw part.refusal(text, "it has years, months, weeks, days, hours as in 1y6mo2w7d12h")
        }
        return span
    }

    private static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.unicodeScalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0) || $0 == "-" || $0 == "_")
            }
    }
}
