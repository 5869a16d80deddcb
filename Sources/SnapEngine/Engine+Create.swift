internal import SnapCatalogue
internal import SnapConsistency
internal import SnapDevice
package import SnapModel
internal import SnapStore
package import SnapSystem
internal import SystemPackage

extension Engine {
    /// What `create` and `resume` tell while they work, on the thread that called them.
    package struct Events {
        /// Others see the records from now on.
        package var onPending: ([Snapshot]) -> Void = { _ in }
        /// The points in time are secured. `isHolding`: writers are held up until the volumes are read.
        package var onSecured: (_ snapshots: [Snapshot], _ isHolding: Bool) -> Void = { _, _ in }

        package init() {}
    }

    /// Images one volume, or several at one common instant. Returns the completed snapshots, in the order of the volumes,
    /// once every byte of all is durable.
    ///
    /// After `onPending`, whatever is thrown is also the StateMessage of every snapshot, and their state `error`. What was
    /// stored until then is used by the next try.
    package func create(
        _ request: CreateRequest, progress: TransferProgress, cancellation: CancellationFlag,
        events: Events = Events()
    ) throws(EngineError) -> [Snapshot] {
        try Self.validate(request)
        let facts = try request.volumes.map { (text) throws(EngineError) in try resolveVolume(text) }
        try refuseTwins(facts)
        let options = options(request)
        let inspections = try facts.map { (facts) throws(EngineError) in
            try securing { () throws(ConsistencyError) in
                try VolumeInspection.inspect(facts, cloneDirectory: options.cloneDirectory)
            }
        }
        try Self.refuseInSet(inspections)
        let methods = try inspections.map { (inspection) throws(EngineError) in
            try chooseMethod(inspection, options)
        }
        let quiescence = Quiescence(methods, options, journal: FreezeJournal(in: configuration.root))
        try securing { () throws(ConsistencyError) in try quiescence.prepare() }
        let snapshots: [Snapshot]
        do throws(EngineError) {
            snapshots = try record(request, methods, leaving: quiescence.plannedLeases)
        } catch {
            quiescence.abandon()
            throw error
        }
        log.info(snapshots, "pending: \(facts.map(\.path.string).joined(separator: ", "))")
        events.onPending(snapshots)
        let context = Self.hookContext(snapshots, inspections)
        let job = SnapshotJob(snapshots, engine: self, progress: progress, cancellation: cancellation)
        return try job.run { (job) throws(EngineError) in
            do throws(EngineError) {
                try job.copyFirst(methods, audits: options.audits)
            } catch {
                quiescence.abandon()
                throw error
            }
            events.onSecured(try job.secure(quiescence, context), job.holdsFreeze)
            return try job.finish()
        }
    }

    /// Opens the root for `create`, making it where there is none; but nothing is made for a request that cannot be
    /// carried out: its volumes are looked at before.
    package static func openForCreating(
        _ configuration: EngineConfiguration, _ request: CreateRequest
    ) throws(EngineError) -> Engine {
        try validate(request)
        let areVolumeIDs = request.volumes.contains { VolumeID($0) != nil && !File.exists(FilePath($0)) }
        if areVolumeIDs || File.exists(configuration.cataloguePath) {
            return try open(configuration, creating: !areVolumeIDs)
        }
        for volume in request.volumes { try tryOut(volume, request, configuration) }
        return try open(configuration, creating: true)
    }

    static func validate(_ request: CreateRequest) throws(EngineError) {
        let length = request.description.unicodeScalars.count
        guard length <= CreateRequest.descriptionLimit else {
            throw EngineError(
                .invalidParameter,
                "Value (\(request.description)) for parameter description is invalid. "
                    + "It exceeds \(CreateRequest.descriptionLimit) characters")
        }
        try checkingTags { () throws(TagRules.Breach) in try TagRules.check(request.tags) }
    }

    /// What a path, or the path of a known `vol-…`, is today.
    func resolveVolume(_ text: String) throws(EngineError) -> VolumeFacts {
        guard text.hasPrefix(VolumeID.prefix + "-"), !File.exists(FilePath(text)) else {
            return try VolumeFacts.inspecting(text)
        }
        guard let id = VolumeID(text) else {
            throw EngineError(
                .malformedVolumeID, "Invalid id: \"\(text)\" (expecting \"vol-...\" with 17 or 8 hexadecimal digits)")
        }
        let volume = try cataloguing { () throws(CatalogueError) in try catalogue.volume(id) }
        let facts = try VolumeFacts.inspecting(volume.path)
        guard facts.identity == volume.identity else {
            throw EngineError(
                .volumeNotFound,
                "\(volume.path), where \(id) was last seen, is another volume now; name the volume by its path")
        }
        return facts
    }

    /// One volume twice in a set would be in its own way.
    private func refuseTwins(_ facts: [VolumeFacts]) throws(EngineError) {
        for (index, one) in facts.enumerated() {
            guard let other = facts[..<index].first(where: { $0.isSameVolume(as: one) }) else { continue }
            throw EngineError(
                .invalidParameter,
                "\(other.requestedPath) and \(one.requestedPath) are the same volume; name each volume once")
        }
    }

