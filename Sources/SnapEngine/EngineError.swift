package import SnapModel

/// Why a use case failed, in terms of what the user asked for.
package struct EngineError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, Codable, CaseIterable {
        // What was asked for
        case invalidParameter
        case malformedSnapshotID
        case snapshotNotFound
        case snapshotNotCompleted
        case snapshotNotPending
        /// A pending snapshot that is being carried on already.
        case snapshotHasWorker
        case malformedVolumeID
        case volumeNotFound
        case notAVolume
        case emptyVolume
        case missingParameter
        case invalidParameterCombination
        case malformedUserID
        case invalidPageToken
        case filterLimitExceeded
        case malformedInstanceID
        case instanceNotFound
        /// EBS has it, and this program has not.
        case unsupported
        /// A dry run that found nothing in the way.
        case dryRun
        // Tags, locks, permissions, the recycle bin
        /// Neither a snapshot's id nor a volume's.
        case malformedResourceID
        case malformedTagKey
        case tagLimitExceeded
        case invalidPermission
        case snapshotLocked
        case snapshotNotLocked
        /// Somebody reads it.
        case snapshotInUse
        case operationNotPermitted
        // The volume
        case volumeInUse
        case volumeReadFailed
        case volumeChanged
        case volumeHoldsStore
        // The point in time
        /// No method can make one, or may.
        case consistencyNotPossible
        case freezeFailed
        /// The filesystem was thawed before all was read.
        case freezeExpired
        case hookFailed
        case pointInTimeLost
        case noReserve
        // The target of a restore
        case targetNotFound
        case targetTooSmall
        case targetInUse
        case targetHasContents
        case targetWriteFailed
        // The store and the catalogue
        case storeNotFound
        case storeFull
        case storeDamaged
        case fromTheFuture
        case catalogueDamaged
        case catalogueForeign
        case catalogueBusy
        case unsupportedFilesystem
        // Findings
        case dataDamaged
        case imagesDiffer
        /// Of snapshots that were waited for, one ended as `error`.
        case snapshotFailed
        case waitTimedOut
        // The rest
        case permissionDenied
        case cancelled
        case failed
    }

    package let code: Code
    /// One line: what failed, why, what to do.
    package let explanation: String
    /// The snapshot that became `error`, where one did.
    package var snapshot: SnapshotID?

    package init(_ code: Code, _ explanation: String) {
        self.code = code
        self.explanation = explanation
    }

    package var description: String { explanation }
}
