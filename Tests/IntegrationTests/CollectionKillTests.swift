import GRDB
import Glibc
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

extension Integration {
    /// kill -9 at random moments of gc, beside creates and restores, and a check of everything after each.
    @Suite struct CollectionKills {
        private static let timeLimit = Duration.seconds(30)
        private static let leastKillCount = 5

        @Test func loseNothing() throws {
            let seed = UInt64.random(in: 0...9_999_999)
            print("kill -9 of gc: seed \(seed)")
            try ScratchDirectory.with { directory in
                var random = SeededRandom(seed: seed)
                var run = try CollectionRun(directory)
                let watch = Stopwatch()
                while watch.elapsed < Self.timeLimit || run.killedCount < Self.leastKillCount {
                    try run.change(using: &random)
                    try run.round(using: &random)
                    #expect(watch.elapsed < Self.timeLimit * 6, "hardly any blow fell")
                    if watch.elapsed > Self.timeLimit * 6 { break }
                }
                try run.end()
                print("kill -9 of gc: \(run.killedCount) killed, \(run.finishedCount) were done before")
            }
        }
    }
}

private struct CollectionRun {
    private static let byteCount = 24 << 20
    private static let snapshotLimit = 4

    let program: Program
    let directory: ScratchDirectory
    let image: FilePath
    /// The sum of what each snapshot holds.
    private var contents: [String: String] = [:]
    private(set) var (killedCount, finishedCount) = (0, 0)

    init(_ directory: ScratchDirectory) throws {
        program = Program(in: directory)
        self.directory = directory
        image = try directory.volume("image", byteCount: Self.byteCount)
        try create()
    }

    private mutating func create() throws {
        let snapshot = try program.create(image, "--pack-size", "4M")
        contents[snapshot.id] = try sum(image)
    }

    func change(using random: inout SeededRandom) throws {
        for _ in 0..<3 {
            try scramble(image, 1 << 20, at: Int.random(in: 0..<Self.byteCount - (1 << 20), using: &random))
        }
    }

    mutating func round(using random: inout SeededRandom) throws {
        try create()
        while contents.count > Self.snapshotLimit {
            if let id = contents.keys.sorted().randomElement(using: &random) { try delete(id) }
        }
        let collection = try program.start("gc", "--repack-all", logs: directory)
        let restored = directory.appending("restored")
        let kept = try #require(contents.keys.sorted().randomElement(using: &random))
        let restore = try program.start("restore", kept, "--to", restored.string, logs: directory)
        if Bool.random(using: &random) { try create() }
        usleep(useconds_t(Int.random(in: 0...150_000, using: &random)))
        if try collection.end(SIGKILL).status == 128 + SIGKILL { killedCount += 1 } else { finishedCount += 1 }
        #expect(try restore.wait().status == 0)
        #expect(try sum(restored) == contents[kept])
        try File.remove(restored)
        for id in contents.keys.sorted() { #expect(try program.verifies(id), "\(id)") }
    }

    /// For good, as the recycle bin does in the end.
    private mutating func delete(_ id: String) throws {
        try File.remove(program.store.appending("snapshots/\(id).json"))
        let queue = try DatabaseQueue(path: program.catalogue.string)
        try queue.write { try $0.execute(sql: "DELETE FROM snapshot WHERE snapshotId = ?", arguments: [id]) }
        try queue.close()
        contents[id] = nil
    }

    /// What the dead left is ended; all is there, and nothing else.
    func end() throws {
        // A pack that was being copied, and is not yet known, is left alone while it may be that of somebody alive.
        #expect(try program.run("gc", "--repack-all").status == 0)
        let report = try program.run("stats").output
        #expect(report.contains("\"UnneededByteCount\": 0,"), "\(report)")
        try program.rebuild()
        for (id, sum) in contents {
            let restored = directory.appending("restored")
            try program.restore(id, to: restored)
            #expect(try IntegrationTests.sum(restored) == sum)
            try File.remove(restored)
        }
    }
}
