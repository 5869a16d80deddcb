import SnapModel
import Testing

@testable import SnapCommands

@Suite struct ShorthandTests {
    private static func text(_ value: String) -> Document { .text(value) }

    /// What the parser of the AWS command line (awscli 1.46.3) makes of the same texts.
    @Test(
        arguments: [
            ("Key=a,Value=b", ["Key": .text("a"), "Value": .text("b")]),
            ("Key=a,Value=", ["Key": .text("a"), "Value": .text("")]),
            ("Key=a, Value=b c ", ["Key": .text("a"), "Value": .text("b c")]),
            ("Value=a=b", ["Value": .text("a=b")]),
            ("Name=tag:Name,Values=a", ["Name": .text("tag:Name"), "Values": .text("a")]),
            ("Name=x,Values=a,b,c", ["Name": .text("x"), "Values": .list([.text("a"), .text("b"), .text("c")])]),
            ("Values=a,b,Name=x", ["Name": .text("x"), "Values": .list([.text("a"), .text("b")])]),
            ("Values=a\\,b,c", ["Values": .list([.text("a,b"), .text("c")])]),
            ("Values=a\\*", ["Values": .text("a\\*")]),
            ("Values=[a,b]", ["Values": .list([.text("a"), .text("b")])]),
            ("Values=[]", ["Values": .list([])]),
            ("Values=['a,b',\"c]\"]", ["Values": .list([.text("a,b"), .text("c]")])]),
            ("Value='it\\'s',Key=\"q\\\"q\"", ["Value": .text("it's"), "Key": .text("q\"q")]),
            ("Value='a=b,c=d'", ["Value": .text("a=b,c=d")]),
            ("A={B=c,D=e}", ["A": .record(["B": .text("c"), "D": .text("e")])]),
            (
                "ResourceType=snapshot,Tags=[{Key=a,Value=b},{Key=c,Value=}]",
                [
                    "ResourceType": .text("snapshot"),
                    "Tags": .list([
                        .record(["Key": .text("a"), "Value": .text("b")]),
                        .record(["Key": .text("c"), "Value": .text("")]),
                    ]),
                ]
            ),
            ("Value=夜,Key=ß", ["Value": .text("夜"), "Key": .text("ß")]),
        ] as [(String, [String: Document])]
    )
    func `is read as the AWS command line reads it`(text: String, parts: [String: Document]) throws {
        #expect(try Shorthand.record(text) == .record(parts))
    }

    @Test(
        arguments: [
            "", "Key", "=a", "Key=a,", "Key=[a", "Key={A=b", "Key='a", "Key=a,Key=b", "Key=[a]b", "Key={A}",
            "Values=a,",
            "Tags=[{Key=a]}", "A=" + String(repeating: "[", count: 40),
        ])
    func `what is not shorthand is refused, with its place`(text: String) {
        #expect(throws: OperationUsage.self) { try Shorthand.record(text) }
    }

    /// Whatever the characters: an answer or an error, never an end of the program.
    @Test func `random words`() {
        var generator = SeededGenerator(seed: 4)
        let characters = Array("Key=Value,[]{}'\"\\ ab夜🚀")
        for _ in 0..<20_000 {
            let text = String(
                (0..<Int.random(in: 0...24, using: &generator)).compactMap { _ in
                    characters.randomElement(using: &generator)
                })
            _ = try? Shorthand.record(text)
            _ = try? Document(json: text)
        }
    }

    /// A mark that joins the character before it is still a character of its own.
    @Test func `a value may begin with a combining mark`() throws {
        let word = try #require(TagWord(argument: "Name=\u{301}x=y"))
        #expect(word.tag.key == "Name" && Array(word.tag.value.utf8) == Array("\u{301}x=y".utf8))
        #expect(TagWord(argument: "=x") == nil && TagWord(argument: "x") == nil)
        let run = try #require(OperationRun(["create-snapshot", "--volume-id=vol-1", "--description=\u{301}x"]))
        let input = try OperationWords(run.words, of: run.operation).input(of: run.operation)
        #expect(input.text("Description").map { Array($0.utf8) } == Array("\u{301}x".utf8))
    }
}
