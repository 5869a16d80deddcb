import Glibc
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

extension Integration {
    /// kill -9 at random moments of a create, and a check of everything after each.
    @Suite struct Kills {
        private static let killCount = 50
        /// Some creates are done before the blow falls.
        private static let attemptLimit = 120
        private static let byteCount = 48 << 20

        @Test func loseNothing() throws {
            let seed = UInt64.random(in: 0...9_999_999)
            print("kill -9: seed \(seed)")
            try ScratchDirectory.with { directory in
                var random = SeededRandom(seed: seed)
                let image = try directory.volume("image", byteCount: Self.byteCount)
                try LoopDevice.with(over: image) { loop in
                    var run = KillRun(
                        program: Program(in: directory),
                        directory: directory,
                        image: image,
                        volume: loop.path
                    )
                    try run.complete()
                    for number in 0..<Self.attemptLimit where run.killedCount < Self.killCount {
                        if number.isMultiple(of: 2) { try run.change(using: &random) }
                        try run.kill(using: &random)
                        try run.check()
                        if number % 3 == 2 { try run.complete() }
                        if number % 15 == 14 { try run.checkContents(using: &random) }
                    }
                    try run.complete()
                    let before = try run.program.list().filter { $0.state == "completed" }
                    try run.program.rebuild()
                    #expect(try run.program.list() == before)
                    try run.checkEverything()
                    run.tell()
                }
            }
        }
    }
}

private struct KillRun {
    let program: Program
    let directory: ScratchDirectory
    let image: FilePath
    let volume: FilePath
    /// The sum of what each completed snapshot holds.
    private var contents: [String: String] = [:]
    private var currentSum = ""
    /// How long the last create took: the blows are spread over that.
    private var duration = Duration.milliseconds(200)
    private(set) var killedCount = 0
    private var (deadCount, finishedCount) = (0, 0)

    init(program: Program, directory: ScratchDirectory, image: FilePath, volume: FilePath) {
        (self.program, self.directory, self.image, self.volume) = (program, directory, image, volume)
    }

    /// Rewrites a few places, so that the next create has something to store.
    mutating func change(using random: inout SeededRandom) throws {
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let byteCount = Int.random(in: 1...(8 << 20), using: &random)
            try scramble(volume, byteCount, at: Int.random(in: 0..<(40 << 20), using: &random))
        }
        currentSum = ""
    }

    /// The worker's first line says that its snapshot is pending.
    private var logByteCount: Int {
        (try? FileStatus(of: program.root.appending("log").appending("snapctl.log")).byteCount) ?? 0
    }

    mutating func kill(using random: inout SeededRandom) throws {
        let logged = logByteCount
        let run = try program.start(
            "create",
            "--volume",
            volume.string,
            "--pack-size",
            "4M",
            logs: directory
        )
        // Two in three fall while there is a pending snapshot to lose, the others at any moment.
        let limit = Int(duration / .microseconds(1))
        if Int.random(in: 0..<3, using: &random) > 0 {
            #expect(try wait { try logByteCount > logged || run.poll() != nil })
            usleep(useconds_t(Int.random(in: 0...limit / 3, using: &random)))
        } else {
            usleep(useconds_t(Int.random(in: 0...limit, using: &random)))
        }
        let outcome = try run.killBoth()
        if outcome.status == 128 + SIGKILL { killedCount += 1 } else { finishedCount += 1 }
    }

    /// Everything that was promised is there, and what died is told.
    mutating func check() throws {
        let known = Set(contents.keys)
        // A worker that was being started when the blow fell hears that the command is gone.
        #expect(try wait { try !program.list().contains { $0.state == "pending" } })
        let snapshots = try program.list()
        #expect(try program.unfinished().isEmpty, "after the next command")
        #expect(!snapshots.contains { $0.state == "pending" })
        #expect(known.isSubset(of: Set(snapshots.filter { $0.state == "completed" }.map(\.id))))
        let deadNow = snapshots.count { $0.state == "error" }
        for snapshot in snapshots where snapshot.state == "error" {
            #expect(snapshot.stateMessage?.contains("ended before it was ") == true)
            #expect(snapshot.fullByteCount == nil)
        }
        deadCount = deadNow
        // One that was completed before the blow, or from its record after it.
        for snapshot in snapshots where snapshot.state == "completed" && !known.contains(snapshot.id) {
            contents[snapshot.id] = try sumNow()
        }
        guard let last = snapshots.first(where: { $0.state == "completed" }) else { return }
        #expect(try program.verifies(last.id))
        #expect(try program.files("snap-*.json").count == contents.count, "one record a completed snapshot")
    }

    mutating func complete() throws {
        let watch = Stopwatch()
        let snapshot = try program.create(volume, "--pack-size", "4M")
        duration = watch.elapsed
        contents[snapshot.id] = try sumNow()
        #expect(try program.verify(snapshot.id, "--against", volume.string).status == 0)
    }

    /// One of them is restored, and all are read.
    mutating func checkContents(using random: inout SeededRandom) throws {
        for id in contents.keys.sorted() { #expect(try program.verifies(id)) }
        guard let id = contents.keys.sorted().randomElement(using: &random) else { return }
        try checkContents(of: id)
    }

    func checkEverything() throws {
        for id in contents.keys.sorted() {
            #expect(try program.verifies(id))
            try checkContents(of: id)
        }
    }

    private func checkContents(of id: String) throws {
        let target = directory.appending("restored")
        try program.restore(id, to: target)
        #expect(try sum(target) == contents[id], "\(id)")
        try File.remove(target)
    }

    private mutating func sumNow() throws -> String {
        if currentSum.isEmpty { currentSum = try sum(image) }
        return currentSum
    }

    func tell() {
        print(
            """
            kill -9: \(killedCount) killed (\(deadCount) found dead), \(finishedCount) were done before, \
            \(contents.count) snapshots completed
            """
        )
        #expect(killedCount >= 50 && deadCount >= 10)
    }
}
