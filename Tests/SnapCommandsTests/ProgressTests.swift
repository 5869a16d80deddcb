import Testing

@testable import SnapCommands

@Suite struct ProgressTests {
    private static let text = ProgressText(verb: "create", tellsNew: true)

    private static func reading(_ processedMebibytes: Int, of total: Int = 8_192, seconds: Double = 10)
        -> TransferReading
    {
        TransferReading(
            totalByteCount: total << 20,
            processedByteCount: processedMebibytes << 20,
            newByteCount: 1 << 30,
            storedByteCount: 1 << 29,
            seconds: seconds
        )
    }

    @Test func `the bar drops what matters least, and never wraps`() {
        let reading = Self.reading(4_096)
        let rate = 512.0 * 1_048_576
        #expect(
            Self.text.bar(reading, bytesPerSecond: rate, columnCount: 120)
                == " 50% [" + String(repeating: "=", count: 20) + ">" + String(repeating: " ", count: 19)
                + "]  4.0 GiB/8.0 GiB  512.0 MiB/s  0:08 left  1.0 GiB new"
        )
        for columnCount in 0...200 {
            for processed in [0, 1, 4_096, 8_191, 8_192] {
                let bar = Self.text.bar(
                    Self.reading(processed),
                    bytesPerSecond: rate,
                    columnCount: columnCount
                )
                #expect(bar.count <= columnCount)
                #expect(!bar.contains("100%"))
            }
        }
        #expect(!Self.text.bar(reading, bytesPerSecond: rate, columnCount: 60).contains("new"))
        #expect(Self.text.bar(reading, bytesPerSecond: rate, columnCount: 40).contains("4.0 GiB/8.0 GiB"))
    }

    @Test func `plain lines`() {
        let line = Self.text.line(Self.reading(4_096), bytesPerSecond: 512 * 1_048_576)
        #expect(line == "50%, 4.0 GiB/8.0 GiB, 512.0 MiB/s, 0:08 left, 1.0 GiB new")
        #expect(Self.text.line(Self.reading(8_192), bytesPerSecond: 1e9).contains("99%"))
        #expect(Self.text.line(Self.reading(8_192), bytesPerSecond: 1e9).contains("finishing"))
        #expect(Self.text.line(Self.reading(0), bytesPerSecond: 0).contains("– left"))
        var passing = Self.reading(8_192)
        passing.stage = "pass 3: 1163 units of 4 KiB left"
        #expect(
            Self.text.line(passing, bytesPerSecond: 0)
                == "99%, 8.0 GiB/8.0 GiB, pass 3: 1163 units of 4 KiB left, 1.0 GiB new")
        #expect(Self.text.bar(passing, bytesPerSecond: 0, columnCount: 80).contains("units of 4 KiB left"))
        let silent = ProgressText(verb: "verify", tellsNew: false)
        #expect(silent.summary(Self.reading(8_192, seconds: 16)) == "8.0 GiB in 0:16, 512.0 MiB/s")
    }

    @Test func `the first line comes after 5 s, then one at each tenth or each 30 s`() {
        var schedule = ProgressSchedule()
        // 1 % each 2 s: a tenth each 20 s.
        let steady = (0...50).filter { schedule.isDue(Self.reading($0, of: 100, seconds: Double(2 * $0))) }
        #expect(steady == [3, 10, 20, 30, 40, 50])
        schedule = ProgressSchedule()
        let stalled = (0...100).filter { schedule.isDue(Self.reading(1, of: 100, seconds: Double($0))) }
        #expect(stalled == [5, 35, 65, 95])
    }

    @Test func `the rate follows what happens now`() {
        var estimator = RateEstimator()
        for second in 1...20 { estimator.observe(Self.reading(100 * second, seconds: Double(second))) }
        #expect(abs(estimator.bytesPerSecond / 1_048_576 - 100) < 0.1)
        for second in 21...60 { estimator.observe(Self.reading(2_000, seconds: Double(second))) }
        #expect(estimator.bytesPerSecond / 1_048_576 < 1)
        #expect(Self.reading(2_000).secondsLeft(at: 0) == nil)
    }

    @Test func `a log sees the end only of what it saw running`() {
        var painter = ProgressPainter(Self.text, mode: .lines)
        painter.announce("snap-1")
        #expect(painter.frame(Self.reading(1, seconds: 1), columnCount: 80) == nil)
        #expect(painter.ending(Self.reading(8_192, seconds: 2), hasSucceeded: true) == nil)
        #expect(
            painter.frame(Self.reading(1, seconds: 6), columnCount: 80)?.hasPrefix("snapctl: snap-1: 0%, ")
                == true
        )
        #expect(
            painter.ending(Self.reading(8_192), hasSucceeded: true)?.hasPrefix("snapctl: snap-1: done, ")
                == true
        )
        #expect(painter.ending(Self.reading(8_192), hasSucceeded: false) == nil)
    }

    @Test func `a terminal is left clean`() {
        var painter = ProgressPainter(Self.text, mode: .bar)
        #expect(painter.ending(Self.reading(0, of: 0), hasSucceeded: false) == nil)
        #expect(painter.frame(Self.reading(0, of: 0), columnCount: 80) == nil, "nothing is known yet")
        let frame = painter.frame(Self.reading(4_096), columnCount: 80)
        #expect(frame?.hasPrefix("\r\u{1B}[K 50% [") == true)
        #expect(frame?.count ?? 0 <= 80 + 3)
        #expect(painter.ending(Self.reading(8_192), hasSucceeded: false) == "\r\u{1B}[K")
        #expect(
            painter.ending(Self.reading(8_192), hasSucceeded: true)?.hasSuffix(" stored as 512.0 MiB\n")
                == true
        )
    }
}
