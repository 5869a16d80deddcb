import Glibc
import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

/// Blows at random moments of creates of one volume, and a look at everything after each.
struct KillRounds {
    typealias Blow = FreezingCreate.Blow

    /// Within which everybody can write again: a second after a kill, and after the deadline of what is stopped.
    private static let secondsToThaw = 1.0
    private static let (longFreeze, shortFreeze) = (Duration.seconds(20), Duration.milliseconds(600))

    let program: Program
    private let method: ConsistencyMethod
    private let place: Place
    private let writer: SteadyWriter
    private let directory: ScratchDirectory
    private var random: SeededRandom

    /// How long it lasts, when nobody disturbs, from the start of the freezer to the freeze, the freeze, and what follows.
    private var (beforeFreeze, frozen, afterFreeze) = (Duration.zero, Duration.zero, Duration.zero)
    /// Those that were looked at, with the states they had.
    private var known: [String: String] = [:]
    private var roundCount = 0
    private var hits: [String: Int] = [:]
    private var misses: [String: Int] = [:]
    private var longest: [CInt: Duration] = [:]
    private var interruptedCount = 0

    var hitCount: Int { hits.values.reduce(0, +) }

    init(
        _ program: Program, _ method: ConsistencyMethod, _ place: Place, _ writer: SteadyWriter,
        _ directory: ScratchDirectory, seed: UInt64
    ) throws {
        (self.program, self.method, self.place, self.writer) = (program, method, place, writer)
        (self.directory, random) = (directory, SeededRandom(seed: seed))
        // What is stored once is quicker from then on.
        for _ in 1...2 { try complete() }
    }

    /// `live` is frozen for long enough to be hit only where it is audited.
    private func arguments(_ maxFreeze: Duration) -> [String] {
        let milliseconds = Int(maxFreeze / .milliseconds(1))
        return [
            "--volume", place.device.string, "--consistency", method.rawValue, "--max-freeze", "\(milliseconds)ms",
            "--pack-size", "4M", "--wait",
        ] + (method == .live ? ["--audit"] : [])
    }

    /// One that nobody disturbs works as if nothing had been. It is watched: the moments are spread over what it takes.
    @discardableResult
    mutating func complete() throws -> String {
        let create = try FreezingCreate(program, arguments(Self.longFreeze), logs: directory)
        let watch = Stopwatch()
        let isHeldUp = try wait { writer.isHeldUp }
        beforeFreeze = watch.elapsed
        let goesOn = try wait { !writer.isHeldUp }
        frozen = watch.elapsed - beforeFreeze
        let outcome = try create.command.wait()
        afterFreeze = watch.elapsed - beforeFreeze - frozen
        #expect(isHeldUp && goesOn && outcome.status == 0, "\(outcome.errors)")
        let snapshot = try decode(SnapshotFields.self, outcome.output)
        #expect(snapshot.state == "completed" && snapshot.own.consistency.level == "filesystem")
        try look(after: nil, isHit: false)
        return snapshot.id
    }

    // MARK: - A round

    mutating func carryOut(_ blow: Blow) throws {
        roundCount += 1
        let maxFreeze = blow.signal == SIGKILL ? Self.longFreeze : Self.shortFreeze
        let create = try FreezingCreate(program, arguments(maxFreeze), logs: directory)
        defer { create.endAll() }
        let words = "round \(roundCount), \(blow)"
        awaitMoment()
        // Both before and after: a thaw that falls between them would leave the blow without effect.
        let wasHeldUp = writer.isHeldUp
        create.strike(blow)
        let isHit = wasHeldUp && writer.isHeldUp
        if isHit { hits["\(blow)", default: 0] += 1 } else { misses["\(blow)", default: 0] += 1 }
        if blow.victim != .workerAndFreezer { awaitThaw(blow, maxFreeze, words) }
        let isOver = try create.finish(blow, goingOn: Bool.random(using: &random))
        #expect(isOver, "\(words): a process is left")
        try look(after: blow, isHit: isHit, words)
    }

    /// One of so many blows falls anywhere: a clone, unlike a freeze, is read after it, so that more is to be hit there.
    private var strayRoundCount: Int { method == .clone ? 3 : 8 }

    /// Mostly while it is frozen, so far as that lasts as long as the last time; else anywhere from the start of the
    /// freezer to the end.
    private mutating func awaitMoment() {
        if roundCount.isMultiple(of: strayRoundCount) {
            return rest(random(upTo: beforeFreeze + frozen + afterFreeze))
        }
        _ = Waiting.until(seconds: 10) { writer.isHeldUp }
        rest(random(upTo: frozen * 0.8))
    }

    private mutating func random(upTo duration: Duration) -> Duration {
        .microseconds(Int.random(in: 0...Int(duration / .microseconds(1)), using: &random))
    }

    private func rest(_ duration: Duration) { usleep(useconds_t(duration / .microseconds(1))) }

