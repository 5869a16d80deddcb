internal import ArgumentParser
internal import SnapEngine

/// The one table from what went wrong to the exit status and to EBS's name of the error.
enum ErrorTable {
    struct Entry: Sendable {
        var exitStatus: Int32
        /// nil where EBS has no such error.
        var name: String?
        /// For help: a few words.
        var meaning: String

        init(_ exitStatus: Int32, _ meaning: String) {
            self.init(exitStatus, nil, meaning)
        }

        init(_ exitStatus: Int32, _ name: String?, _ meaning: String) {
            self.exitStatus = exitStatus
            self.name = name
            self.meaning = meaning
        }
    }

    /// EX_USAGE of sysexits(3): the command line could not be understood.
    static let usage = Entry(64, "the command line could not be understood")
    /// EX_IOERR of sysexits(3): the work is done, but its answer could not be written.
    static let outputFailed = Entry(74, "the answer could not be written to standard output")

    /// Statuses 1 and 2 are findings; 10–17 are about the request, 20–29 the volume, 30–34 the target, 40–47 the store,
    /// 50–59 what is recorded.
    static func entry(for code: EngineError.Code) -> Entry {
        switch code {
        case .imagesDiffer: Entry(1, "the images differ (diff, verify --against)")
        case .dataDamaged: Entry(2, "stored data is damaged (verify, restore, catalogue rebuild)")
        case .snapshotFailed: Entry(19, "a snapshot that was waited for ended as error (wait)")
        case .waitTimedOut: Entry(5, "the time to wait was up (wait)")
        case .failed: Entry(3, "a failure that has no status of its own")
        case .permissionDenied: Entry(4, "UnauthorizedOperation", "permission is missing")
        case .invalidParameter: Entry(10, "InvalidParameterValue", "a value is not allowed")
        case .malformedSnapshotID: Entry(11, "InvalidSnapshotID.Malformed", "not a well-formed snapshot id")
        case .snapshotNotFound: Entry(12, "InvalidSnapshot.NotFound", "no such snapshot")
        case .snapshotNotCompleted: Entry(13, "IncorrectState", "the snapshot is not completed")
        case .snapshotNotPending: Entry(18, "IncorrectState", "the snapshot is not pending")
        case .snapshotHasWorker: Entry(6, "IncorrectState", "the snapshot is being carried on by a worker")
        case .malformedVolumeID: Entry(14, "InvalidVolumeID.Malformed", "not a well-formed volume id")
        case .volumeNotFound: Entry(15, "InvalidVolume.NotFound", "no such volume")
        case .notAVolume: Entry(16, "InvalidParameterValue", "neither a block device nor a regular file")
        case .emptyVolume: Entry(17, "the volume has no bytes")
        case .missingParameter: Entry(58, "MissingParameter", "something that is needed was not given")
        case .invalidParameterCombination: Entry(59, "InvalidParameterCombination", "these do not go together")
        case .malformedResourceID: Entry(50, "InvalidID", "neither the id of a snapshot nor of a volume")
        case .malformedTagKey: Entry(51, "InvalidTagKey.Malformed", "not a well-formed key of a tag")
        case .tagLimitExceeded: Entry(52, "TagLimitExceeded", "more than 50 tags for one resource")
        case .invalidPermission: Entry(53, "InvalidAMIAttributeItemValue", "neither an account nor the group all")
        case .snapshotLocked: Entry(54, "OperationNotPermitted", "the snapshot is locked")
        case .snapshotNotLocked: Entry(55, "IncorrectState", "the snapshot is not locked")
        case .snapshotInUse: Entry(56, "InvalidSnapshot.InUse", "somebody reads the snapshot")
        case .operationNotPermitted: Entry(57, "OperationNotPermitted", "this is not allowed for what it was asked of")
        case .malformedUserID: Entry(60, "InvalidUserID.Malformed", "not the id of an account")
        case .malformedInstanceID: Entry(61, "InvalidInstanceID.Malformed", "not a well-formed id of an instance")
        case .instanceNotFound: Entry(62, "InvalidInstanceID.NotFound", "no such instance: there is this machine only")
        case .invalidPageToken: Entry(63, "InvalidPaginationToken", "not the token of a page of this list")
        case .filterLimitExceeded: Entry(65, "FilterLimitExceeded", "too many values of filters")
        case .unsupported: Entry(66, "UnsupportedOperation", "EBS has it, and snapctl has not")
        case .dryRun: Entry(67, "DryRunOperation", "a dry run of an EC2 verb found nothing in the way")
        case .volumeInUse: Entry(20, "VolumeInUse", "the volume is in use")
        case .volumeReadFailed: Entry(21, "the volume could not be read")
        case .volumeChanged: Entry(22, "the volume changed while it was read")
        case .volumeHoldsStore: Entry(23, "the volume holds the store")
        case .consistencyNotPossible: Entry(24, "IncorrectState", "no point in time can be made of the volume as it is")
        case .freezeFailed: Entry(25, "a filesystem could not be frozen")
        case .freezeExpired: Entry(26, "the freeze ended before the volume was read")
        case .hookFailed: Entry(27, "a hook failed")
        case .pointInTimeLost: Entry(28, "what held the bytes of the point in time was lost")
        case .noReserve: Entry(29, "no room for what is written while the volume is read")
        case .targetNotFound: Entry(30, "no such target")
        case .targetTooSmall: Entry(31, "InvalidParameterValue", "the target is smaller than the snapshot")
        case .targetInUse: Entry(32, "VolumeInUse", "the target is in use")
        case .targetHasContents: Entry(33, "the target holds something; --force overwrites it")
        case .targetWriteFailed: Entry(34, "the target could not be written")
        case .storeNotFound: Entry(40, "there is no store under the root")
        case .storeFull: Entry(41, "no space is left in the store")
        case .storeDamaged: Entry(42, "the store is damaged")
        case .fromTheFuture: Entry(43, "the store or catalogue is of a newer snapctl")
        case .catalogueDamaged: Entry(44, "the catalogue is damaged; catalogue rebuild makes it anew")
        case .catalogueForeign: Entry(45, "the catalogue belongs to another store")
        case .catalogueBusy: Entry(46, "the catalogue stayed locked by others")
        case .unsupportedFilesystem: Entry(47, "the root is on a filesystem that cannot hold a catalogue")
        case .cancelled: Entry(130, "ended by SIGINT, SIGTERM or SIGHUP")
        }
    }

