import SnapDevice
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapConsistency

/// All tests of inspection with real devices, one after the other: there are few loop devices, and they are everybody's.
@Suite(.serialized, .enabled(if: LoopDevice.isAvailable, "needs root and /dev/loop-control"))
enum Inspections {}

func inspect(_ path: FilePath) throws -> VolumeInspection {
    try VolumeInspection.inspect(try VolumeFacts.inspect(path))
}

/// The method that `auto`, or `method`, comes to.
func chosen(_ path: FilePath, _ adjust: (inout PointInTimeOptions) -> Void = { _ in }) throws -> any PointInTimeMethod {
    var options = PointInTimeOptions()
    adjust(&options)
    return try MethodChooser().choose(try inspect(path), options)
}

/// The error that `body` throws.
func consistencyError(_ body: () throws -> Void) -> ConsistencyError? {
    do {
        try body()
        return nil
    } catch {
        return error as? ConsistencyError
    }
}

/// Every byte that a point in time has.
func allBytes(_ reader: VolumeReader) throws -> [UInt8] {
    let buffer = try AlignedBuffer(byteCount: 1 << 20)
    var bytes: [UInt8] = []
    for offset in stride(from: 0, to: reader.byteCount, by: 1 << 20) {
        let byteCount = min(1 << 20, reader.byteCount - offset)
        try reader.read(into: buffer, range: 0..<byteCount, at: offset)
        bytes += buffer.copyBytes(0..<byteCount)
    }
    return bytes
}

/// Freezes by hand while `body` runs, as the freezer would: deepest first, and thaws in reverse.
func frozen<Result>(_ targets: [FreezeTarget], _ body: () throws -> Result) throws -> Result {
    var done: [FreezeTarget] = []
    defer { for target in done.reversed() { _ = try? Command.run(["fsfreeze", "-u", target.mountPoint.string]) } }
    for target in targets {
        try Command.check("fsfreeze", "-f", target.mountPoint.string)
        done.append(target)
    }
    return try body()
}

/// What a method left behind in a folder.
func leftovers(in directory: FilePath) throws -> [String] {
    try Directory.names(in: directory).filter { $0.contains("snapctl") }
}

/// Lends a filesystem with reflinks, or without.
func withHost(_ kind: MountedFilesystem.Kind, _ body: (ScratchDirectory, FilePath) throws -> Void) throws {
    try ScratchDirectory.with { directory in
        try MountedFilesystem.with(kind, in: directory, name: "host") { host in try body(directory, host.path) }
    }
}

/// Lends a loop device with two partitions, 16 MiB from 1 MiB and 8 MiB from 17 MiB, over `image`.
func withPartitions(_ image: FilePath, _ body: (LoopDevice) throws -> Void) throws {
    _ = try ScratchDirectory.sparseFile(at: image, byteCount: 32 << 20)
    try Command.check(
        "sfdisk", "-q", image.string, input: "label: gpt\nstart=1MiB, size=16MiB\nstart=17MiB, size=8MiB\n")
    try LoopDevice.with(over: image, .init(hasPartitions: true), body)
}
