import Testing

@testable import SnapConsistency

@Suite struct FreezerWordsTests {
    @Test(arguments: [
        FreezerAnswer.ready(""), .ready("cannot lock"), .synchronising, .synchronised, .frozen, .settled,
        .thawed(.nanoseconds(1_234_567_890)), .failed(ConsistencyError(.alreadyFrozen, "one\ntwo")),
        .ended(ConsistencyError(.freezeExpired, "too long")),
    ])
    func answersAreLines(answer: FreezerAnswer) {
        var lines = LineBuffer()
        lines.append(answer.line)
        let line = lines.next() ?? ""
        #expect(lines.next() == nil)
        switch answer {
        case .failed(let error): #expect(FreezerAnswer(line) == .failed(.init(error.code, error.description)))
        default: #expect(FreezerAnswer(line) == answer)
        }
    }

    @Test(arguments: ["", "thawed", "thawed x", "thawed -1", "failed", "failed nothing words", "ended x", "what"])
    func otherLinesAreNone(line: String) { #expect(FreezerAnswer(line) == nil) }

    @Test func linesComeInPieces() {
        var lines = LineBuffer()
        lines.append(Array("fro".utf8))
        #expect(lines.next() == nil)
        lines.append(Array("zen\n\nsyn".utf8))
        #expect(lines.next() == "frozen" && lines.next() == "" && lines.next() == nil)
        lines.append([UInt8](repeating: 65, count: 1 << 20))
        lines.append(Array("synced\n".utf8))
        #expect(lines.next() == "synced")
    }
}
