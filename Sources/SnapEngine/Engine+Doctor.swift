internal import SnapCatalogue
internal import SnapConsistency
internal import SnapModel
internal import SnapStore

/// What `doctor` found, and did about it.
package struct Finding: Hashable, Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case frozenFilesystem = "frozen-filesystem"
        case deadWorker = "dead-worker"
        case interruptedSnapshot = "interrupted-snapshot"
        case leftPointInTime = "left-point-in-time"
        case distrustedLive = "distrusted-live"
    }

    package var kind: Kind
    /// A sentence: what there was.
    package var explanation: String
    /// A sentence: what was done, or is to be done by whom.
    package var remedy: String

    package init(_ kind: Kind, _ explanation: String, _ remedy: String) {
        self.kind = kind
        self.explanation = explanation
        self.remedy = remedy
    }
}

extension Engine {
    /// Looks for what dead processes have left: frozen filesystems, snapshots without a worker, LVM snapshots and clones
    /// that nobody needs; and clears it away. With `isDryRun` only looks.
    package static func diagnose(
        _ configuration: EngineConfiguration, isDryRun: Bool
    ) throws(EngineError) -> [Finding] {
        // First: what is frozen may hold up the rest.
        let frozen =
            isDryRun
            ? FreezeJournal.leftovers(in: configuration.root)
            : FreezeJournal.clearLeftovers(in: configuration.root)
        var findings = frozen.map {
            Finding(.frozenFilesystem, $0, isDryRun ? "'snapctl doctor' thaws it" : "done")
        }
        let objects = LocalObjectStore(root: configuration.storePath)
        let engine = try openUnrecovered(configuration, over: objects, creating: false)
        findings += try engine.deadJobs().map { job in engine.finding(job, isDryRun) }
        if !isDryRun { try engine.recover() }
        findings += try engine.clearLeftPoints(isDryRun)
        findings += try engine.foreignPoints()
        findings += try distrustedVolumes(configuration)
        return findings
    }

    private static func distrustedVolumes(_ configuration: EngineConfiguration) throws(EngineError) -> [Finding] {
        try LiveDistrust.read(in: configuration.root).entries.map {
            Finding(
                .distrustedLive,
                "live is not used for \($0.path): the image of \($0.snapshot) differed from the volume",
                "once it is known why, 'snapctl doctor --allow-live \($0.path)'")
        }
    }

    private func finding(_ job: [PendingSnapshot], _ isDryRun: Bool) -> Finding {
        let names = job.map(\.id.rawValue).joined(separator: ", ")
        guard job.canBeResumed else {
            return Finding(
                .deadWorker, "\(names): the worker ended before the snapshot was completed",
                isDryRun ? "the next command ends it" : "it was ended; 'snapctl list \(job[0].id)' tells how")
        }
        return Finding(
            .interruptedSnapshot, "\(names): the worker ended, and the point in time is still there",
            isDryRun
                ? "'snapctl resume \(job[0].id)' goes on, 'snapctl cancel \(job[0].id)' gives it up"
                : "a new worker goes on with it, unless that failed too often: 'snapctl list \(job[0].id)' tells")
    }

    /// LVM snapshots with our tag that this catalogue knows nothing of: another root's, or of a catalogue that was lost.
    private func foreignPoints() throws(EngineError) -> [Finding] {
        let (held, pending) = try cataloguing { () throws(CatalogueError) in
            (try catalogue.leases(), try catalogue.pendingSnapshots())
        }
        let planned = pending.flatMap { PointInTimeLease.several($0.request ?? "") }
        let known = Set((held.compactMap { PointInTimeLease($0.lease) } + planned).map(\.words))
        let tagged = (try? LogicalVolumeMethods.leftovers()) ?? []
        return tagged.filter { !known.contains($0.words) }.map { lease in
            Finding(
                .leftPointInTime, "\(lease.words) is of no snapshot of this root",
                "leave it to the root that it belongs to, or remove it with lvremove")
        }
    }

    /// Clones and LVM snapshots of snapshots that have ended.
    private func clearLeftPoints(_ isDryRun: Bool) throws(EngineError) -> [Finding] {
        let leases = try cataloguing { () throws(CatalogueError) in try catalogue.leases() }
        return leases.filter { $0.state != .pending }.compactMap { left in
            guard let lease = PointInTimeLease(left.lease), lease.isThere else { return nil }
            if !isDryRun {
                try? lease.clear()
                if !lease.isThere { try? catalogue.releasePointInTime(left.snapshot) }
            }
            return Finding(
                .leftPointInTime, "\(lease.words) of \(left.snapshot) was left, which is \(left.state.rawValue)",
                isDryRun ? "'snapctl doctor' removes it" : lease.isThere ? "it could not be removed" : "it was removed")
        }
    }
}
