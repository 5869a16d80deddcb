import SnapModel
import Testing

private typealias SnapshotTag = SnapModel.Tag

@Suite("Rules of tags")
struct TagRulesTests {
    /// What the tags break; nil: nothing.
    private func breach(_ tags: [SnapshotTag]) -> TagRules.Breach? {
        do throws(TagRules.Breach) {
            try TagRules.check(tags)
            return nil
        } catch {
            return error
        }
    }

    /// Of one, two, three and four bytes of UTF-8; the last of two scalars that are shown as one character.
    @Test(arguments: ["a", "é", "€", "🗄"])
    func lengthsAreOfUnicodeCharacters(character: String) {
        func text(_ count: Int) -> String { String(repeating: character, count: count) }
        for count in [1, 126, 127] { #expect(breach([SnapshotTag(key: text(count), value: "")]) == nil) }
        #expect(breach([SnapshotTag(key: text(128), value: "")]) == .keyTooLong(text(128)))
        for count in [0, 254, 255] { #expect(breach([SnapshotTag(key: "k", value: text(count))]) == nil) }
        #expect(breach([SnapshotTag(key: "k", value: text(256))]) == .valueTooLong(key: "k", value: text(256)))
    }

    /// A letter and its accent are two.
    @Test func whatIsShownAsOneCharacterMayBeTwo() {
        let accented = String(repeating: "e\u{301}", count: 64)
        #expect(accented.count == 64 && breach([SnapshotTag(key: accented, value: "")]) == .keyTooLong(accented))
        let joined = String(repeating: "e\u{301}", count: 63) + "e"
        #expect(breach([SnapshotTag(key: joined, value: "")]) == nil)
    }

    @Test func fiftyAndNoMore() {
        func tags(_ count: Int) -> [SnapshotTag] { (0..<count).map { SnapshotTag(key: "\($0)", value: "") } }
        #expect(breach(tags(49)) == nil && breach(tags(50)) == nil)
        #expect(breach(tags(51)) == .tooMany(51))
    }

    @Test(arguments: ["aws:", "AWS:x", "Aws:created", "aws:\u{301}"])
    func reserved(key: String) { #expect(breach([SnapshotTag(key: key, value: "")]) == .reservedKey(key)) }

    @Test(arguments: ["aws", "awsx:", " aws:", "my-aws:", "aw"])
    func notReserved(key: String) { #expect(breach([SnapshotTag(key: key, value: "aws:")]) == nil) }

    @Test func keysAreThereAndUnlike() {
        #expect(breach([SnapshotTag(key: "", value: "x")]) == .emptyKey)
        #expect(breach([SnapshotTag(key: "a", value: "1"), SnapshotTag(key: "a", value: "2")]) == .duplicateKey("a"))
        #expect(breach([SnapshotTag(key: "a", value: ""), SnapshotTag(key: "A", value: "")]) == nil)
        // They look alike, and are two.
        #expect(breach([SnapshotTag(key: "\u{e9}", value: ""), SnapshotTag(key: "e\u{301}", value: "")]) == nil)
    }

    @Test func settingAndRemoving() {
        let old = [SnapshotTag(key: "a", value: "1"), SnapshotTag(key: "\u{e9}", value: "2")]
        let new = old.setting([
            SnapshotTag(key: "a", value: "3"), SnapshotTag(key: "Z", value: ""),
            SnapshotTag(key: "e\u{301}", value: ""),
        ])
        #expect(
            new.map { Array($0.key.unicodeScalars) }
                == ["Z", "a", "e\u{301}", "\u{e9}"].map { Array($0.unicodeScalars) })
        #expect(new.removing([TagSelector(key: "a", value: "1")]).count == 4)
        #expect(new.removing([TagSelector(key: "a", value: "3"), TagSelector(key: "Z", value: "")]).count == 2)
        #expect(new.removing([TagSelector(key: "e\u{301}")]).count == 3)
    }
}

@Suite("Rules of the recycle bin")
struct RecycleBinRulesTests {
    private let keep = SnapshotTag(key: "keep", value: "long")

    @Test func sevenDaysWithoutRules() {
        #expect(RecycleBinRules().days(for: []) == 7 && RecycleBinRules(days: 0).days(for: [keep]) == 0)
    }

    @Test func theLongestThatMatches() {
        let rules = RecycleBinRules(
            days: 5, excludedTags: [TagSelector(key: "scratch")],
            rules: [
                RecycleBinRules.Rule(tags: [TagSelector(key: "keep", value: "long")], days: 30),
                RecycleBinRules.Rule(
                    tags: [TagSelector(key: "keep"), TagSelector(key: "scratch", value: "no")], days: 2),
            ])
        #expect(rules.days(for: []) == 5)
        #expect(rules.days(for: [keep]) == 30)
        #expect(rules.days(for: [SnapshotTag(key: "keep", value: "short")]) == 5)
        #expect(rules.days(for: [SnapshotTag(key: "scratch", value: "")]) == 0)
        #expect(rules.days(for: [SnapshotTag(key: "scratch", value: "no")]) == 2)
        #expect(rules.days(for: [SnapshotTag(key: "scratch", value: ""), keep]) == 30)
    }
}
