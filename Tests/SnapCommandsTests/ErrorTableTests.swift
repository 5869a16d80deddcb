import SnapEngine
import SnapModel
import Testing

@testable import SnapCommands

@Suite struct ErrorTableTests {
    private static let others = [ErrorTable.usage, ErrorTable.outputFailed]

    @Test func `every failure has a status of its own`() {
        let statuses =
            EngineError.Code.allCases.map { ErrorTable.entry(for: $0).exitStatus }
            + Self.others.map(\.exitStatus)
        #expect(Set(statuses).count == statuses.count)
        // 126 and above are the shell's, but for 130, which is what it makes of SIGINT itself.
        #expect(statuses.allSatisfy { (1...125).contains($0) || $0 == 130 })
        #expect(ErrorTable.entry(for: .imagesDiffer).exitStatus == 1)
    }

    @Test func `names are EBS's`() {
        let names: [EngineError.Code: String] = [
            .invalidParameter: "InvalidParameterValue", .malformedSnapshotID: "InvalidSnapshotID.Malformed",
            .snapshotNotFound: "InvalidSnapshot.NotFound", .snapshotNotCompleted: "IncorrectState",
            .malformedVolumeID: "InvalidVolumeID.Malformed", .volumeNotFound: "InvalidVolume.NotFound",
            .notAVolume: "InvalidParameterValue", .volumeInUse: "VolumeInUse", .targetInUse: "VolumeInUse",
            .targetTooSmall: "InvalidParameterValue", .permissionDenied: "UnauthorizedOperation",
            .consistencyNotPossible: "IncorrectState", .snapshotNotPending: "IncorrectState",
            .snapshotHasWorker: "IncorrectState", .missingParameter: "MissingParameter",
            .invalidParameterCombination: "InvalidParameterCombination", .malformedResourceID: "InvalidID",
            .malformedTagKey: "InvalidTagKey.Malformed", .tagLimitExceeded: "TagLimitExceeded",
            .invalidPermission: "InvalidAMIAttributeItemValue", .snapshotLocked: "OperationNotPermitted",
            .snapshotNotLocked: "IncorrectState", .snapshotInUse: "InvalidSnapshot.InUse",
            .operationNotPermitted: "OperationNotPermitted", .malformedUserID: "InvalidUserID.Malformed",
            .malformedInstanceID: "InvalidInstanceID.Malformed", .instanceNotFound: "InvalidInstanceID.NotFound",
            .invalidPageToken: "InvalidPaginationToken", .filterLimitExceeded: "FilterLimitExceeded",
            .unsupported: "UnsupportedOperation", .dryRun: "DryRunOperation",
        ]
        for code in EngineError.Code.allCases {
            #expect(ErrorTable.entry(for: code).name == names[code], "\(code)")
        }
    }

    @Test func `an error is one line`() throws {
        var error = EngineError(.snapshotNotFound, "The snapshot 'snap-1' does not exist.")
        #expect(
            ErrorTable.line(for: error)
                == "snapctl: error (InvalidSnapshot.NotFound): The snapshot 'snap-1' does not exist."
        )
        error = EngineError(.storeFull, "no space\nleft \u{1B}[31m")
        error.snapshot = try Samples.id(1)
        #expect(
            ErrorTable.line(for: error)
                == "snapctl: error: no space left ?[31m (snap-00000000000000001 is now in state error)"
        )
    }

    /// In help it is made from the table; the manual is written by hand.
    @Test func `the manual has every status and every name`() throws {
        let manual = try Golden.projectFile("packaging/man/snapctl.1").replacing("\\-", with: "-")
        for entry in EngineError.Code.allCases.map(ErrorTable.entry(for:)) + Self.others {
            #expect(manual.contains("\n.B \(entry.exitStatus)\n"), "\(entry.exitStatus)")
            if let name = entry.name { #expect(manual.contains(name), "\(name)") }
        }
    }
}
