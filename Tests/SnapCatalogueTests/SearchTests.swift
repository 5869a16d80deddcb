import SnapModel
import Testing

@testable import SnapCatalogue

/// Searches in SQL against a twin that looks at every snapshot by itself.
@Suite("Searches in SQL") struct SearchTests {
    private static let owners = ["123456789012", "000000000000"]
    private static let texts = [
        "", "a", "A", "ab", "a*b", "a?b", "a[b]c", "[x]", "]", "\\", "50%_'\"", "é", "e\u{301}", "夜", "🚀x", "nightly",
    ]
    private static let keys = ["Name", "name", "Team", "aé", "x"]

    @Test(arguments: [1, 2, 3, UInt64.random(in: 0...UInt64.max)])
    func `random filters find what the twin finds`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let scratch = try Scratch()
        let catalogue = try scratch.open()
        let all = try Self.fill(catalogue, 120, &generator)
        for round in 0..<300 {
            let search = Self.search(among: all, &generator)
            let found = try catalogue.snapshots(search).snapshots
            let expected = all.filter { Twin.matches($0, search) }
            #expect(found.map(\.id) == expected.map(\.id), "seed \(seed), round \(round): \(search)")
            #expect(found == expected, "seed \(seed), round \(round)")
        }
    }

    @Test(arguments: [4, UInt64.random(in: 0...UInt64.max)])
    func `pages have everything once, while snapshots come and go`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let scratch = try Scratch()
        let catalogue = try scratch.open()
        let first = try Self.fill(catalogue, 100, &generator)
        var alive = Set(first.map(\.id))
        var seen: [SnapshotID] = []
        var search = SnapshotSearch(limit: 7)
        repeat {
            let page = try catalogue.snapshots(search)
            seen += page.snapshots.map(\.id)
            search.after = page.next
            // Newer, older and as old as others; and some go, those that were just shown among them.
            _ = try Self.fill(catalogue, 3, &generator)
            let gone = [page.snapshots.last?.id, alive.randomElement(using: &generator)].compactMap { $0 }
            alive.subtract(try catalogue.forget(gone))
        } while search.after != nil
        #expect(Set(seen).count == seen.count, "seed \(seed)")
        #expect(alive.isSubset(of: seen), "seed \(seed)")
    }

    @Test func `pages together are the whole list`() throws {
        var generator = SeededGenerator(seed: 5)
        let scratch = try Scratch()
        let catalogue = try scratch.open()
        let all = try Self.fill(catalogue, 40, &generator)
        for limit in [1, 2, 7, 39, 40, 41] {
            var search = SnapshotSearch(filters: [FieldFilter(.plain(.status), ["*"])], limit: limit)
            var found: [Snapshot] = []
            repeat {
                let page = try catalogue.snapshots(search)
                #expect(page.snapshots.count == limit || page.next == nil)
                found += page.snapshots
                search.after = page.next
            } while search.after != nil
            #expect(found == all, "limit \(limit)")
        }
    }

    /// Which form is taken depends on how many there are.
    @Test(arguments: [8, UInt64.random(in: 0...UInt64.max)])
    func `both forms of a condition on tags hold for the same`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let scratch = try Scratch()
        let catalogue = try scratch.open()
        let all = try Self.fill(catalogue, 60, &generator)
        for _ in 0..<100 {
            let sample = (all.randomElement(using: &generator) ?? all[0]).tags.first ?? Tag(key: "Name", value: "a")
            let patterns = [sample.key, sample.value].map { TextPattern(Self.pattern($0, &generator)) }
            let conditions = [
                TagCondition.tag(sample.key, patterns), TagCondition.key(patterns), TagCondition.value(patterns),
            ]
            for condition in conditions {
                let forms = try catalogue.read { database in
                    try [1, .max].map { fewCount in
                        let settled = try condition.settled(in: database, fewCount: fewCount)
                        return try database.snapshots("WHERE \(settled.sql) ORDER BY s.id", settled.arguments).map(\.id)
                    }
                }
                #expect(forms[0] == forms[1], "seed \(seed): \(patterns)")
            }
        }
    }

    @Test func `what is in the bin is in no list`() throws {
        var generator = SeededGenerator(seed: 6)
        let scratch = try Scratch()
        let catalogue = try scratch.open()
        let all = try Self.fill(catalogue, 2, &generator, state: .completed)
        var binned = all[0]
        binned.bin = RecycleBinStay(enterTime: Sample.time(1), exitTime: Sample.time(2))
        binned.revision += 1
        #expect(try catalogue.finishChange(snapshots: [binned]))
        #expect(try catalogue.snapshots(SnapshotSearch()).snapshots.map(\.id) == [all[1].id])
        #expect(catalogueError { try catalogue.snapshots(SnapshotSearch(ids: [binned.id])) }?.code == .unknownSnapshot)
        #expect(try catalogue.tags(TagSearch()).tags.allSatisfy { $0.resourceID != binned.id.rawValue })
    }

    @Test(arguments: [7, UInt64.random(in: 0...UInt64.max)])
    func `tags are found as by the twin`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let scratch = try Scratch()
        let catalogue = try scratch.open()
        let all = try Self.fill(catalogue, 40, &generator)
        let tags = all.sorted { $0.id < $1.id }.flatMap { snapshot in
            Tag.sorted(snapshot.tags).map { ResourceTag(resourceID: snapshot.id.rawValue, tag: $0) }
        }
        for round in 0..<100 {
            let filters = (0..<Int.random(in: 0...2, using: &generator)).map { _ in Self.tagFilter(tags, &generator) }
            var search = TagSearch(filters: filters, limit: Bool.random(using: &generator) ? 5 : nil)
            var found: [ResourceTag] = []
            repeat {
                let page = try catalogue.tags(search)
                found += page.tags
                search.after = page.next
            } while search.after != nil
            let expected = tags.filter { tag in filters.allSatisfy { Twin.matches(tag, $0) } }
            #expect(found == expected, "seed \(seed), round \(round): \(filters)")
        }
    }

    // MARK: - What is random

    private static func fill(
        _ catalogue: Catalogue, _ count: Int, _ generator: inout SeededGenerator, state: SnapshotState? = nil
    ) throws -> [Snapshot] {
        var snapshots: [Snapshot] = []
        for _ in 0..<count {
            let volume = try catalogue.sampleVolume(Int.random(in: 0..<4, using: &generator))
            // Few different seconds over many months, so that some are equal.
            let second = Int.random(in: 0..<30, using: &generator) * 864_000
            var snapshot = Sample.snapshot(of: volume, second: second)
            snapshot.description = texts.randomElement(using: &generator) ?? ""
            snapshot.ownerID = owners.randomElement(using: &generator) ?? owners[0]
            snapshot.isEncrypted = Bool.random(using: &generator)
            snapshot.volumeByteCount = Int.random(in: 1..<(20 << 30), using: &generator)
            snapshot.tags = Tag.sorted(
                keys.filter { _ in Bool.random(using: &generator) }.map {
                    Tag(key: $0, value: texts.randomElement(using: &generator) ?? "")
                })
            try finish(
                &snapshot, state ?? SnapshotState.allCases.randomElement(using: &generator) ?? .pending, &generator)
            snapshots.append(snapshot)
            try catalogue.importSnapshot(snapshot)
        }
        // The last recorded of equal times comes first.
        return snapshots.enumerated().sorted {
            ($0.element.startTime, $0.offset) > ($1.element.startTime, $1.offset)
        }.map(\.element)
    }

    private static func finish(
        _ snapshot: inout Snapshot, _ state: SnapshotState, _ generator: inout SeededGenerator
    ) throws {
        snapshot.state = state
        snapshot.processedByteCount = Int.random(in: 0...snapshot.volumeByteCount, using: &generator)
        guard state == .completed else { return }
        snapshot.image = Sample.image(1)
        snapshot.completionTime = snapshot.startTime
    }

    private static func search(among all: [Snapshot], _ generator: inout SeededGenerator) -> SnapshotSearch {
        var search = SnapshotSearch()
        if Int.random(in: 0..<8, using: &generator) == 0 {
            search.ids = all.filter { _ in Bool.random(using: &generator) }.map(\.id)
        }
        if Int.random(in: 0..<4, using: &generator) == 0 {
            search.owners = [owners, [owners[1]], []].randomElement(using: &generator) ?? []
        }
        if Int.random(in: 0..<4, using: &generator) == 0 { search.restorers = [.account(owners[0]), .everybody] }
        for _ in 0..<Int.random(in: 0...3, using: &generator) {
            let sample = all.randomElement(using: &generator) ?? all[0]
            search.filters.append(filter(like: sample, &generator))
        }
        return search
    }

    private static func filter(
        like sample: Snapshot, _ generator: inout SeededGenerator
    ) -> FieldFilter<SnapshotField> {
        var fields = SnapshotFieldName.allCases.map(SnapshotField.plain)
        fields += keys.map(SnapshotField.tag)
        let field = fields.randomElement(using: &generator) ?? .plain(.status)
        let near = Twin.texts(of: field, in: sample)
        let values = (0..<Int.random(in: 0...3, using: &generator)).map { _ in
            pattern(near.randomElement(using: &generator) ?? "a", &generator)
        }
        return FieldFilter(field, values)
    }

    private static func tagFilter(
        _ tags: [ResourceTag], _ generator: inout SeededGenerator
    ) -> FieldFilter<TagField> {
        let fields: [TagField] = [.key, .value, .resourceID, .resourceType, .tag("Name")]
        let field = fields.randomElement(using: &generator) ?? .key
        let near = tags.randomElement(using: &generator).map { Twin.text(of: field, in: $0) } ?? "a"
        return FieldFilter(field, [pattern(near, &generator), pattern("snap*", &generator)])
    }

    /// A value that is like a text: that one, or with some characters as wildcards, or other.
    private static func pattern(_ text: String, _ generator: inout SeededGenerator) -> String {
        var pattern = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch Int.random(in: 0..<12, using: &generator) {
            case 0: pattern.append("?")
            case 1: pattern.append("*")
            case 2: pattern.append(contentsOf: ["*", "*"])
            case 3 where "*?\\".unicodeScalars.contains(scalar): pattern.append(scalar)
            default:
                if "*?\\".unicodeScalars.contains(scalar) { pattern.append("\\") }
                pattern.append(scalar)
            }
        }
        // The rest of a time is often left to a star.
        if Bool.random(using: &generator), !pattern.isEmpty {
            pattern = String.UnicodeScalarView(pattern.prefix(Int.random(in: 0..<pattern.count, using: &generator)))
            pattern.append("*")
        }
        return String(pattern)
    }
}

