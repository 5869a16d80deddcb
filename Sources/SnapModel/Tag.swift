/// A label of a volume or a snapshot.
package struct Tag: Hashable, Sendable, Codable {
    package var key: String
    package var value: String

    package init(key: String, value: String) {
        self.key = key
        self.value = value
    }

    enum CodingKeys: String, CodingKey {
        case key = "Key"
        case value = "Value"
    }
}

/// A key with any value, or with one value only.
package struct TagSelector: Hashable, Sendable, Codable {
    package var key: String
    /// nil: any. The empty text is a value like others.
    package var value: String?

    package init(key: String, value: String? = nil) {
        self.key = key
        self.value = value
    }

    package func matches(_ tag: Tag) -> Bool {
        Tag.areSame(tag.key, key) && (value.map { Tag.areSame($0, tag.value) } ?? true)
    }

    package func matches(anyOf tags: [Tag]) -> Bool { tags.contains(where: matches) }

    enum CodingKeys: String, CodingKey {
        case key = "Key"
        case value = "Value"
    }
}

extension Tag {
    /// As `areSame`: else a value that is only spelled in other characters would pass for no change.
    package static func == (left: Tag, right: Tag) -> Bool {
        areSame(left.key, right.key) && areSame(left.value, right.value)
    }

    /// Byte by byte: two texts that only look alike are two, as in the catalogue. Swift's == would call them one.
    package static func areSame(_ left: String, _ right: String) -> Bool { left.utf8.elementsEqual(right.utf8) }

    /// In the order of the catalogue: by the bytes of the key.
    package static func sorted(_ tags: [Tag]) -> [Tag] {
        tags.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }
}

extension [Tag] {
    /// With `tags` in place of those with the same keys; sorted.
    package func setting(_ tags: [Tag]) -> [Tag] {
        let kept = filter { old in !tags.contains { Tag.areSame($0.key, old.key) } }
        return Tag.sorted(kept + tags)
    }

    /// Without those that one of `selectors` names.
    package func removing(_ selectors: [TagSelector]) -> [Tag] {
        filter { tag in !selectors.contains { $0.matches(tag) } }
    }
}
