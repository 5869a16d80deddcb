import Glibc
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@Suite("Folders and files by name")
struct DirectoryTests {
    @Test func makesAllThatIsMissing() throws {
        try ScratchDirectory.with { scratch in
            let path = scratch.appending("a/b/c")
            try Directory.create(path)
            try Directory.create(path)
            #expect(try FileStatus(of: path).kind == .directory)
            #expect(try FileStatus(of: path).permissions == 0o700)
            #expect(try FileStatus(of: scratch.appending("a")).permissions == 0o700)
            try Directory.create(scratch.appending("d"), permissions: 0o750)
            #expect(try FileStatus(of: scratch.appending("d")).permissions == 0o750)
            try Directory.create(scratch.appending("e/"))
            #expect(try Directory.names(in: scratch.path) == ["a", "d", "e"])
        }
    }

    @Test func aFileInTheWayIsAnError() throws {
        try ScratchDirectory.with { scratch in
            let file = try scratch.file("file", [1])
            let error = #expect(throws: SystemError.self) { try Directory.create(file) }
            #expect(error?.code == .fileExists)
            #expect(throws: SystemError.self) { try Directory.create(file.appending("below")) }
            #expect(throws: SystemError.self) { try Directory.create("/proc/1/absent") }
        }
    }

    @Test func threadsMayMakeItAtOnce() throws {
        try ScratchDirectory.with { scratch in
            let (failures, workers) = (FirstFailure<SystemError>(), WorkerGroup())
            for round in 0..<20 {
                workers.start("maker", count: 6) { _ in
                    do throws(SystemError) { try Directory.create(scratch.appending("\(round)/b/c")) } catch {
                        failures.record(error)
                    }
                }
            }
            workers.wait()
            try failures.rethrow()
        }
    }

    @Test func names() throws {
        try ScratchDirectory.with { scratch in
            #expect(try Directory.names(in: scratch.path) == [])
            let names = ["b", "a", ".hidden", "ä", "a b", String(repeating: "x", count: 255)]
            for name in names { _ = try scratch.file(name, []) }
            #expect(try Directory.names(in: scratch.path) == names.sorted())
            let error = #expect(throws: SystemError.self) {
                _ = try Directory.names(in: scratch.appending("absent"))
            }
            #expect(error?.code == .noSuchFileOrDirectory)
            #expect(throws: SystemError.self) { _ = try Directory.names(in: scratch.appending("a")) }
        }
    }

    @Test func removingAndRenaming() throws {
        try ScratchDirectory.with { scratch in
            let (a, b) = (try scratch.file("a", [1]), try scratch.file("b", [2]))
            try File.remove(scratch.appending("absent"))
            let error = #expect(throws: SystemError.self) { try File.renameWithoutReplacing(a, to: b) }
            #expect(error?.code == .fileExists)
            #expect(try File.read(b, upTo: 10) == [2])
            try File.rename(a, to: b)
            #expect(try File.read(b, upTo: 10) == [1])
            #expect(!File.exists(a))
            try File.renameWithoutReplacing(b, to: a)
            try File.remove(a)
            #expect(try Directory.names(in: scratch.path) == [])
            #expect(throws: SystemError.self) { try File.remove(scratch.folder("folder")) }
        }
    }

    @Test func links() throws {
        try ScratchDirectory.with { scratch in
            let file = try scratch.file("file", [1, 2])
            let link = scratch.appending("link")
            try Command.check("ln", "-s", "file", link.string)
            #expect(try File.readLink(link) == "file")
            #expect(try File.resolve(link) == file)
            #expect(try FileStatus(of: link).kind == .regularFile)
            #expect(try FileStatus(ofLink: link).kind == .symbolicLink)
            #expect(throws: SystemError.self) { _ = try File.readLink(file) }
            #expect(throws: SystemError.self) { _ = try File.resolve(scratch.appending("absent")) }
            #expect(throws: SystemError.self) {
                _ = try OwnedDescriptor(opening: link, .readOnly, options: .noFollow)
            }
        }
    }

    @Test func readingUpToALimit() throws {
        try ScratchDirectory.with { scratch in
            let bytes = SeededRandom.bytes(200_001, seed: 1)
            let path = try scratch.file("file", bytes)
            #expect(try File.read(path, upTo: .max) == bytes)
            #expect(try File.read(path, upTo: 70_000) == Array(bytes.prefix(70_000)))
            #expect(try File.read(path, upTo: 0) == [])
            #expect(try File.readText("/proc/self/status").hasPrefix("Name:"))
        }
    }
}