/// The same questions, answered by what EBS shows of one snapshot.
private enum Twin {
    static func matches(_ snapshot: Snapshot, _ search: SnapshotSearch) -> Bool {
        if let ids = search.ids, !ids.contains(snapshot.id) { return false }
        if let owners = search.owners, !owners.contains(snapshot.ownerID) { return false }
        // Nothing in these tests is shared.
        if let restorers = search.restorers, !restorers.contains(.account(snapshot.ownerID)) { return false }
        return search.filters.allSatisfy { filter in
            texts(of: filter.field, in: snapshot).contains { text in
                filter.patterns.contains { matches($0, text, isTime: filter.field == .plain(.startTime)) }
            }
        }
    }

    static func matches(_ tag: ResourceTag, _ filter: FieldFilter<TagField>) -> Bool {
        if case .tag(let key) = filter.field, key != tag.tag.key { return false }
        return filter.patterns.contains { matches($0, text(of: filter.field, in: tag), isTime: false) }
    }

    /// A time without wildcards is compared as a time.
    private static func matches(_ pattern: TextPattern, _ text: String, isTime: Bool) -> Bool {
        if isTime, let literal = pattern.literal { return Timestamp(literal).map { $0 == Timestamp(text) } ?? false }
        return matches(Array(pattern.glob.unicodeScalars)[...], Array(text.unicodeScalars)[...])
    }