    /// Before anything is prepared: one that cannot stand still with the others ends all.
    private static func refuseInSet(_ inspections: [VolumeInspection]) throws(EngineError) {
        guard inspections.count > 1 else { return }
        for inspection in inspections {
            guard let obstacle = LogicalVolumeMethods.obstacleInSet(inspection) else { continue }
            throw EngineError(.consistencyNotPossible, obstacle)
        }
    }

    // MARK: - The point in time

    /// What must not sleep while a snapshot is taken.
    private func options(_ request: CreateRequest) -> PointInTimeOptions {
        var options = request.options
        options.needs = configuration.needs
        options.spillDirectory = configuration.root
        options.volumeCount = request.volumes.count
        return options
    }

    private func chooseMethod(
        _ inspection: VolumeInspection, _ options: PointInTimeOptions
    ) throws(EngineError) -> any PointInTimeMethod {
        try Self.refuseRoot(inspection.facts, configuration)
        var options = options
        options.liveObstacle = LiveDistrust.obstacle(for: inspection.facts.identity, in: configuration.root)
        let method = try securing { () throws(ConsistencyError) in
            try Self.chooser.choose(inspection, options)
        }
        try Self.refuseCarrier(inspection, method.method, configuration)
        return method
    }

    private static func hookContext(_ snapshots: [Snapshot], _ inspections: [VolumeInspection]) -> HookContext {
        HookContext(
            volumes: zip(inspections, snapshots).map { HookContext.Volume($0.facts.path, $1.volume.id) },
            snapshotIDs: snapshots.map(\.id), setID: snapshots.first?.setID,
            mountPoints: inspections.flatMap { $0.freezeTargets.map(\.mountPoint) })
    }

    private static func tryOut(
        _ volume: String, _ request: CreateRequest, _ configuration: EngineConfiguration
    ) throws(EngineError) {
        let facts = try VolumeFacts.inspecting(volume)
        try refuseRoot(facts, configuration)
        let inspected = try securing { () throws(ConsistencyError) in
            let inspection = try VolumeInspection.inspect(facts, cloneDirectory: request.options.cloneDirectory)
            let method = try chooser.choose(inspection, request.options)
            try method.prepare()
            method.abandon()
            return (inspection, method.method)
        }
        try refuseCarrier(inspected.0, inspected.1, configuration)
    }

    /// Opening a file of the catalogue would end SQLite's locks on it (fcntl(2)).
    static func refuseRoot(
        _ facts: VolumeFacts, _ configuration: EngineConfiguration
    ) throws(EngineError) {
        let root = (try? File.resolve(configuration.root)) ?? configuration.root
        if facts.kind == .regularFile, facts.path.starts(with: root) {
            throw EngineError(DeviceError.carriesStore(facts.requestedPath, stored: root))
        }
    }

    /// A volume that grows by what is read from it would never be read to its end, nor consistently; unless its bytes
    /// are fixed before the first write. Not so that of the running system, which must not wait for its own snapshot.
    static func refuseCarrier(
        _ inspection: VolumeInspection, _ method: ConsistencyMethod, _ configuration: EngineConfiguration
    ) throws(EngineError) {
        let facts = inspection.facts
        guard !method.fixesBytes || inspection.carriesRoot else { return }
        for path in [configuration.storePath, configuration.cataloguePath, configuration.logPath] {
            guard let path, VolumeStack.carries(facts, path) else { continue }
            throw EngineError(DeviceError.carriesStore(facts.requestedPath, stored: path))
        }
    }

    // MARK: - The record

    private func record(
        _ request: CreateRequest, _ methods: [any PointInTimeMethod], leaving leases: [PointInTimeLease]
    ) throws(EngineError) -> [Snapshot] {
        let now = Timestamp.now()
        let setID = methods.count > 1 ? SnapshotSetID.random() : nil
        let snapshots = try cataloguing { () throws(CatalogueError) in
            try methods.map { (method) throws(CatalogueError) in
                let volume = try register(method.facts, at: now)
                let inherited = request.copiesVolumeTags ? volume.tags : []
                return Snapshot(
                    id: .random(), volume: volume, state: .pending, startTime: now,
                    ownerID: configuration.ownerID, description: request.description,
                    tags: inherited.setting(request.tags),
                    consistency: Consistency(method: method.method), volumeByteCount: method.facts.byteCount,
                    setID: setID,
                    worker: SnapshotWorker(
                        processNumber: ProcessIdentity.current.number, logPath: configuration.logPath?.string),
                    productCodes: volume.productCodes)
            }
        }
        try checkingTags { () throws(TagRules.Breach) in
            for snapshot in snapshots { try TagRules.checkCount(snapshot.tags.count) }
        }
        try cataloguing { () throws(CatalogueError) in
            try catalogue.insert(snapshots, worker: .current, request: PointInTimeLease.text(of: leases))
        }
        return snapshots
    }

    func register(_ facts: VolumeFacts, at time: Timestamp) throws(CatalogueError) -> Volume {
        try catalogue.registerVolume(
            identity: facts.identity, path: facts.path.string, byteCount: facts.byteCount,
            isOtherStillThere: { candidate in
                (try? VolumeFacts.inspect(FilePath(candidate.path)))?.identity == candidate.identity
            },
            at: time)
    }
}

extension VolumeFacts {
    static func inspecting(_ path: String) throws(EngineError) -> VolumeFacts {
        try reading { () throws(DeviceError) in try inspect(FilePath(path)) }
    }
}
