import Glibc
import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapTracking

/// All tests with programs in the kernel, one after the other: they count them.
@Suite(.serialized, .enabled(if: LoopDevice.isAvailable, "needs root and /dev/loop-control"))
enum Tracking {}

let unit = MarkLayout.unitByteCount

/// Tracks `byteCount` bytes of a disk, from `start` on.
func tracker(_ disk: FilePath, byteCount: Int, from start: Int = 0) throws -> WriteTracker {
    let number = try FileStatus(of: disk).device
    let extent = TrackedExtent(disk: number, onDisk: ByteExtent(offset: start, byteCount: byteCount))
    return try WriteTracker(byteCount: byteCount, [extent])
}

/// What is tracked of the first partition of a disk.
func extent(ofPartition partition: FilePath, of disk: FilePath, mergesDiscards: Bool = false) throws -> TrackedExtent {
    let name = partition.lastComponent?.string ?? ""
    let sectors = try ["start", "size"].map { field in
        let text = try File.readText(FilePath("/sys/class/block/\(name)/\(field)"))
        return try #require(Int(text.prefix { $0.isNumber }))
    }
    let place = ByteExtent(offset: sectors[0] * 512, byteCount: sectors[1] * 512)
    return TrackedExtent(
        disk: try FileStatus(of: disk).device, device: try FileStatus(of: partition).device, deviceOnDisk: place,
        mergesDiscards: mergesDiscards, onDisk: place)
}

extension WriteTracker {
    /// All marks there are, taken a few at a time.
    func takeAll(limit: Int = 3) -> [Range<Int>] {
        var (runs, next): ([Range<Int>], Int?) = ([], 0)
        while let unit = next {
            let taken = take(from: unit, limit: limit)
            runs += taken.runs
            next = taken.nextUnit
        }
        return runs
    }

    var takenUnits: Set<Int> { Set(takeAll().flatMap { $0 }) }
}

/// Lends a loop device over a new file of `byteCount` bytes.
func withDisk(
    byteCount: Int, _ options: LoopDevice.Options = .init(), _ body: (ScratchDirectory, LoopDevice) throws -> Void
) throws {
    try ScratchDirectory.with { directory in
        let image = try directory.sparseFile("disk", byteCount: byteCount)
        try LoopDevice.with(over: image, options) { try body(directory, $0) }
    }
}

/// Writes to a device past its page cache.
func writeDirectly(_ path: FilePath, at offset: Int, byteCount: Int, seed: UInt64 = 1) throws {
    let device = try OwnedDescriptor(opening: path, .writeOnly, options: .direct)
    let buffer = try AlignedBuffer(byteCount: byteCount)
    buffer.store(SeededRandom.bytes(byteCount, seed: seed), at: 0)
    try device.write(buffer, range: 0..<byteCount, at: offset)
}

/// What a device has, past its page cache.
func readDirectly(_ path: FilePath, byteCount: Int) throws -> [UInt8] {
    let device = try OwnedDescriptor(opening: path, .readOnly, options: .direct)
    let buffer = try AlignedBuffer(byteCount: byteCount)
    _ = try device.read(into: buffer, range: 0..<byteCount, at: 0)
    return buffer.copyBytes(0..<byteCount)
}

/// The units in which two images differ.
func changedUnits(_ old: [UInt8], _ new: [UInt8]) -> Set<Int> {
    let count = old.count / unit
    return old.withUnsafeBytes { old in
        new.withUnsafeBytes { new in
            guard let old = old.baseAddress, let new = new.baseAddress else { return [] }
            return Set((0..<count).filter { memcmp(old + $0 * unit, new + $0 * unit, unit) != 0 })
        }
    }
}
