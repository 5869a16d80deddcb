internal import SnapDevice
internal import SnapModel
internal import SnapStore
package import SnapSystem

extension Engine {
    /// Threads that read, check and write: far more than processors, for most of them wait for one of two disks.
    var imageWorkerCount: Int { configuration.workerCount + 14 }

    /// Writes an image to a block device, or to a file that it makes. Returns once the target is on the medium.
    ///
    /// Without `keepGoing` throws `dataDamaged` at the first chunk that cannot be read; with it, the outcome lists them all.
    package func restore(
        _ request: RestoreRequest, progress: TransferProgress, cancellation: CancellationFlag
    ) throws(EngineError) -> ImageOutcome {
        try whileReading([request.snapshot]) { () throws(EngineError) in
            try restoreMarked(request, progress, cancellation)
        }
    }

    private func restoreMarked(
        _ request: RestoreRequest, _ progress: TransferProgress, _ cancellation: CancellationFlag
    ) throws(EngineError) -> ImageOutcome {
        let (snapshot, image) = try completedSnapshot(request.snapshot)
        let manifest = try manifest(image)
        try refuseSource(of: snapshot, request)
        let target = try targeting { () throws(DeviceError) in
            try RestoreTarget.open(
                request.target, imageByteCount: manifest.root.volumeByteCount, force: request.force,
                protecting: [configuration.root, configuration.storePath, configuration.cataloguePath])
        }
        do throws(EngineError) {
            let reader = ImageReader(
                manifest, engine: self, consumer: RestoreConsumer(target: target), keepGoing: request.keepGoing,
                progress: progress, cancellation: cancellation)
            let outcome = try reader.run(snapshot, workerCount: imageWorkerCount)
            try targeting { () throws(DeviceError) in try target.commit() }
            return outcome
        } catch {
            target.abandon()
            throw error
        }
    }

    /// Going back to a snapshot on the volume that it was taken of is meant seriously, or is a slip.
    private func refuseSource(of snapshot: Snapshot, _ request: RestoreRequest) throws(EngineError) {
        guard !request.force, let facts = try? VolumeFacts.inspect(request.target) else { return }
        guard facts.identity.isSurelyThat(of: snapshot.volume) else { return }
        throw EngineError(DeviceError.isSource(request.target, of: snapshot.id), isTarget: true)
    }
}

extension VolumeIdentity {
    /// Whether it can be that of no other volume. A clone shares a weak identity, and is a target as good as any.
    func isSurelyThat(of volume: Volume) -> Bool { strength == .strong && self == volume.identity }
}

/// Writes what it is handed to the target.
private struct RestoreConsumer: ImageConsumer {
    let target: RestoreTarget

    func consume(_ index: BlockIndex, _ buffer: borrowing AlignedBuffer, _ range: Range<Int>) throws(EngineError) {
        do throws(DeviceError) {
            try target.write(buffer, range: range, at: index.byteOffset)
        } catch {
            throw EngineError(error, isTarget: true)
        }
    }

    func consumeZeros(_ extent: ByteExtent) throws(EngineError) {
        try targeting { () throws(DeviceError) in try target.writeZeros(extent) }
    }

    /// What was on the target must not pass for the image.
    func consumeDamage(_ extent: ByteExtent) throws(EngineError) { try consumeZeros(extent) }
}