    private mutating func awaitThaw(_ blow: Blow, _ maxFreeze: Duration, _ words: String) {
        let bound = Self.secondsToThaw + (blow.signal == SIGKILL ? 0 : maxFreeze / .seconds(1))
        let delay = writer.delay(within: bound)
        #expect(delay != nil, "\(words): not writable within \(bound) s")
        longest[blow.signal] = max(longest[blow.signal] ?? .zero, delay ?? .seconds(bound))
    }

    // MARK: - After it

    /// The next command clears away what is left; then all is as if nothing had been, but for the new snapshot.
    private mutating func look(after blow: Blow?, isHit: Bool, _ words: String = "undisturbed") throws {
        let asksDoctor = roundCount.isMultiple(of: 2)
        let isStillFrozen = writer.isHeldUp
        let outcome = try program.run(asksDoctor ? "doctor" : "list")
        #expect(outcome.status == 0, "\(words): \(outcome.errors)")
        #expect(writer.goesOn(within: Self.secondsToThaw), "\(words): the next command has not thawed")
        if asksDoctor, isStillFrozen {
            #expect(outcome.output.contains("frozen-filesystem"), "\(words): \(outcome.output)")
        }
        var snapshots = try program.list()
        let pending = snapshots.filter { $0.state == "pending" }
        for snapshot in pending { try settle(snapshot, words) }
        if !pending.isEmpty { snapshots = try program.list() }
        for snapshot in snapshots where known[snapshot.id] == nil {
            known[snapshot.id] = snapshot.state
            try check(snapshot, after: blow, isHit: isHit, words)
        }
        try checkNothingIsLeft(snapshots, words)
    }

    /// A worker that died once its clone was secured: another goes on with it, or it is given up.
    private mutating func settle(_ snapshot: SnapshotFields, _ words: String) throws {
        #expect(method == .clone && snapshot.own.consistency.instant != nil, "\(words): \(snapshot)")
        interruptedCount += 1
        // 'doctor' goes on by itself.
        if snapshot.stateMessage == nil {
            try program.waitFor([snapshot.id])
        } else if Bool.random(using: &random) {
            try Command.check(program.line(["resume", snapshot.id, "--wait"]))
        } else {
            try Command.check(program.line(["cancel", snapshot.id]))
        }
    }

    /// What was read of a freeze that was broken, or by somebody dead, is no snapshot; any other is whole.
    private func check(_ snapshot: SnapshotFields, after blow: Blow?, isHit: Bool, _ words: String) throws {
        #expect(snapshot.state == "completed" || snapshot.state == "error", "\(words): \(snapshot)")
        if snapshot.state == "completed" {
            #expect(try program.verifies(snapshot.id), "\(words)")
        } else {
            #expect(blow != nil && snapshot.stateMessage?.isEmpty == false, "\(words): \(snapshot)")
        }
        guard let blow, isHit else { return }
        let breaksFreeze = [.freezer, .workerAndFreezer].contains(blow.victim)
        if breaksFreeze || blow == Blow(victim: .worker, signal: SIGKILL) {
            #expect(snapshot.state == "error", "\(words)")
        }
    }

    private func checkNothingIsLeft(_ snapshots: [SnapshotFields], _ words: String) throws {
        let journals = try Directory.names(in: program.root).filter { $0.hasPrefix("freeze-") }
        #expect(journals.isEmpty, "\(words)")
        let clones = try Directory.names(in: place.image.removingLastComponent()).filter {
            $0.contains("snapctl-clone")
        }
        #expect(clones.isEmpty, "\(words)")
        #expect(try program.unfinished().isEmpty, "\(words)")
        for snapshot in snapshots {
            guard let worker = snapshot.own.worker else { continue }
            #expect(try wait { !isOurs(worker.processNumber) }, "\(words): the worker of \(snapshot.id) is left")
        }
    }

    /// Whether a process of this number is one of the program: numbers are used again.
    private func isOurs(_ process: Int32) -> Bool {
        guard ProcessIdentity(number: process) != nil, let path = try? File.readLink(FilePath("/proc/\(process)/exe"))
        else {
            return false
        }
        return FilePath(path) == Program.path
    }

    func tell() {
        let counts = hits.keys.sorted().map { "\($0) \(hits[$0] ?? 0)" }.joined(separator: ", ")
        let missCount = misses.values.reduce(0, +)
        let completedCount = known.values.count { $0 == "completed" }
        let (kill, stop) = (longest[SIGKILL] ?? .zero, longest[SIGSTOP] ?? .zero)
        print(
            """
            kills under a freeze (\(method.rawValue)): \(hitCount) fell on a frozen filesystem (\(counts)), \(missCount) \
            before or after; writable again after at most \(milliseconds(kill)) ms (kill), \(milliseconds(stop)) ms \
            (stop, deadline \(milliseconds(Self.shortFreeze)) ms); a freeze lasts \(milliseconds(frozen)) ms; \
            \(completedCount) snapshots completed, of \(known.count); \(interruptedCount) interrupted ones were resumed or cancelled
            """
        )
    }

    private func milliseconds(_ duration: Duration) -> Int { Int(duration / .milliseconds(1)) }
}
