internal import SnapModel

extension RecordFields {
    init(_ snapshot: Snapshot) {
        guard let image = snapshot.image else { preconditionFailure("a record of \(snapshot.id) without an image") }
        let (consistency, volume) = (snapshot.consistency, snapshot.volume)
        self.init(
            formatVersion: SnapshotRecord.formatVersion, revision: snapshot.revision, snapshotID: snapshot.id,
            volumeID: volume.id, state: snapshot.state, startTime: snapshot.startTime,
            completionTime: snapshot.completionTime, ownerID: snapshot.ownerID, description: snapshot.description,
            tags: snapshot.tags, encrypted: snapshot.isEncrypted, volumeByteCount: snapshot.volumeByteCount,
            manifestRoot: image.manifestRoot.description, fullByteCount: image.fullByteCount,
            newByteCount: image.newByteCount, storedByteCount: image.storedByteCount,
            consistencyMethod: consistency.method, consistencyLevel: consistency.level,
            pointInTime: consistency.instant, freezeMicroseconds: consistency.freezeDuration?.wholeMicroseconds,
            hooks: consistency.hooks.isEmpty ? nil : consistency.hooks, setID: snapshot.setID,
            worker: snapshot.worker.map(WorkerFields.init),
            securingMicroseconds: snapshot.durations.securing?.wholeMicroseconds,
            imagingMicroseconds: snapshot.durations.imaging?.wholeMicroseconds, volume: VolumeFields(volume),
            kmsKeyID: snapshot.kmsKeyID, dataEncryptionKeyID: snapshot.dataEncryptionKeyID,
            storageTier: snapshot.storageTier,
            productCodes: snapshot.productCodes.isEmpty ? nil : snapshot.productCodes,
            permissions: snapshot.permissions.isEmpty ? nil : snapshot.permissions.map(PermissionFields.init),
            lock: snapshot.lock.map(LockFields.init), bin: snapshot.bin.map(BinFields.init))
    }

    /// nil when the manifest root, the size or a permission is malformed.
    var record: SnapshotRecord? {
        guard let root = Digest(hexadecimal: manifestRoot), volumeByteCount > 0 else { return nil }
        let image = SnapshotImage(
            manifestRoot: PageID(root), fullByteCount: fullByteCount, newByteCount: newByteCount,
            storedByteCount: storedByteCount)
        let permissions = (permissions ?? []).map(\.permission)
        guard !permissions.contains(nil) else { return nil }
        let durations = SnapshotDurations(
            securing: securingMicroseconds.map { .microseconds($0) },
            imaging: imagingMicroseconds.map { .microseconds($0) })
        let snapshot = Snapshot(
            id: snapshotID, volume: volume.volume(volumeID), state: state, startTime: startTime,
            completionTime: completionTime,
            ownerID: ownerID, description: description, tags: tags, isEncrypted: encrypted,
            dataEncryptionKeyID: dataEncryptionKeyID, kmsKeyID: kmsKeyID, consistency: consistency,
            volumeByteCount: volumeByteCount, processedByteCount: volumeByteCount, image: image, setID: setID,
            worker: worker?.worker, durations: durations, productCodes: productCodes ?? [],
            permissions: permissions.compactMap { $0 }, storageTier: storageTier ?? .standard, lock: lock?.lock,
            bin: bin?.stay, revision: revision)
        return SnapshotRecord(snapshot)
    }

    private var consistency: Consistency {
        Consistency(
            method: consistencyMethod, level: consistencyLevel ?? levelOfVersion1, instant: pointInTime,
            freezeDuration: freezeMicroseconds.map { .microseconds($0) }, hooks: hooks ?? [])
    }

    /// In version 1 a volume was either claimed, so that nothing was mounted from it, or read as it was.
    private var levelOfVersion1: ConsistencyLevel? {
        guard formatVersion == 1 else { return nil }
        return consistencyMethod == .none ? ConsistencyLevel.none : .filesystem
    }
}

extension RecordFields.WorkerFields {
    init(_ worker: SnapshotWorker) {
        self.init(
            processNumber: worker.processNumber, attemptCount: worker.attemptCount, logPath: worker.logPath)
    }

    var worker: SnapshotWorker {
        SnapshotWorker(processNumber: processNumber, attemptCount: attemptCount, logPath: logPath)
    }
}
