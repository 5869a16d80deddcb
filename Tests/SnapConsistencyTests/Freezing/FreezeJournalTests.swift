import Glibc
import SnapConsistency
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

extension Freezing {
    @Suite struct Journals {
        @Test func isThereWhileFrozenAndGoneAfter() throws {
            try Freezable.with(.ext4) { freezable, directory in
                let root = try directory.folder("root")
                let journal = FreezeJournal(in: root)
                let freezer = try Freezer.start([freezable], journal: journal)
                #expect(!File.exists(journal.path))
                try freezer.freeze()
                #expect(try File.readText(journal.path).contains(freezable.path.string))
                // Of one who lives.
                #expect(FreezeJournal.clearLeftovers(in: root).isEmpty && freezable.writer.isStalled)
                try freezer.thaw()
                #expect(try Directory.names(in: root).isEmpty)
            }
        }

        @Test func isNotLeftByOneThatEndsBeforeItFreezes() throws {
            try Freezable.with(.ext4) { freezable, directory in
                let root = try directory.folder("root")
                let freezer = try Freezer.start([freezable], journal: FreezeJournal(in: root))
                freezer.stop()
                let error = failure { () throws(ConsistencyError) in try freezer.freeze() }
                #expect(error?.code == .cancelled)
                #expect(try Directory.names(in: root).isEmpty)
            }
        }

        @Test func isNotKeptOnWhatItIsAbout() throws {
            try Freezable.with(.ext4) { freezable, _ in
                let error = failure { () throws(ConsistencyError) in
                    _ = try Freezer.start([freezable], journal: FreezeJournal(in: freezable.path))
                }
                #expect(error?.code == .wouldFreezeItself)
            }
        }

        @Test func leftoversOfTheDeadAreThawed() throws {
            try Freezable.with([.ext4, .xfs]) { freezables, directory in
                let root = try directory.folder("root")
                try write("freeze-a.json", freezables, owner: Self.deadOwner(), in: root)
                for freezable in freezables { try freezable.freezeByHand() }
                let words = FreezeJournal.clearLeftovers(in: root)
                #expect(words.count == 2 && words[0].contains("thawed \(freezables[0].path)"))
                #expect(freezables.allSatisfy { $0.writer.goesOn(within: 1) })
                #expect(try Directory.names(in: root).isEmpty)
                #expect(FreezeJournal.clearLeftovers(in: root).isEmpty)
            }
        }

        /// What is frozen now was frozen by somebody else.
        @Test func leftoversOfAnotherBootAreOnlyRemoved() throws {
            try Freezable.with(.ext4) { freezable, directory in
                let root = try directory.folder("root")
                try write("freeze-a.json", [freezable], owner: "1-2-0123456789ab", in: root)
                try freezable.freezeByHand()
                #expect(FreezeJournal.clearLeftovers(in: root).isEmpty)
                #expect(freezable.writer.isStalled)
                #expect(try Directory.names(in: root).isEmpty)
                try freezable.thawByHand()
            }
        }

        @Test func whatIsNoJournalStays() throws {
            try ScratchDirectory.with { directory in
                let other = try directory.file("freeze-a.json", Array("{\"formatVersion\": 7}".utf8))
                #expect(FreezeJournal.clearLeftovers(in: directory.path).count == 1)
                #expect(File.exists(other))
                #expect(FreezeJournal.clearLeftovers(in: directory.appending("missing")).isEmpty)
            }
        }

        /// Its writer was killed before it had its name.
        @Test func anUnfinishedOneIsRemovedOnceItsWriterIsDead() throws {
            try ScratchDirectory.with { directory in
                let unfinished = "freeze-a.json.1\(AtomicFile.temporaryMarker)"
                _ = try directory.file("\(unfinished)\(Self.deadOwner())", [])
                let other = try directory.file("\(unfinished)\(ProcessIdentity.current)", [])
                #expect(FreezeJournal.clearLeftovers(in: directory.path).isEmpty)
                #expect(try Directory.names(in: directory.path) == [other.lastComponent?.string])
            }
        }

        /// Neither of the two can thaw: one is dead, the other stopped.
        @Test func aStoppedFreezerOfADeadParentIsEnded() throws {
            try Freezable.with(.ext4) { freezable, directory in
                let root = try directory.folder("root")
                let parent = try FreezingParent([freezable], maxFreeze: .seconds(20), directory)
                #expect(Waiting.until { freezable.writer.isStalled })
                let freezer = try #require(ProcessIdentity(number: parent.freezer))
                kill(freezer.number, SIGSTOP)
                try write("freeze-a.json", [freezable], owner: Self.deadOwner(), freezer: freezer, in: root)
                parent.kill()
                #expect(freezable.writer.isStalled)
                // The freezer thaws when it goes on.
                #expect(FreezeJournal.clearLeftovers(in: root).count == 1)
                #expect(freezable.writer.goesOn(within: 1) && !freezer.isAlive)
            }
        }

        /// As version 1 is written.
        private func write(
            _ name: String, _ freezables: [Freezable], owner: String, freezer: ProcessIdentity? = nil, in root: FilePath
        ) throws {
            let filesystems = try freezables.map { freezable in
                let number = try Command.check("mountpoint", "-d", freezable.path.string)
                return #"{"mountPoint": "\#(freezable.path)", "number": "\#(number)"}"#
            }
            let other = freezer.map { #""freezer": "\#($0)", "# } ?? ""
            let text =
                #"{"formatVersion": 1, "owner": "\#(owner)", \#(other)"filesystems": ["#
                + filesystems.joined(separator: ", ") + "]}"
            try AtomicFile.write(Array(text.utf8), to: root.appending(name))
        }

        /// Of this boot.
        private static func deadOwner() throws -> String {
            let child = try ChildProcess(["sleep", "1000"])
            let identity = try #require(ProcessIdentity(number: child.number))
            child.kill()
            child.wait()
            return "\(identity)"
        }
    }
}
