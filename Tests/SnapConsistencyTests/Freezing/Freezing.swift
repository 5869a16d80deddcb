import SnapConsistency
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

/// One after the other: they measure time, and there are few loop devices.
@Suite(.serialized, .enabled(if: LoopDevice.isAvailable, "needs root and /dev/loop-control"))
enum Freezing {}

/// A mounted filesystem that a test may freeze, with somebody who writes to it.
struct Freezable {
    let filesystem: MountedFilesystem
    let kind: MountedFilesystem.Kind
    let writer: SteadyWriter

    var target: FreezeTarget { FreezeTarget(mountPoint: filesystem.path, filesystemType: kind.rawValue) }
    var path: FilePath { filesystem.path }

    /// Lends filesystems of `kinds`, thawed by hand at the end if a test failed to.
    static func with(
        _ kinds: [MountedFilesystem.Kind], in directory: ScratchDirectory, _ body: ([Freezable]) throws -> Void
    ) throws {
        guard let kind = kinds.last else { return try body([]) }
        try MountedFilesystem.with(kind, in: directory, name: "m\(kinds.count)") { mounted in
            try SteadyWriter.with(mounted.path) { writer in
                defer { _ = try? Command.run(["fsfreeze", "-u", mounted.path.string]) }
                try with(kinds.dropLast(), in: directory) { others in
                    try body(others + [Freezable(filesystem: mounted, kind: kind, writer: writer)])
                }
            }
        }
    }

    static func with(
        _ kinds: [MountedFilesystem.Kind], _ body: ([Freezable], ScratchDirectory) throws -> Void
    ) throws {
        try ScratchDirectory.with { directory in try with(kinds, in: directory) { try body($0, directory) } }
    }

    static func with(_ kind: MountedFilesystem.Kind, _ body: (Freezable, ScratchDirectory) throws -> Void) throws {
        try with([kind]) { try body($0[0], $1) }
    }

    func freezeByHand() throws { try Command.check("fsfreeze", "-f", path.string) }
    func thawByHand() throws { try Command.check("fsfreeze", "-u", path.string) }
}

extension Freezer {
    /// By the program that is tested, since this one is the runner of the tests.
    static func start(
        _ freezables: [Freezable], maxFreeze: Duration = .seconds(20), journal: FreezeJournal? = nil
    ) throws(ConsistencyError) -> Freezer {
        try start(freezables.map(\.target), maxFreeze: maxFreeze, journal: journal, program: BuiltProgram.path)
    }
}

/// The error that `body` throws; nil when it throws none.
func failure(_ body: () throws(ConsistencyError) -> Void) -> ConsistencyError? {
    do throws(ConsistencyError) {
        try body()
        return nil
    } catch {
        return error
    }
}

func isGone(_ process: Int32, within seconds: Double = 1) -> Bool {
    Waiting.until(seconds: seconds) { ProcessIdentity(number: process) == nil }
}
