import Glibc
import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapTracking

extension Tracking {
    /// Under filesystems, where whatever has changed on the device must be marked, however it came there.
    @Suite struct Filesystems {
        struct Place: Sendable, CustomStringConvertible {
            var kind: MountedFilesystem.Kind
            var options: LoopDevice.Options
            var description: String { "\(kind), sectors of \(options.sectorByteCount)" }

            static let all = MountedFilesystem.Kind.allCases.flatMap { kind in
                [512, 4_096].map { Place(kind: kind, options: .init(sectorByteCount: $0)) }
            }
        }

        @Test(arguments: Place.all)
        func whateverChangesIsMarked(place: Place) throws {
            let byteCount = place.kind.usualByteCount
            try withDisk(byteCount: byteCount, place.options) { directory, disk in
                try MountedFilesystem.make(place.kind, on: disk.path)
                let folder = try directory.folder("mounted")
                try MountedFilesystem.with(disk.path, at: folder, options: ["discard"]) { mounted in
                    let (file, other) = (mounted.path.appending("file"), mounted.path.appending("other"))
                    try write(file, byteCount: 6 << 20, seed: 1)
                    try write(other, byteCount: 3 << 20, seed: 2)
                    try synchronise(mounted)
                    let tracker = try tracker(disk.path, byteCount: byteCount)
                    var before = try readDirectly(disk.path, byteCount: byteCount)
                    for (name, change) in changes(file, other, mounted.path) {
                        try change()
                        try synchronise(mounted)
                        let marked = tracker.takenUnits
                        let after = try readDirectly(disk.path, byteCount: byteCount)
                        let changed = changedUnits(before, after)
                        before = after
                        #expect(!changed.isEmpty, "\(name) changes nothing")
                        #expect(changed.isSubset(of: marked), "\(name): unmarked \(changed.subtracting(marked))")
                        #expect(try tracker.reconcile(isAtRest: true) == .complete)
                    }
                }
            }
        }

        private func changes(
            _ file: FilePath, _ other: FilePath, _ folder: FilePath
        ) -> [(String, () throws -> Void)] {
            [
                ("a buffered write", { try write(file, byteCount: 1 << 20, seed: 3) }),
                ("O_DIRECT", { try writeDirectly(file, at: 2 << 20, byteCount: 256 << 10, seed: 4) }),
                ("io_uring", { try writeByRing(folder.appending("ring")) }),
                ("mmap", { try writeThroughMemory(file, at: 3 << 20, byteCount: 64 << 10) }),
                ("a hole", { try Command.check("fallocate", "-p", "-o", "4194304", "-l", "524288", file.string) }),
                ("zeros", { try Command.check("fallocate", "-z", "-o", "5242880", "-l", "262144", file.string) }),
                ("room", { try Command.check("fallocate", "-l", "\(8 << 20)", file.string) }),
                ("a truncation", { try Command.check("truncate", "-s", "1000000", file.string) }),
                ("an end", { try File.remove(other) }),
                ("a new file", { try write(folder.appending("new"), byteCount: 2 << 20, seed: 5) }),
            ]
        }

        /// fstrim(8) discards what is free; blocks of the filesystem's own are left.
        @Test func trimmingIsMarked() throws {
            try withDisk(byteCount: 64 << 20) { directory, disk in
                try writeDirectly(disk.path, at: 0, byteCount: 64 << 20)
                try Command.check("mkfs.ext4", "-q", "-F", "-E", "nodiscard", disk.path.string)
                try MountedFilesystem.with(disk.path, at: try directory.folder("mounted")) { mounted in
                    let tracker = try tracker(disk.path, byteCount: 64 << 20)
                    let before = try readDirectly(disk.path, byteCount: 64 << 20)
                    try Command.check("fstrim", mounted.path.string)
                    let changed = changedUnits(before, try readDirectly(disk.path, byteCount: 64 << 20))
                    #expect(changed.count > 1_000)
                    #expect(changed.isSubset(of: tracker.takenUnits))
                    #expect(try tracker.reconcile(isAtRest: true) == .complete)
                }
            }
        }

        private func write(_ path: FilePath, byteCount: Int, seed: UInt64) throws {
            let file = try OwnedDescriptor(opening: path, .writeOnly, options: .create)
            try file.write(SeededRandom.bytes(byteCount, seed: seed), at: 0)
            try file.close()
        }

        /// Also what a filesystem does some time after, such as discarding.
        private func synchronise(_ mounted: MountedFilesystem) throws {
            try Command.check("sync", "-f", mounted.path.string)
            try Command.check("fsfreeze", "-f", mounted.path.string)
            try Command.check("fsfreeze", "-u", mounted.path.string)
        }

        private func writeByRing(_ path: FilePath) throws {
            try Command.check(
                "fio", "--thread", "--output=/dev/null", "--name=ring", "--filename=\(path)", "--rw=randwrite",
                "--bs=4k",
                "--size=1m", "--ioengine=io_uring", "--iodepth=8", "--direct=1")
        }

        private func writeThroughMemory(_ path: FilePath, at offset: Int, byteCount: Int) throws {
            let file = try OwnedDescriptor(opening: path, .readWrite)
            let memory = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, file.rawValue, offset)
            guard let memory, memory != MAP_FAILED else { throw Errno(rawValue: errno) }
            memset(memory, 0x5a, byteCount)
            munmap(memory, byteCount)
        }
    }
}
