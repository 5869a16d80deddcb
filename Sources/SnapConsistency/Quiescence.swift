internal import SnapDevice
package import SnapModel
internal import SnapSystem
internal import SystemPackage

/// Brings volumes to rest, takes the point in time of each at one common instant, and wakes them: hooks, freeze, `take`,
/// thaw, hooks (DESIGN §5).
///
/// Used from one thread. Whatever it was doing when it threw is undone. Where a method holds the freeze, the volumes
/// sleep on until `wake`.
package final class Quiescence {
    /// What was reached.
    package struct Outcome {
        /// In the order of the methods.
        package var points: [any PointInTime]
        package var consistencies: [Consistency]
    }

    private let methods: [any PointInTimeMethod]
    private let options: PointInTimeOptions
    private let journal: FreezeJournal
    private var preparedCount = 0
    private var hooks: HookSequence?
    private var freezer: Freezer?
    private var freezeDuration: Duration?
    /// Of each method that holds up writers by itself.
    private var suspensions: [Duration?] = []
    private var hasQuiesceFailed = false
    private var hasThawedHooks = false
    /// Methods, by number, whose volume got new users.
    private var unquieted: Set<Int> = []

    /// Told what happens, a line each, for the log.
    package var report: (String) -> Void = { _ in }
    /// Asked between the steps: throws when somebody wants it to end.
    package var check: () throws(ConsistencyError) -> Void = {}

    package init(_ methods: [any PointInTimeMethod], _ options: PointInTimeOptions, journal: FreezeJournal) {
        self.methods = methods
        self.options = options
        self.journal = journal
    }

    /// Everything that can be done, and refused, before anybody is held up.
    package func prepare() throws(ConsistencyError) {
        let targets = targets
        do throws(ConsistencyError) {
            try FreezeNeeds.check(targets, needs: needs)
            // Not only after all is copied.
            _ = try HookSequence.find(options.hooks)
            for method in methods {
                preparedCount += 1
                try method.prepare()
            }
        } catch {
            abandon()
            throw error
        }
    }

    /// After `prepare`: what `take` is going to leave, should this process die.
    package var plannedLeases: [PointInTimeLease] { methods.compactMap(\.plannedLease) }

    /// Undoes `prepare`.
    package func abandon() {
        for method in methods.prefix(preparedCount) { method.abandon() }
        preparedCount = 0
    }

    /// Takes the points in time. When it returns, all runs on again, unless a method holds the freeze.
    package func take(_ context: HookContext) throws(ConsistencyError) -> Outcome {
        do throws(ConsistencyError) {
            let instant = try settle(context)
            let points = try takeAll()
            do throws(ConsistencyError) {
                try check()
                if !holdsFreeze { try wake() }
                try noteNewUsers()
            } catch {
                for point in points { point.release() }
                throw error
            }
            return Outcome(points: points, consistencies: consistencies(at: instant))
        } catch {
            sleepNoLonger()
            abandon()
            throw error
        }
    }

    /// Thaws, and runs the hooks that wake. Throws `freezeExpired` when the freeze had ended before: what was read or
    /// taken since is not of one instant. Without effect when nothing sleeps.
    package func wake() throws(ConsistencyError) {
        defer { sleepNoLonger() }
        guard let freezer else { return }
        let duration = try freezer.thaw()
        freezeDuration = duration
        report("thawed after \(duration.formattedMilliseconds)")
    }

    /// What is known of the image of a volume by now.
    package func consistencies(at instant: Timestamp) -> [Consistency] {
        methods.enumerated().map { index, method in
            Consistency(
                method: method.method, level: level(of: method, index), instant: method.method == .none ? nil : instant,
                freezeDuration: freezeDuration ?? (suspensions.isEmpty ? nil : suspensions[index]),
                hooks: hooks?.runs ?? [])
        }
    }

    package var holdsFreeze: Bool { freezer != nil && methods.contains(where: \.holdsFreeze) }

    // MARK: - Steps

    /// Approaches and quiets, and again where a freeze came too early. Returns the instant.
    private func settle(_ context: HookContext) throws(ConsistencyError) -> Timestamp {
        var retries = SettleRetries(areHeldUp: holdsFreezeLong)
        while true {
            for method in methods { try method.approach(check) }
            do throws(ConsistencyError) {
                try runHooks(context)
                try freeze()
                let instant = Timestamp.now()
                for method in methods { try method.settle() }
                return instant
            } catch {
                let error = expiry(explaining: error) ?? error
                guard retries.allow(error) else { throw error }
                report("thawed, and tried again: \(error)")
                sleepNoLonger()
                (hooks, hasThawedHooks, hasQuiesceFailed) = (nil, false, false)
                CurrentProcess.rest(for: retries.pause)
            }
        }
    }

    /// Whoever sees writes after a freeze that has ended sees nothing wrong.
    private func expiry(explaining error: ConsistencyError) -> ConsistencyError? {
        guard let freezer, [.marksLost, .pointInTimeLost, .notConverged].contains(error.code) else { return nil }
        do throws(ConsistencyError) { try freezer.confirmFrozen() } catch { return error }
        return nil
    }

    /// Whether one freeze is all that there may be: it lasts as long as the read, or nothing has been copied before.
    private var holdsFreezeLong: Bool {
        options.audits || methods.contains(where: \.holdsFreeze) || !methods.contains(where: \.needsFreeze)
    }

    private var targets: [FreezeTarget] {
        var targets: [FreezeTarget] = []
        for target in methods.flatMap({ $0.targets(isInSet: methods.count > 1) }) where !targets.contains(target) {
            targets.append(target)
        }
        // Deepest first over all volumes: one may be mounted inside another.
        return targets.sorted { $0.mountPoint.components.count > $1.mountPoint.components.count }
    }

    private var needs: [FrozenNeed] { options.needs + methods.flatMap(\.needs) }

    private func runHooks(_ context: HookContext) throws(ConsistencyError) {
        try check()
        let sequence = try HookSequence(options.hooks, context)
        guard !sequence.isEmpty else { return }
        hooks = sequence
        do throws(ConsistencyError) {
            try sequence.freeze()
            report("hooks are done: \(sequence.runs.map(\.name).joined(separator: ", "))")
        } catch {
            try tolerate(error)
            sequence.thaw()
            hasThawedHooks = true
        }
    }

    private func freeze() throws(ConsistencyError) {
        try check()
        guard !targets.isEmpty else { return }
        do throws(ConsistencyError) {
            let freezer = try frozen()
            self.freezer = freezer
            for method in methods { method.watch { () throws(ConsistencyError) in try freezer.confirmFrozen() } }
            report("frozen: \(targets.map(\.mountPoint.string).joined(separator: ", "))")
        } catch {
            // What is read while frozen has no instant without the freeze.
            if methods.contains(where: \.needsFreeze) { throw error }
            try tolerate(error)
        }
    }

    /// A short freeze of another snapshot of the same volume is waited for.
    private func frozen() throws(ConsistencyError) -> Freezer {
        let watch = Stopwatch()
        let maxFreeze = methods.map { $0.maxFreeze ?? options.maxFreeze }.max() ?? options.maxFreeze
        while true {
            let freezer = try Freezer.start(targets, maxFreeze: maxFreeze, journal: journal)
            do throws(ConsistencyError) {
                for method in methods { try method.catchUp() }
                try freezer.freeze()
                return freezer
            } catch {
                freezer.stop()
                guard error.code == .alreadyFrozen, watch.elapsed < Self.patience else { throw error }
                try check()
                CurrentProcess.rest(for: Self.interval)
            }
        }
    }

    private static let patience = Duration.seconds(3)
    private static let interval = Duration.milliseconds(100)

    private func takeAll() throws(ConsistencyError) -> [any PointInTime] {
        var points: [any PointInTime] = []
        do throws(ConsistencyError) {
            for method in methods { points.append(try method.take()) }
            preparedCount = 0
            suspensions = points.map(\.suspension)
            return points
        } catch {
            for point in points { point.release() }
            throw error
        }
    }

    /// Goes on after a failed hook or freeze, where the user said so.
    private func tolerate(_ error: ConsistencyError) throws(ConsistencyError) {
        guard options.onQuiesceFailure == .crashConsistent else { throw error }
        hasQuiesceFailed = true
        report("goes on without: \(error)")
    }

    /// Who came since the volume was looked at was not frozen with the others.
    private func noteNewUsers() throws(ConsistencyError) {
        for (index, method) in methods.enumerated() where method.level < .crash && method.method != .exclusive {
            let users = VolumeUsers.find(of: method.facts)
            let known = Set(method.targets(isInSet: true).map(\.mountPoint))
            let isSame = users.filesystems.compactMap(\.freezePoint).allSatisfy(known.contains)
            guard !isSame || !users.unquieted.isEmpty else { continue }
            if method.method == .live {
                let user = users.unquieted.first ?? "another filesystem is mounted from it"
                throw ConsistencyError(
                    .pointInTimeLost, "\(method.facts.path) was put to use meanwhile: \(user); take it again")
            }
            unquieted.insert(index)
            report("\(method.facts.path) was put to use meanwhile: crash-consistent")
        }
    }

    private func sleepNoLonger() {
        freezer?.stop()
        freezer = nil
        guard let hooks, !hasThawedHooks else { return }
        hasThawedHooks = true
        hooks.thaw()
        for line in hooks.transcript { report("hook \(line)") }
    }

    private func level(of method: any PointInTimeMethod, _ index: Int) -> ConsistencyLevel {
        guard method.level < .none else { return .none }
        if hasQuiesceFailed || unquieted.contains(index) { return max(.crash, method.level) }
        // Programs at rest above filesystems that are not would be no better than these; and a hook whose thaw failed may
        // have lost its hold before the end.
        let runs = hooks?.runs ?? []
        let haveRested = runs.allSatisfy {
            $0.freezeOutcome == .succeeded && ($0.thawOutcome ?? .succeeded) == .succeeded
        }
        return runs.isEmpty || !haveRested || method.level > .filesystem ? method.level : .application
    }
}

extension Duration {
    /// "12.3 ms"
    var formattedMilliseconds: String {
        let tenths = Int((self / .milliseconds(1) * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) ms"
    }
}
