import Glibc
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@Suite("Descriptors")
struct OwnedDescriptorTests {
    @Test func errorsTellWhatAndWhy() throws {
        try ScratchDirectory.with { scratch in
            let path = scratch.appending("absent")
            let error = #expect(throws: SystemError.self) {
                _ = try OwnedDescriptor(opening: path, .readOnly)
            }
            #expect(error == SystemError("open", path.string, .noSuchFileOrDirectory))
            let file = try scratch.file("file", [1])
            let exclusive = #expect(throws: SystemError.self) {
                _ = try OwnedDescriptor(opening: file, .writeOnly, options: [.create, .exclusive])
            }
            #expect(exclusive?.code == .fileExists)
            let folder = #expect(throws: SystemError.self) {
                _ = try OwnedDescriptor(opening: file, .readOnly, options: .directory)
            }
            #expect(folder?.code == .notDirectory)
            let write = #expect(throws: SystemError.self) {
                try OwnedDescriptor(opening: file, .readOnly).write([1], at: 0)
            }
            #expect(write?.operation == "write" && write?.code == .badFileDescriptor)
            let read = #expect(throws: SystemError.self) {
                _ = try OwnedDescriptor(opening: scratch.path, .readOnly).readBytes(1, at: 0)
            }
            #expect(read?.code == .isDirectory)
        }
    }

    @Test func closingAndDroppingCloseIt() throws {
        try ScratchDirectory.with { scratch in
            let path = try scratch.file("file", [1])
            func isOpen() throws -> Bool {
                try Directory.names(in: "/proc/self/fd").contains {
                    (try? File.readLink(FilePath("/proc/self/fd/\($0)"))) == path.string
                }
            }
            do {
                let file = try OwnedDescriptor(opening: path, .readOnly)
                #expect(try isOpen())
                #expect(fcntl(file.rawValue, F_GETFD) & FD_CLOEXEC != 0)
            }
            #expect(try !isOpen())
            let file = try OwnedDescriptor(opening: path, .readWrite)
            #expect(try isOpen())
            try file.close()
            #expect(try !isOpen())
        }
    }

    @Test func writesAndReadsWhereTold() throws {
        try ScratchDirectory.with { scratch in
            let path = scratch.appending("file")
            let file = try OwnedDescriptor(opening: path, .readWrite, options: .create, permissions: 0o640)
            try file.write([1, 2, 3], at: 10)
            try file.write([], at: 100)
            #expect(try file.readBytes(100, at: 0) == [UInt8](repeating: 0, count: 10) + [1, 2, 3])
            #expect(try file.readBytes(2, at: 11) == [2, 3])
            #expect(try file.readBytes(5, at: 12) == [3], "short at the end")
            #expect(try file.readBytes(5, at: 13) == [], "at the end")
            #expect(try file.readBytes(5, at: 1 << 40) == [], "far beyond the end")
            #expect(try file.readBytes(0, at: 0) == [])
            #expect(try file.status().byteCount == 13)
            #expect(try file.status().permissions == 0o640)
            try file.resize(to: 11)
            #expect(try file.readBytes(5, at: 9) == [0, 1])
            try file.synchroniseContents()
            try file.synchronise()
        }
    }

    /// Whatever the size, and whichever way: the same bytes, and no error for the end.
    @Test(
        arguments: [0, 1, 511, 512, 513, 4_095, 4_096, 4_097, 4_608, 65_536, 66_048, 1_048_575],
        [false, true]
    )
    func theEndOfAFile(byteCount: Int, direct: Bool) throws {
        try ScratchDirectory.with { scratch in
            let bytes = SeededRandom.bytes(byteCount, seed: UInt64(byteCount))
            let path = try scratch.file("file", bytes)
            let file = try OwnedDescriptor(openingPossiblyDirect: path, .readOnly, direct: direct)
            let buffer = try AlignedBuffer(byteCount: 2 << 20)
            let count = try file.read(into: buffer, range: 4_096..<(2 << 20), at: 0)
            #expect(count == byteCount)
            #expect(buffer.copyBytes(4_096..<(4_096 + byteCount)) == bytes)
            let half = byteCount / 2 / 4_096 * 4_096
            #expect(try file.read(into: buffer, range: 0..<(1 << 20), at: half) == byteCount - half)
            #expect(buffer.copyBytes(0..<(byteCount - half)) == Array(bytes[half...]))
            let end = (byteCount + 4_095) / 4_096 * 4_096
            #expect(try file.read(into: buffer, range: 0..<4_096, at: end) == 0)
            #expect(try file.read(into: buffer, range: 0..<4_096, at: end + 40_960) == 0)
        }
    }

    @Test func writesPartOfABuffer() throws {
        try ScratchDirectory.with { scratch in
            let buffer = try AlignedBuffer(byteCount: 12_288)
            let bytes = SeededRandom.bytes(12_288, seed: 1)
            buffer.store(bytes, at: 0)
            let path = scratch.appending("file")
            let file = try OwnedDescriptor(
                openingPossiblyDirect: path,
                .writeOnly,
                direct: true,
                options: .create
            )
            try file.write(buffer, range: 4_096..<8_192, at: 8_192)
            try file.synchroniseContents()
            try file.close()
            #expect(
                try File.read(path, upTo: .max) == [UInt8](repeating: 0, count: 8_192) + bytes[4_096..<8_192]
            )
        }
    }

    @Test func allocatingKeepsTheSize() throws {
        try ScratchDirectory.with { scratch in
            let file = try OwnedDescriptor(opening: scratch.appending("file"), .readWrite, options: .create)
            if try file.preallocate(1 << 20) {
                #expect(try file.status().allocatedByteCount >= 1 << 20)
            }
            #expect(try file.status().byteCount == 0)
            try file.write([1], at: 0)
            try file.resize(to: 1)
            #expect(try file.status().byteCount == 1)
        }
    }

    @Test func holes() throws {
        try ScratchDirectory.with { scratch in
            let path = try scratch.sparseFile("file", byteCount: 4 << 20)
            let file = try OwnedDescriptor(opening: path, .readWrite)
            #expect(try file.seekData(from: 0) == nil)
            #expect(try file.seekHole(from: 0) == 0)
            try file.write([UInt8](repeating: 1, count: 65_536), at: 1 << 20)
            #expect(try file.seekData(from: 0) == 1 << 20)
            #expect(try file.seekHole(from: 1 << 20) == (1 << 20) + 65_536)
            #expect(try file.seekData(from: 2 << 20) == nil)
            #expect(try file.seekHole(from: 2 << 20) == 2 << 20)
            #expect(try file.seekData(from: 8 << 20) == nil, "beyond the end")
        }
    }

    @Test(.enabled(if: MemoryFilesystem.canMount, "needs root, to mount a tmpfs"))
    func noSpace() throws {
        try ScratchDirectory.with { scratch in
            let folder = try scratch.folder("small")
            try MemoryFilesystem.with(byteCount: 128 << 10, at: folder) {
                let path = folder.appending("file")
                let file = try OwnedDescriptor(opening: path, .readWrite, options: .create)
                let bytes = SeededRandom.bytes(1 << 20, seed: 3)
                // The first part fits, and is written: the error is that of the rest.
                let error = #expect(throws: SystemError.self) { try file.write(bytes, at: 0) }
                #expect(error == SystemError("write", path.string, .noSpace))
                let written = try file.status().byteCount
                #expect(written > 0 && written < bytes.count)
                #expect(try file.readBytes(bytes.count, at: 0) == Array(bytes.prefix(written)))
                let allocation = #expect(throws: SystemError.self) { _ = try file.preallocate(1 << 20) }
                #expect(allocation?.code == .noSpace)
                try file.resize(to: 0)
                try file.write(Array(bytes.prefix(4_096)), at: 0)
            }
        }
    }

    @Test func deviceNumbers() throws {
        #expect(DeviceNumber("8:17") == DeviceNumber(major: 8, minor: 17))
        #expect(DeviceNumber("8:17")?.description == "8:17")
        for malformed in ["", "8", "8:", ":17", "8:17:1", "-8:17", "a:b", "8:17\n", "99999999999:1"] {
            #expect(DeviceNumber(malformed) == nil, "\(malformed)")
        }
        let null = try FileStatus(of: "/dev/null")
        #expect(null.kind == .characterDevice)
        #expect(null.device == DeviceNumber(major: 1, minor: 3))
        #expect(try FileStatus(of: "/").kind == .directory)
    }
}
