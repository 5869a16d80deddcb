import SnapDevice
import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage

@testable import SnapConsistency

/// A volume of which points in time are taken as `Quiescence` does.
struct Taking {
    let facts: VolumeFacts
    let inspection: VolumeInspection
    let method: any PointInTimeMethod

    /// Looks and makes the method.
    init(_ node: FilePath, reserveByteCount: Int? = nil) throws {
        facts = try VolumeFacts.inspect(node)
        inspection = try VolumeInspection.inspect(facts)
        var options = PointInTimeOptions()
        options.reserveByteCount = reserveByteCount
        let device = facts.device
        let volume = try LogicalVolume.all().first { $0.device == device }
        method = try LogicalVolumeMethods().make(volume?.kind == .thin ? .lvmThin : .lvm, inspection, options)
    }

    /// Of both methods.
    func assess() -> [MethodAssessment] {
        [.lvmThin, .lvm].compactMap { LogicalVolumeMethods().assess($0, inspection, PointInTimeOptions()) }
    }

    /// Prepares, takes, and lends it; released when `body` ends, however it does.
    func with<Result>(_ body: (LogicalVolumePointInTime) throws -> Result) throws -> Result {
        try method.prepare()
        let taken: any PointInTime
        do {
            taken = try method.take()
        } catch {
            method.abandon()
            throw error
        }
        defer { taken.release() }
        guard let pointInTime = taken as? LogicalVolumePointInTime else {
            throw Command.Failure(description: "not a snapshot of LVM")
        }
        return try body(pointInTime)
    }
}

extension VolumeReader {
    /// Some of its bytes, through a buffer of a block.
    func bytes(_ byteCount: Int, at offset: Int = 0) throws -> [UInt8] {
        let buffer = try AlignedBuffer(byteCount: byteCount)
        try read(into: buffer, range: 0..<byteCount, at: offset)
        return buffer.copyBytes(0..<byteCount)
    }

    /// All of its bytes in a new file.
    func restore(to path: FilePath) throws {
        let file = try OwnedDescriptor(opening: path, .writeOnly, options: [.create, .truncate])
        let step = 4 << 20
        let buffer = try AlignedBuffer(byteCount: step)
        for offset in stride(from: 0, to: byteCount, by: step) {
            let count = min(step, byteCount - offset)
            try read(into: buffer, range: 0..<step, at: offset)
            try file.write(buffer.copyBytes(0..<count), at: offset)
        }
        try file.close()
    }
}

/// The code of the error that `body` throws; nil: none.
func consistencyCode(_ body: () throws -> Void) -> ConsistencyError.Code? {
    do {
        try body()
        return nil
    } catch {
        return (error as? ConsistencyError)?.code
    }
}

/// Bytes that cost little to make where the processor is emulated.
func filled(_ byteCount: Int, with byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: byteCount) }
