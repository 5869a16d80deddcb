import FoundationEssentials
import SnapModel
import Testing

@testable import SnapCommands

@Suite struct WriterTests {
    private static func json(_ value: OutputValue) -> String {
        let output = OutputBuffer()
        var writer = JSONWriter(to: output)
        writer.write(value)
        return String(decoding: output.bytes, as: UTF8.self)
    }

    private static func text(_ value: OutputValue) -> String {
        let output = OutputBuffer()
        TextWriter(to: output).write(value)
        return String(decoding: output.bytes, as: UTF8.self)
    }

    @Test func `any text survives JSON`() throws {
        let seed = UInt64.random(in: .min ... .max)
        print("seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<500 {
            var scalars = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0...40, using: &generator) {
                // Mostly where escapes are: controls, quotes, backslashes; then anything.
                let limit: UInt32 = Bool.random(using: &generator) ? 0x10ffff : 0xff
                if let scalar = Unicode.Scalar(UInt32.random(in: 0...limit, using: &generator)) {
                    scalars.append(scalar)
                }
            }
            let text = String(scalars)
            let document = Self.json(.list([.text(text)]))
            let decoded = try JSONDecoder().decode([String].self, from: Data(document.utf8))
            // By scalars: == of strings would take canonical equivalents for equal.
            #expect(decoded.map { Array($0.unicodeScalars) } == [Array(text.unicodeScalars)], "seed \(seed)")
            #expect(!document.dropLast().utf8.contains { $0 < 0x20 && $0 != 0x0a }, "seed \(seed)")
        }
    }

    @Test func `JSON has the AWS command line's shape`() {
        let value = OutputValue.record([
            OutputField("A", .list([])), OutputField("B", .record([])),
            OutputField("C", .list([.integer(-1), .boolean(true)])),
            OutputField("D", .thousandths(-1_005)), OutputField("E", .listing(count: 2) { .integer($0) }),
        ])
        let expected = """
            {
                "A": [],
                "B": {},
                "C": [
                    -1,
                    true
                ],
                "D": -1.005,
                "E": [
                    0,
                    1
                ]
            }

            """
        #expect(Self.json(value) == expected)
    }

    @Test func `text has columns in alphabetical order, and nothing where a sibling has more`() {
        let value = OutputValue.record([
            OutputField(
                "Items",
                .list([
                    .record([
                        OutputField("b", .integer(1)), OutputField("a", .text("x\ty\nz")),
                        OutputField("Tags", .list([.text("t")])),
                    ]),
                    .record([OutputField("c", .boolean(false))]),
                ])
            )
        ])
        #expect(Self.text(value) == "ITEMS\tx\\ty\\nz\t1\t\nTAGS\tt\nITEMS\t\t\tFalse\n")
    }

    @Test func `numbers that are none are 0 in JSON`() {
        #expect(Self.json(.number(.nan)) == "0.000\n")
        #expect(Self.json(.number(.infinity)) == "0.000\n")
        #expect(Self.json(.number(1.2345)) == "1.234\n" || Self.json(.number(1.2345)) == "1.235\n")
    }

    @Test func `tables align, cut their last column and disarm control characters`() {
        var table = Table([.init("NAME"), .init("SIZE", isNumber: true), .init("WORDS")])
        table.append([.init("a"), .init("1 B"), .init("\u{1B}[31mred")])
        table.append([.init("longer"), .init("10 KiB"), .init("0123456789")])
        let output = OutputBuffer()
        table.write(to: output, style: .plain, columnCount: 24)
        let expected = """
            NAME      SIZE  WORDS
            a          1 B  ?[31mred
            longer  10 KiB  0123456…

            """
        #expect(String(decoding: output.bytes, as: UTF8.self) == expected)
    }

    @Test func `colours are only where they are wanted`() {
        #expect(Style.plain.apply(.bad, to: "x") == "x")
        #expect(Style(isColoured: true).apply(.bad, to: "x") == "\u{1B}[31mx\u{1B}[0m")
        #expect(Style(isColoured: true).apply(.none, to: "x") == "x")
    }

    @Test(arguments: [
        (0, "0 B"), (1, "1 B"), (1_023, "1023 B"), (1_024, "1.0 KiB"), (1_536, "1.5 KiB"),
        (1_048_575, "1.0 MiB"),
        (1_048_524, "1023.9 KiB"), (8 << 30, "8.0 GiB"), (64 << 40, "64.0 TiB"), (.max, "8.0 EiB"),
    ])
    func `sizes`(byteCount: Int, words: String) { #expect(HumanText.bytes(byteCount) == words) }

    @Test(arguments: [
        (0, "0:00"), (0.4, "0:00"), (59.6, "1:00"), (61, "1:01"), (3_599.5, "1:00:00"), (3_723, "1:02:03"),
        (172_799, "47:59:59"), (273_600, "3 d 4 h"), (-1, "–"), (.infinity, "–"), (.nan, "–"),
    ])
    func `durations`(seconds: Double, words: String) {
        #expect(HumanText.duration(seconds: seconds) == words)
    }

    @Test(arguments: [
        (0, "–"), (.nan, "–"), (.infinity, "–"), (512, "512.0 B/s"), (1.5 * 1_048_576, "1.5 MiB/s"),
    ])
    func `rates`(bytesPerSecond: Double, words: String) { #expect(HumanText.rate(bytesPerSecond) == words) }

    @Test func `times read back as what they were printed from`() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<1_000 {
            let time = Timestamp(
                millisecondsSinceEpoch: Int64.random(in: 0...250_000_000_000_000, using: &generator)
            )
            #expect(time.description.utf8.count == 24)
            #expect(Timestamp(time.description) == time)
        }
        #expect(Timestamp(millisecondsSinceEpoch: 951_782_400_007).description == "2000-02-29T00:00:00.007Z")
        #expect(
            Timestamp(millisecondsSinceEpoch: 253_402_300_800_000).description == "10000-01-01T00:00:00.000Z"
        )
        #expect(Timestamp(millisecondsSinceEpoch: -1).description == "1969-12-31T23:59:59.999Z")
    }
}