    /// All places of the text that each piece of the glob can end at, piece by piece: slow, and plainly right.
    private static func matches(_ glob: ArraySlice<Unicode.Scalar>, _ text: ArraySlice<Unicode.Scalar>) -> Bool {
        let text = Array(text)
        var rest = glob
        var places: Set<Int> = [0]
        while let first = rest.popFirst() {
            switch first {
            case "*": places = Set(places.flatMap { $0...text.count })
            case "?": places = Set(places.filter { $0 < text.count }.map { $0 + 1 })
            default:
                let wanted = first == "[" ? rest.first : first
                if first == "[" { rest = rest.dropFirst(2) }
                places = Set(places.filter { $0 < text.count && text[$0] == wanted }.map { $0 + 1 })
            }
        }
        return places.contains(text.count)
    }

    static func text(of field: TagField, in tag: ResourceTag) -> String {
        switch field {
        case .key: tag.tag.key
        case .value, .tag: tag.tag.value
        case .resourceID: tag.resourceID
        case .resourceType: "snapshot"
        }
    }

    static func texts(of field: SnapshotField, in snapshot: Snapshot) -> [String] {
        switch field {
        case .tag(let key): snapshot.tags.filter { $0.key == key }.map(\.value)
        case .plain(let name): texts(of: name, in: snapshot)
        }
    }

    private static func texts(of name: SnapshotFieldName, in snapshot: Snapshot) -> [String] {
        switch name {
        case .description: [snapshot.description]
        case .encrypted: [snapshot.isEncrypted ? "true" : "false"]
        case .kmsKeyID, .ownerAlias, .transferType: []
        case .ownerID: [snapshot.ownerID]
        case .progress: [progress(of: snapshot)]
        case .snapshotID: [snapshot.id.rawValue]
        case .startTime: [snapshot.startTime.description]
        case .status: [snapshot.state.rawValue]
        case .storageTier: ["standard"]
        case .tagKey: snapshot.tags.map(\.key)
        case .tagValue: snapshot.tags.map(\.value)
        case .volumeID: [snapshot.volume.id.rawValue]
        case .volumeSize: [String((snapshot.volumeByteCount + (1 << 30) - 1) / (1 << 30))]
        }
    }

    private static func progress(of snapshot: Snapshot) -> String {
        if snapshot.state == .completed { return "100%" }
        if snapshot.processedByteCount == 0 { return "" }
        return "\(min(99, snapshot.processedByteCount * 100 / snapshot.volumeByteCount))%"
    }
}
