import SnapEngine
import SnapModel

@testable import SnapCommands

/// Fixed records.
enum Samples {
    static let start = Timestamp(millisecondsSinceEpoch: 1_393_621_561_000)

    static func id(_ number: Int) throws -> SnapshotID {
        try parsed(String(repeating: "0", count: 16) + String(number, radix: 16))
    }

    private static func parsed(_ digits: String) throws -> SnapshotID {
        try Identifiers.snapshot("snap-" + digits)
    }

    static let volume = Volume(
        id: VolumeID(wellFormed: "vol-1234abcd"),
        identity: VolumeIdentity(strength: .strong, value: "serial:1"),
        path: "/dev/vdb",
        byteCount: 8 << 30,
        createTime: start
    )

    static func pending(_ description: String = "nightly", processedByteCount: Int = 0) throws -> Snapshot {
        Snapshot(
            id: try id(1),
            volume: volume,
            state: .pending,
            startTime: start,
            ownerID: "012345678910",
            description: description,
            consistency: Consistency(method: .exclusive),
            volumeByteCount: 8 << 30,
            processedByteCount: processedByteCount
        )
    }

    static func underWay() throws -> Snapshot {
        var snapshot = try pending(processedByteCount: 1 << 30)
        (snapshot.newByteCount, snapshot.storedByteCount) = (512 << 20, 300 << 20)
        return snapshot
    }

    static func completed() throws -> Snapshot {
        var snapshot = try pending("Größe 8 GiB, 夜 \"quoted\"", processedByteCount: 8 << 30)
        snapshot.id = try id(2)
        snapshot.state = .completed
        snapshot.completionTime = Timestamp(millisecondsSinceEpoch: start.millisecondsSinceEpoch + 12_345)
        snapshot.tags = [Tag(key: "Name", value: "db"), Tag(key: "tab", value: "a\tb")]
        snapshot.image = SnapshotImage(
            manifestRoot: PageID(Digest(words: (1, 2, 3, 4))),
            fullByteCount: 3 << 30,
            newByteCount: 1 << 30,
            storedByteCount: 700 << 20
        )
        snapshot.consistency = Consistency(
            method: .clone, level: .application,
            instant: Timestamp(millisecondsSinceEpoch: start.millisecondsSinceEpoch + 80),
            freezeDuration: .microseconds(12_345),
            hooks: [
                HookRun(
                    name: "10-postgres", freezeOutcome: .succeeded, freezeDuration: .milliseconds(70),
                    thawOutcome: .succeeded),
                HookRun(name: "20-other", freezeOutcome: .timedOut, freezeDuration: .seconds(60)),
            ])
        snapshot.setID = SnapshotSetID(wellFormed: "set-0123456789abcdef0")
        snapshot.worker = SnapshotWorker(processNumber: 4_711, attemptCount: 2, logPath: "/var/log/snapctl/x.log")
        snapshot.durations = SnapshotDurations(securing: .milliseconds(80), imaging: .seconds(9))
        return snapshot
    }

    static func failed() throws -> Snapshot {
        var snapshot = try pending("", processedByteCount: 3 << 30)
        snapshot.id = try id(3)
        snapshot.state = .error
        snapshot.stateMessage = "interrupted (SIGINT)"
        snapshot.consistency = Consistency(method: .none)
        return snapshot
    }

    static func list() throws -> SnapshotListAnswer {
        SnapshotListAnswer(snapshots: [
            try failed(), try completed(), try underWay(),
        ])
    }
}

extension Answer {
    /// What would be printed.
    func printed(as format: OutputFormat, columnCount: Int? = nil) -> String {
        let output = OutputBuffer()
        write(as: format, to: output, columnCount: columnCount)
        return String(decoding: output.bytes, as: UTF8.self)
    }
}

/// SplitMix64: the same numbers for the same seed, everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}