    /// The one line on standard error.
    static func line(for error: EngineError) -> String {
        let name = entry(for: error.code).name.map { " (\($0))" } ?? ""
        let record = error.snapshot.map { " (\($0) is now in state error)" } ?? ""
        return TerminalText.oneLine("snapctl: error\(name): \(error.explanation)\(record)")
    }

    /// The same, as the AWS command line has it. What EBS has no name for is internal to the service.
    static func line(for error: EngineError, of operation: String) -> String {
        let name = entry(for: error.code).name ?? "InternalError"
        return TerminalText.oneLine(
            "An error occurred (\(name)) when calling the \(operation) operation: \(error.explanation)")
    }

    /// Ends the program with the status of a finding that its answer has told already.
    static func silentExit(_ code: EngineError.Code) -> ExitCode { ExitCode(entry(for: code).exitStatus) }

    /// Every status and its meaning, in order: for help.
    static var summary: String {
        let entries = EngineError.Code.allCases.map(entry(for:)) + [usage, outputFailed, Entry(0, "success")]
        return entries.sorted { $0.exitStatus < $1.exitStatus }.map { entry in
            let status = String(entry.exitStatus)
            return String(repeating: " ", count: 5 - status.count) + status + "  " + entry.meaning
        }.joined(separator: "\n")
    }
}
