import SnapModel
import Testing

@Suite struct TextPatternTests {
    @Test(
        arguments: [
            ("", ["": true, "a": false]), ("a", ["a": true, "A": false, "ab": false]),
            ("a*", ["a": true, "ab": true, "ba": false]), ("*a", ["a": true, "ba": true, "ab": false]),
            ("a?c", ["abc": true, "ac": false, "a夜c": true, "a🚀c": true]),
            ("a\\*", ["a*": true, "ab": false]), ("a\\?", ["a?": true, "ab": false]), ("a\\\\", ["a\\": true]),
            ("a\\", ["a\\": true, "a": false]), ("\\a", ["a": true]), ("*", ["": true, "x": true]),
            ("?*", ["": false, "x": true, "xyz": true]), ("a*b*c", ["abc": true, "axbxbxc": true, "acb": false]),
            ("[a]", ["[a]": true, "a": false]), ("*.img", ["x.img": true, "x.imgs": false]),
        ] as [(String, [String: Bool])])
    func `patterns match as EC2's do`(pattern: String, texts: [String: Bool]) {
        for (text, isMatch) in texts { #expect(TextPattern(pattern).matches(text) == isMatch, "\(text)") }
    }

    @Test func `a pattern without wildcards is a text`() {
        #expect(TextPattern("a\\*b").literal == "a*b")
        #expect(TextPattern("a*").literal == nil && TextPattern("a\\\\*").prefix == "a\\")
        #expect(TextPattern("2026-11-*").prefix == "2026-11-")
    }

    @Test func `a pattern for SQLite says the same`() {
        #expect(TextPattern("a\\*?*[b]").glob == "a[*]?*[[]b]")
    }

    /// Many stars cost no more than the product of the lengths.
    @Test func `no pattern takes long`() {
        let pattern = TextPattern(String(repeating: "*a", count: 200) + "b")
        #expect(!pattern.matches(String(repeating: "a", count: 4_000)))
    }

    @Test func `of a time the fraction may be left out`() {
        let time = Timestamp(millisecondsSinceEpoch: 1_700_000_000_000)
        for text in ["2023-11-14T22:13:20Z", "2023-11-14T22:13:20.000Z", "2023-11-*", "*"] {
            #expect(TextPattern(text).matches(time), "\(text)")
        }
        let later = Timestamp(millisecondsSinceEpoch: 1_700_000_000_001)
        for text in ["2023-11-14T22:13:20Z", "2023-11-14", "", "2022-*"] {
            #expect(!TextPattern(text).matches(later), "\(text)")
        }
    }
}
