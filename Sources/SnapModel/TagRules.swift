/// Which tags a resource may have: the limits of EBS. Lengths are in Unicode characters (scalars), not bytes.
package enum TagRules {
    package static let keyLimit = 127
    package static let valueLimit = 255
    package static let countLimit = 50
    /// In any case: for the provider's own tags.
    package static let reservedPrefix = "aws:"

    package enum Breach: Error, Hashable, Sendable {
        case emptyKey
        case keyTooLong(String)
        case valueTooLong(key: String, value: String)
        case reservedKey(String)
        case duplicateKey(String)
        case tooMany(Int)
    }

    /// What is wrong with tags that are asked for at once; they may be fewer than the resource will have.
    package static func check(_ tags: [Tag]) throws(Breach) {
        var keys: Set<[UInt8]> = []
        for tag in tags {
            try check(tag)
            guard keys.insert(Array(tag.key.utf8)).inserted else { throw .duplicateKey(tag.key) }
        }
        try checkCount(tags.count)
    }

    package static func checkCount(_ count: Int) throws(Breach) {
        guard count <= countLimit else { throw .tooMany(count) }
    }

    package static func isReserved(_ key: String) -> Bool {
        let start = String.UnicodeScalarView(key.unicodeScalars.prefix(reservedPrefix.unicodeScalars.count))
        return String(start).lowercased() == reservedPrefix
    }

    private static func check(_ tag: Tag) throws(Breach) {
        if tag.key.isEmpty { throw .emptyKey }
        guard tag.key.unicodeScalars.count <= keyLimit else { throw .keyTooLong(tag.key) }
        guard tag.value.unicodeScalars.count <= valueLimit else {
            throw .valueTooLong(key: tag.key, value: tag.value)
        }
        if isReserved(tag.key) { throw .reservedKey(tag.key) }
    }
}
