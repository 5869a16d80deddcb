internal import SnapDevice
package import SnapModel
internal import SnapSystem
internal import SystemPackage

extension Engine {
    /// Deletes what the policies let go; with `isDryRun`, only tells what that would be.
    ///
    /// `names`: of these policies only, or of all. What others keep stays all the same. What is locked or being read stays,
    /// and is told. With the bytes freed it is as with `freedIfDeleted`: exact for what goes in one run. A failure to delete
    /// is in the outcome, with what was deleted before.
    package func applyPolicies(
        _ names: [String] = [], isDryRun: Bool, skipsBin: Bool = false, at now: Timestamp = .now()
    ) throws(EngineError) -> PolicyOutcome {
        for name in names { _ = try configuration.policy(name) }
        let snapshots = try snapshots([])
        let plan = RetentionPlan(
            configuration.policies, for: snapshots, places: places(among: snapshots),
            damaged: maintenanceRecord.damaged,
            in: configuration.zone)
        let read = Set(try snapshotsBeingRead())
        let lines = plan.verdicts.filter { verdict in names.isEmpty || names.contains(where: verdict.policies.contains)
        }
        .map { PolicyOutcome.Line(verdict: $0, fate: Self.fate(of: $0, read: read, at: now)) }
        let going = lines.filter { $0.fate == .goes }.map(\.verdict.snapshot.id)
        var outcome = PolicyOutcome(
            isDryRun: isDryRun, lines: lines, freedByteCount: going.isEmpty ? 0 : try freedIfDeleted(Set(going)))
        if !isDryRun { carryOut(&outcome, skipsBin: skipsBin, at: now) }
        return outcome
    }

    private func carryOut(_ outcome: inout PolicyOutcome, skipsBin: Bool, at now: Timestamp) {
        for index in outcome.lines.indices where outcome.lines[index].fate == .goes {
            do throws(EngineError) {
                outcome.lines[index].fate = try carryOut(
                    outcome.lines[index].verdict.snapshot.id, skipsBin: skipsBin, at: now)
            } catch {
                outcome.failure = error
                return
            }
        }
    }

    /// Which volume each path in the policies names: the one that is there now, by whatever name the path leads to it.
    /// Where nothing is, the one that was imaged there last; but never one that was there before another.
    ///
    /// `snapshots`: newest first.
    private func places(among snapshots: [Snapshot]) -> [String: VolumeID] {
        var places: [String: VolumeID] = [:]
        for path in Set(configuration.policies.flatMap(\.paths)) {
            let meant: (Volume) -> Bool
            if let facts = try? VolumeFacts.inspect(FilePath(path)) {
                let isSure = facts.identity.strength == .strong
                meant = { $0.identity == facts.identity && (isSure || $0.path == facts.path.string) }
            } else {
                meant = { $0.path == path }
            }
            places[path] = snapshots.first { meant($0.volume) }?.volume.id
        }
        return places
    }

    private static func fate(
        of verdict: RetentionPlan.Verdict, read: Set<SnapshotID>, at now: Timestamp
    ) -> PolicyOutcome.Fate {
        if verdict.isKept { return .kept }
        if let lock = verdict.snapshot.lock, lock.forbidsDeletion(at: now) { return .locked(until: lock.expiryTime) }
        return read.contains(verdict.snapshot.id) ? .inUse : .goes
    }

    /// Somebody may have locked it, begun to read it, or deleted it a moment ago.
    private func carryOut(
        _ id: SnapshotID, skipsBin: Bool, at now: Timestamp
    ) throws(EngineError) -> PolicyOutcome.Fate {
        do throws(EngineError) {
            let deleted = try deleteSnapshot(id, options: DeleteOptions(skipsBin: skipsBin), at: now)
            log.notice("\(id): deleted by policy")
            return .deleted(deleted.stay)
        } catch {
            switch error.code {
            case .snapshotLocked: return .locked(until: nil)
            case .snapshotInUse: return .inUse
            case .snapshotNotFound: return .deleted(nil)
            default: throw error
            }
        }
    }
}

extension EngineConfiguration {
    /// The policy of that name. Throws `policyNotFound`.
    package func policy(_ name: String) throws(EngineError) -> RetentionPolicy {
        guard let policy = policies.first(where: { $0.name == name }) else {
            throw EngineError(.policyNotFound, "there is no policy '\(name)' in the configuration")
        }
        return policy
    }
}
