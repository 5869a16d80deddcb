internal import SnapCatalogue
internal import SnapDevice
package import SnapModel
internal import SnapStore
package import SnapSystem
internal import SystemPackage

extension Engine {
    /// Images a volume. Returns the completed snapshot, once every byte of it is durable.
    ///
    /// `onPending` is called once, with the record that others see from then on. After that, whatever is thrown is also
    /// the snapshot's StateMessage, and its state `error`. What was stored until then is used by the next try.
    package func create(
        _ request: CreateRequest, progress: TransferProgress, cancellation: CancellationFlag,
        onPending: (Snapshot) -> Void
    ) throws(EngineError) -> Snapshot {
        try Self.validate(request)
        let facts = try resolveVolume(request.volume)
        let reader = try Self.claim(facts, request, configuration)
        defer { reader.close() }
        let snapshot = try record(request, facts, byteCount: reader.byteCount)
        onPending(snapshot)
        let reporter = ProgressReporter(snapshot.id, catalogue: catalogue, progress: progress)
        do throws(EngineError) {
            defer { reporter.stop() }
            progress.begin(totalByteCount: reader.byteCount)
            return try image(snapshot, reader, progress, cancellation)
        } catch {
            var error = error
            error.snapshot = snapshot.id
            end(snapshot.id, because: error)
            throw error
        }
    }

    /// Opens the root for `create`, making it where there is none; but nothing is made for a request that cannot be
    /// carried out: its volume is looked at, and claimed for a moment, before.
    package static func openForCreating(
        _ configuration: EngineConfiguration, _ request: CreateRequest
    ) throws(EngineError) -> Engine {
        try validate(request)
        let isVolumeID = VolumeID(request.volume) != nil && !File.exists(FilePath(request.volume))
        if isVolumeID || File.exists(configuration.cataloguePath) {
            return try open(configuration, creating: !isVolumeID)
        }
        try claim(VolumeFacts.inspecting(request.volume), request, configuration).close()
        return try open(configuration, creating: true)
    }

    private static func validate(_ request: CreateRequest) throws(EngineError) {
        let length = request.description.unicodeScalars.count
        guard length <= CreateRequest.descriptionLimit else {
            throw EngineError(
                .invalidParameter,
                "Value (\(request.description)) for parameter description is invalid. "
                    + "It exceeds \(CreateRequest.descriptionLimit) characters")
        }
    }

    /// What a path, or the path of a known `vol-…`, is today.
    private func resolveVolume(_ text: String) throws(EngineError) -> VolumeFacts {
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

    /// Opens a volume as the request asks. One that grows by what is read from it would never be read to its end, nor
    /// consistently; and opening a file of the catalogue would end SQLite's locks on it (fcntl(2)).
    private static func claim(
        _ facts: VolumeFacts, _ request: CreateRequest, _ configuration: EngineConfiguration
    ) throws(EngineError) -> VolumeReader {
        let root = (try? File.resolve(configuration.root)) ?? configuration.root
        if facts.kind == .regularFile, facts.path.starts(with: root) {
            throw EngineError(DeviceError.carriesStore(facts.requestedPath, stored: root))
        }
        for path in [configuration.storePath, configuration.cataloguePath] where VolumeStack.carries(facts, path) {
            throw EngineError(DeviceError.carriesStore(facts.requestedPath, stored: path))
        }
        return try reading { () throws(DeviceError) in
            try VolumeReader(opening: facts, method: request.consistency)
        }
    }

    private func record(_ request: CreateRequest, _ facts: VolumeFacts, byteCount: Int) throws(EngineError) -> Snapshot
    {
        let now = Timestamp.now()
        return try cataloguing { () throws(CatalogueError) in
            let volume = try catalogue.registerVolume(
                identity: facts.identity, path: facts.path.string, byteCount: byteCount,
                isOtherStillThere: { candidate in
                    (try? VolumeFacts.inspect(FilePath(candidate.path)))?.identity == candidate.identity
                },
                at: now)
            let snapshot = Snapshot(
                id: .random(), volume: volume, state: .pending, startTime: now, ownerID: configuration.ownerID,
                description: request.description, tags: request.tags,
                consistency: Consistency(method: request.consistency), volumeByteCount: byteCount,
                worker: SnapshotWorker(processNumber: ProcessIdentity.current.number))
            try catalogue.insert([snapshot], worker: .current, request: "")
            return snapshot
        }
    }

    private func image(
        _ snapshot: Snapshot, _ reader: VolumeReader, _ progress: TransferProgress, _ cancellation: CancellationFlag
    ) throws(EngineError) -> Snapshot {
        // Before anything is believed: what loses its trust later is found when the snapshot completes.
        let generation = try cataloguing { () throws(CatalogueError) in
            try catalogue.trustGeneration(of: snapshot.id)
        }
        let distrusted = try cataloguing { () throws(CatalogueError) in
            try catalogue.distrustedDigests(limit: Self.distrustLimit)
        }
        let parent = distrusted == nil ? nil : try parentDigests(of: snapshot.volume)
        let leaves = try cataloguing { () throws(CatalogueError) in try catalogue.checkpoint(snapshot.id) }
        let run = try ImagingRun(
            snapshot: snapshot.id, resuming: leaves, reader: reader, parent: parent, distrusted: distrusted ?? [],
            store: store, catalogue: catalogue,
            configuration: configuration, progress: progress, cancellation: cancellation)
        let result = try run.run()
        try reading { () throws(DeviceError) in try reader.confirmUnchanged() }
        var completed = snapshot
        completed.processedByteCount = snapshot.volumeByteCount
        completed.image = SnapshotImage(
            manifestRoot: result.root, fullByteCount: result.blockCount * BlockGeometry.byteCount,
            newByteCount: progress.newByteCount, storedByteCount: progress.storedByteCount)
        return try complete(completed, reader: reader, trustedSince: generation)
    }

    /// More suspects than this are not kept in memory; the index is asked about every block then.
    private static let distrustLimit = 1_000_000

    /// nil where the volume has no completed snapshot, or its manifest cannot be read or proves nothing.
    private func parentDigests(of volume: Volume) throws(EngineError) -> ParentDigests? {
        if try cataloguing({ () throws(CatalogueError) in try catalogue.awaitsJudgement() }) { return nil }
        let parent = try cataloguing { () throws(CatalogueError) in try catalogue.latestCompleted(of: volume.id) }
        guard let root = parent?.image?.manifestRoot else { return nil }
        guard let manifest = try? ManifestReader(root, pages: pages) else { return nil }
        return ParentDigests(manifest)
    }
}

extension VolumeFacts {
    fileprivate static func inspecting(_ path: String) throws(EngineError) -> VolumeFacts {
        try reading { () throws(DeviceError) in try inspect(FilePath(path)) }
    }
}
