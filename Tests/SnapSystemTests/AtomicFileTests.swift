import Glibc
import SnapSystem
import SnapTestSupport
import Synchronization
import SystemPackage
import Testing

@Suite("Atomic files")
struct AtomicFileTests {
    @Test func writesAndReplaces() throws {
        try ScratchDirectory.with { scratch in
            let path = scratch.appending("record.json")
            try AtomicFile.write([1, 2, 3], to: path)
            #expect(try File.read(path, upTo: 100) == [1, 2, 3])
            #expect(try FileStatus(of: path).permissions == 0o600)
            try AtomicFile.write([4], to: path, permissions: 0o640)
            #expect(try File.read(path, upTo: 100) == [4])
            #expect(try FileStatus(of: path).permissions == 0o640)
            try AtomicFile.write([], to: path)
            #expect(try FileStatus(of: path).byteCount == 0)
            #expect(try Directory.names(in: scratch.path) == ["record.json"])
        }
    }

    @Test func notReplacingLeavesWhatIsThere() throws {
        try ScratchDirectory.with { scratch in
            let path = scratch.appending("record.json")
            try AtomicFile.write([1], to: path, replacing: false)
            try AtomicFile.write([2, 2], to: path, replacing: false)
            #expect(try File.read(path, upTo: 100) == [1])
            #expect(try Directory.names(in: scratch.path) == ["record.json"])
        }
    }

    /// Whoever comes second finds the first one's bytes, whole.
    @Test(arguments: 0..<20)
    func ofManyThatDoNotReplaceOneWins(round: Int) throws {
        try ScratchDirectory.with { scratch in
            let path = scratch.appending("store.json")
            let (failures, workers) = (FirstFailure<SystemError>(), WorkerGroup())
            let seen = Mutex<[[UInt8]]>([])
            workers.start("writer", count: 8) { index in
                do throws(SystemError) {
                    try AtomicFile.write(
                        [UInt8](repeating: UInt8(index), count: 5_000),
                        to: path,
                        replacing: false
                    )
                    let bytes = try File.read(path, upTo: 10_000)
                    seen.withLock { $0.append(bytes) }
                } catch {
                    failures.record(error)
                }
            }
            workers.wait()
            try failures.rethrow()
            let all = seen.withLock { $0 }
            #expect(all.count == 8)
            #expect(Set(all).count == 1, "round \(round): they saw different files")
            #expect(
                all.first?.count == 5_000 && Set(all.first ?? []).count == 1,
                "round \(round): a torn file"
            )
            #expect(try Directory.names(in: scratch.path) == ["store.json"])
        }
    }

    /// Readers see one writer's bytes, never a mixture or a part.
    @Test func replacingIsAtomicForReaders() throws {
        try ScratchDirectory.with { scratch in
            let path = scratch.appending("record.json")
            try AtomicFile.write([UInt8](repeating: 9, count: 3_000), to: path)
            let (torn, failures, workers) = (Counter(), FirstFailure<SystemError>(), WorkerGroup())
            workers.start("writer", count: 4) { index in
                do throws(SystemError) {
                    for _ in 0..<25 {
                        try AtomicFile.write([UInt8](repeating: UInt8(index), count: 3_000), to: path)
                    }
                } catch { failures.record(error) }
            }
            workers.start("reader", count: 2) { _ in
                do throws(SystemError) {
                    for _ in 0..<200 {
                        let bytes = try File.read(path, upTo: 10_000)
                        if bytes.count != 3_000 || Set(bytes).count != 1 { torn.add() }
                    }
                } catch { failures.record(error) }
            }
            workers.wait()
            try failures.rethrow()
            #expect(torn.value == 0)
            #expect(try Directory.names(in: scratch.path) == ["record.json"])
        }
    }

    @Test func failureLeavesTheOldAndNoTemporary() throws {
        try ScratchDirectory.with { scratch in
            // A folder cannot be replaced by a file.
            let path = try scratch.folder("record.json")
            #expect(throws: SystemError.self) { try AtomicFile.write([1], to: path) }
            try AtomicFile.write([1], to: path, replacing: false)
            #expect(try FileStatus(of: path).kind == .directory)
            #expect(try Directory.names(in: scratch.path) == ["record.json"])
            let error = #expect(throws: SystemError.self) {
                try AtomicFile.write([1], to: scratch.appending("absent/record.json"))
            }
            #expect(error?.code == .noSuchFileOrDirectory)
        }
    }

    @Test(.enabled(if: MemoryFilesystem.canMount, "needs root, to mount a tmpfs"))
    func noSpaceLeavesTheOldAndNoTemporary() throws {
        try ScratchDirectory.with { scratch in
            let folder = try scratch.folder("small")
            try MemoryFilesystem.with(byteCount: 64 << 10, at: folder) {
                let path = folder.appending("record.json")
                try AtomicFile.write([1, 2, 3], to: path)
                let error = #expect(throws: SystemError.self) {
                    try AtomicFile.write([UInt8](repeating: 1, count: 1 << 20), to: path)
                }
                #expect(error?.code == .noSpace)
                #expect(try File.read(path, upTo: 100) == [1, 2, 3])
                #expect(try Directory.names(in: folder) == ["record.json"])
                try AtomicFile.write([4], to: path)
            }
        }
    }

    /// What is left when a writer is killed tells who it was.
    @Test func theTemporaryNameTellsItsWriter() throws {
        try ScratchDirectory.with { scratch in
            let path = scratch.appending("record.json")
            let (isDone, workers) = (Counter(), WorkerGroup())
            let names = Mutex<Set<String>>([])
            workers.start("looker") { _ in
                while isDone.value == 0 {
                    let seen = (try? Directory.names(in: scratch.path)) ?? []
                    names.withLock { $0.formUnion(seen.filter { $0.contains(AtomicFile.temporaryMarker) }) }
                }
            }
            _ = Waiting.until {
                try? AtomicFile.write([1], to: path)
                return names.withLock { !$0.isEmpty }
            }
            isDone.add()
            workers.wait()
            let name = try #require(names.withLock { $0.first })
            let identity = try #require(name.split(separator: AtomicFile.temporaryMarker).last)
            #expect(ProcessIdentity(identity) == .current)
        }
    }
}
