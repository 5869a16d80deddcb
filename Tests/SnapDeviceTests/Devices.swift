import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapDevice

/// All tests with real devices, one after the other: there are few loop devices, and they are everybody's.
@Suite(.serialized, .enabled(if: LoopDevice.isAvailable, "needs root and /dev/loop-control"))
enum Devices {}

/// The error that `body` throws.
func deviceError(_ body: () throws -> Void) -> DeviceError? {
    do {
        try body()
        return nil
    } catch {
        return error as? DeviceError
    }
}

/// All bytes of a volume, by reads of `blockByteCount`, as an engine would.
func readAll(_ reader: VolumeReader, blockByteCount: Int = BlockGeometry.byteCount) throws -> [UInt8] {
    let buffer = try AlignedBuffer(byteCount: blockByteCount)
    var bytes: [UInt8] = []
    var offset = 0
    while offset < reader.byteCount {
        buffer.pointers(0..<blockByteCount).initializeMemory(as: UInt8.self, repeating: 0xAA)
        try reader.read(into: buffer, range: 0..<blockByteCount, at: offset)
        let count = min(blockByteCount, reader.byteCount - offset)
        bytes += buffer.copyBytes(0..<count)
        #expect(buffer.copyBytes(count..<blockByteCount).allSatisfy { $0 == 0 }, "what lies behind the end is zeros")
        offset += blockByteCount
    }
    return bytes
}

func open(_ path: FilePath, claiming: Bool = true) throws -> VolumeReader {
    try VolumeReader(opening: try VolumeFacts.inspect(path), claiming: claiming)
}

/// Why it cannot be opened.
func openingError(_ path: FilePath) -> DeviceError? { deviceError { _ = try open(path) } }

/// Writes `image` through a target, block by block.
func restore(_ image: [UInt8], to target: RestoreTarget) throws {
    let buffer = try AlignedBuffer(byteCount: BlockGeometry.byteCount)
    for start in stride(from: 0, to: image.count, by: BlockGeometry.byteCount) {
        let block = Array(image[start..<min(start + BlockGeometry.byteCount, image.count)])
        if block.allSatisfy({ $0 == 0 }) {
            try target.writeZeros(ByteExtent(offset: start, byteCount: block.count))
        } else {
            buffer.store(block, at: 0)
            try target.write(buffer, range: 0..<block.count, at: start)
        }
    }
}
