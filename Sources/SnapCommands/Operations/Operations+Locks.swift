internal import SnapEngine
internal import SnapModel
internal import SnapSystem

/// LockSnapshot, UnlockSnapshot, DescribeLockedSnapshots.
extension OperationTable {
    static let locks = [lockSnapshot, unlockSnapshot, describeLockedSnapshots]

    private static let lockSnapshot = Operation(
        "LockSnapshot", "Keep a snapshot from being deleted for a time, or change its lock.",
        input: StructureShape([
            Shapes.snapshotID, Shapes.dryRun,
            .required(
                "LockMode", .word(["compliance", "governance"]),
                "A governance lock can be changed and taken away; a compliance lock, once it has cooled off, only made longer."
            ),
            .member("CoolOffPeriod", .integer, "Of compliance mode: 1 to 72 hours in which it can still be changed."),
            .member("LockDuration", .integer, "1 to 36500 days. Either this or --expiration-date."),
            .member("ExpirationDate", .timestamp, "Such as 2030-01-31T00:00:00Z."),
        ]),
        output: StructureShape(Shapes.lock)
    ) { (input, own: PlainOptions) in
        let engine = try own.shared.openEngine()
        try input.endDryRun(engine)
        let request = LockRequest(
            snapshot: try input.snapshotID(),
            terms: try LockTerms.reading(
                mode: input.text("LockMode") ?? "", days: input.integer("LockDuration"),
                until: try input.time("ExpirationDate"), coolOffHours: input.integer("CoolOffPeriod")))
        return LockAnswer(snapshots: [try engine.lock(request)], isList: false)
    }

    private static let unlockSnapshot = Operation(
        "UnlockSnapshot", "Take the lock of a snapshot away.",
        input: StructureShape([Shapes.snapshotID, Shapes.dryRun]),
        output: StructureShape([.member("SnapshotId", .string)])
    ) { (input, own: PlainOptions) in
        let engine = try own.shared.openEngine()
        try input.endDryRun(engine)
        return SnapshotAnswer(snapshot: try engine.unlock(try input.snapshotID()))
    }

    private static let describeLockedSnapshots = Operation(
        "DescribeLockedSnapshots", "Show the locks of snapshots, also those that have expired.",
        input: StructureShape([
            Shapes.filters, Shapes.maxResults, Shapes.nextToken, Shapes.snapshotIDs, Shapes.dryRun,
        ]),
        output: Shapes.page("Snapshots", of: StructureShape([.member("OwnerId", .string)] + Shapes.lock))
    ) { (input, own: PlainOptions) in
        let engine = try own.shared.openEngine()
        try input.endDryRun()
        let page = try engine.lockedSnapshots(
            try input.snapshotIDs(), filters: input.filters, page: input.page)
        return LockAnswer(snapshots: page.elements, isList: true, nextToken: page.nextToken)
    }
}

/// What a lock is asked to be, from words.
enum LockTerms {
    /// Throws `invalidParameter`, `invalidParameterCombination`, `missingParameter`.
    static func reading(
        mode: String, days: Int?, until: Timestamp?, coolOffHours: Int?
    ) throws(EngineError) -> SnapshotLockTerms {
        guard let mode = SnapshotLockMode(rawValue: mode) else {
            throw EngineError(.invalidParameter, "Value (\(mode)) for parameter lockMode is invalid.")
        }
        switch (days, until) {
        case (let days?, nil): return SnapshotLockTerms(mode: mode, term: .days(days), coolOffHours: coolOffHours)
        case (nil, let time?): return SnapshotLockTerms(mode: mode, term: .until(time), coolOffHours: coolOffHours)
        case (nil, nil):
            throw EngineError(
                .missingParameter, "The request must contain the parameter lockDuration or expirationDate")
        case (.some, .some):
            throw EngineError(
                .invalidParameterCombination,
                "The parameter lockDuration cannot be used with the parameter expirationDate")
        }
    }
}

/// Locks, as EBS shows them.
struct LockAnswer: Answer {
    let snapshots: [Snapshot]
    let isList: Bool
    var nextToken: String?

    var value: OutputValue {
        let now = Timestamp.now()
        let locks = snapshots.map { Self.fields(of: $0, at: now) }
        return isList ? .page("Snapshots", .list(locks), nextToken) : locks.first ?? .record([])
    }

    static func fields(of snapshot: Snapshot, at now: Timestamp) -> OutputValue {
        var fields: [OutputField] = []
        fields.append("OwnerId", .text(snapshot.ownerID))
        fields.append("SnapshotId", .text(snapshot.id.rawValue))
        if let lock = snapshot.lock {
            fields.append("LockState", .text(lock.state(at: now).rawValue))
            fields.append("LockDuration", lock.durationDays.map(OutputValue.integer))
            fields.append("CoolOffPeriod", lock.coolOffHours.map(OutputValue.integer))
            fields.append("CoolOffPeriodExpiresOn", lock.coolOffExpiryTime.map(OutputValue.time))
            fields.append("LockCreatedOn", .time(lock.createTime))
            fields.append("LockDurationStartTime", lock.startTime.map(OutputValue.time))
            fields.append("LockExpiresOn", lock.expiryTime.map(OutputValue.time))
        }
        return .record(fields)
    }

    func writeTable(to output: OutputBuffer, style: Style, columnCount: Int?) {
        DocumentAnswer(value: value).writeTable(to: output, style: style, columnCount: columnCount)
    }
}
