import SnapModel
import SnapSystem
import SnapTestSupport
import Synchronization
import SystemPackage
import Testing

@testable import SnapEngine

@Suite("Marks of who reads")
struct ReadingMarkTests {
    @Test func manyReadAndOneDeletes() throws {
        try ScratchDirectory.with { directory in
            let (marks, id) = (ReadingMarks(root: directory.path), SnapshotID.random())
            let one = try #require(try marks.mark(id))
            let two = try #require(try marks.mark(id))
            #expect(try marks.claim(id) == nil && marks.snapshots() == [id])
            #expect(marks.readers(of: id) == ["this process"])
            one.release()
            one.release()
            #expect(try marks.claim(id) == nil)
            two.release()
            let claim = try #require(try marks.claim(id))
            #expect(try marks.claim(.random()) != nil)
            claim.release()
            #expect(try Directory.names(in: directory.appending("reading")).isEmpty)
        }
    }

    @Test func anotherProcessIsNamed() throws {
        try ScratchDirectory.with { directory in
            let (marks, id) = (ReadingMarks(root: directory.path), SnapshotID.random())
            let folder = try directory.folder("reading")
            let path = folder.appending(id.rawValue)
            let ready = directory.appending("ready")
            let script = "open(F, '>', $ARGV[0]); flock(F, 1); open(R, '>', $ARGV[1]); sleep 60"
            let child = try ChildProcess(["perl", "-e", script, path.string, ready.string])
            // Asked before, it would remove the file that the child is about to lock.
            #expect(Waiting.until { File.exists(ready) })
            #expect((try? marks.snapshots()) == [id])
            #expect(Waiting.until { marks.readers(of: id) == ["process \(child.number) (perl -e)"] })
            child.kill()
            child.wait()
            #expect(try marks.snapshots().isEmpty && marks.readers(of: id).isEmpty)
        }
    }

    /// A reader and a deleter are never in at once, whoever removes the file meanwhile.
    @Test func neverBoth() throws {
        try ScratchDirectory.with { directory in
            let (marks, id) = (ReadingMarks(root: directory.path), SnapshotID.random())
            let (readers, deleters, rounds) = (Counter(), Counter(), Counter())
            let group = WorkerGroup()
            for thread in 0..<6 {
                group.start("marks") { _ in
                    for _ in 0..<300 {
                        do {
                            let isReader = thread < 4
                            guard let mark = try isReader ? marks.mark(id) : marks.claim(id) else { continue }
                            let mine = isReader ? readers : deleters
                            mine.add()
                            if isReader ? deleters.value > 0 : readers.value > 0 { Issue.record("both") }
                            if !isReader, deleters.value > 1 { Issue.record("two deleters") }
                            rounds.add()
                            mine.add(-1)
                            mark.release()
                        } catch {
                            Issue.record(error)
                        }
                    }
                }
            }
            group.wait()
            #expect(rounds.value > 1_200)
            let left = try Directory.names(in: directory.appending("reading"))
            #expect(left.isEmpty)
        }
    }

    /// A deletion may have to wait for others. Nobody begins to read meanwhile.
    @Test func whatIsBeingDeletedIsNotRead() throws {
        try Bench.withSnapshot { bench, engine, snapshot in
            let claim = try #require(try engine.marks.claim(snapshot.id))
            let error = engineError { _ = try bench.open().verify(snapshot.id) }
            #expect(error?.code == .snapshotInUse && error?.explanation.contains("is being deleted") == true)
            claim.release()
            #expect(try engine.isWhole(snapshot.id))
        }
    }
}
