import Glibc
import SnapConsistency
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

extension Freezing {
    @Suite struct Orderly {
        @Test(arguments: MountedFilesystem.Kind.allCases)
        func freezesAndThaws(kind: MountedFilesystem.Kind) throws {
            try Freezable.with(kind) { freezable, directory in
                let freezer = try Freezer.start([freezable])
                #expect(freezable.writer.goesOn(within: 1))
                try freezer.freeze()
                #expect(freezable.writer.isStalled)
                try freezer.confirmFrozen()
                let duration = try freezer.thaw()
                #expect(duration > .milliseconds(50) && duration < .seconds(5))
                #expect(freezable.writer.goesOn(within: 1))
                #expect(failure { () throws(ConsistencyError) in try freezer.confirmFrozen() }?.code == .freezeFailed)
                freezer.stop()
                freezer.stop()
                #expect(isGone(freezer.processNumber))
            }
        }

        @Test func severalFreezeTogether() throws {
            try Freezable.with([.ext4, .xfs, .btrfs]) { freezables, _ in
                let freezer = try Freezer.start(freezables)
                try freezer.freeze()
                #expect(freezables.allSatisfy { $0.writer.isStalled })
                try freezer.thaw()
                #expect(freezables.allSatisfy { $0.writer.goesOn(within: 1) })
            }
        }

        /// Its image file lies on another that is frozen too: in the other order the first could never come to rest.
        @Test func nestedFilesystemsFreezeDeepestFirst() throws {
            try Freezable.with(.ext4) { outer, directory in
                let image = try ScratchDirectory.sparseFile(at: outer.path.appending("image"), byteCount: 16 << 20)
                try MountedFilesystem.make(.ext4, on: image)
                try LoopDevice.with(over: image) { loop in
                    try MountedFilesystem.with(loop.path, at: try directory.folder("inner")) { mounted in
                        try SteadyWriter.with(mounted.path) { writer in
                            let inner = FreezeTarget(mountPoint: mounted.path, filesystemType: "ext4")
                            let freezer = try Freezer.start(
                                [inner, outer.target], maxFreeze: .seconds(20), program: BuiltProgram.path)
                            try freezer.freeze()
                            #expect(outer.writer.isStalled && writer.isStalled)
                            try freezer.thaw()
                            #expect(outer.writer.goesOn(within: 1) && writer.goesOn(within: 1))
                        }
                    }
                }
            }
        }

        /// The second subvolume has another number by stat(2), and is the same filesystem.
        @Test func aFilesystemThatIsMountedTwiceFreezesOnce() throws {
            try Freezable.with(.btrfs) { freezable, directory in
                try Command.check("btrfs", "subvolume", "create", freezable.path.appending("sub").string)
                let second = try directory.folder("second")
                try MountedFilesystem.with(freezable.filesystem.device, at: second, options: ["subvol=sub"]) { _ in
                    let again = FreezeTarget(mountPoint: second, filesystemType: "btrfs")
                    let freezer = try Freezer.start(
                        [again, freezable.target], maxFreeze: .seconds(20), program: BuiltProgram.path)
                    try freezer.freeze()
                    #expect(freezable.writer.isStalled)
                    try freezer.thaw()
                    #expect(freezable.writer.goesOn(within: 1))
                }
            }
        }

        @Test func stopThaws() throws {
            try Freezable.with(.ext4) { freezable, _ in
                let freezer = try Freezer.start([freezable])
                try freezer.freeze()
                freezer.stop()
                #expect(freezable.writer.goesOn(within: 1) && isGone(freezer.processNumber))
                #expect(failure { () throws(ConsistencyError) in try freezer.confirmFrozen() }?.code == .cancelled)
            }
        }

        @Test func aFreezerThatNobodyHoldsThaws() throws {
            try Freezable.with(.ext4) { freezable, _ in
                var process: Int32 = 0
                do {
                    let freezer = try Freezer.start([freezable])
                    process = freezer.processNumber
                    try freezer.freeze()
                }
                #expect(freezable.writer.goesOn(within: 1) && isGone(process))
            }
        }

        @Test func thawsAtItsDeadline() throws {
            try Freezable.with([.ext4, .xfs]) { freezables, _ in
                let freezer = try Freezer.start(freezables, maxFreeze: .milliseconds(200))
                let ends = Counter()
                freezer.onUnexpectedEnd { if $0.code == .freezeExpired { ends.add() } }
                try freezer.freeze()
                #expect(freezables.allSatisfy { $0.writer.goesOn(within: 1.2) })
                #expect(Waiting.until(seconds: 1) { ends.value == 1 })
                let confirmation = failure { () throws(ConsistencyError) in try freezer.confirmFrozen() }
                let thaw = failure { () throws(ConsistencyError) in try freezer.thaw() }
                #expect(confirmation?.code == .freezeExpired && thaw?.code == .freezeExpired)
                freezer.onUnexpectedEnd { _ in ends.add() }
                #expect(ends.value == 2)
            }
        }

        /// Of each kind: asked to end, stopped by a terminal, a fault of its own, the last of the real-time signals.
        @Test(arguments: [SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGALRM, SIGTSTP, SIGSEGV, SIGABRT, 64])
        func everySignalThaws(number: Int32) throws {
            try Freezable.with(.ext4) { freezable, _ in
                let freezer = try Freezer.start([freezable])
                try freezer.freeze()
                kill(freezer.processNumber, number)
                #expect(freezable.writer.goesOn(within: 1))
                #expect(failure { () throws(ConsistencyError) in try freezer.thaw() }?.code == .freezeFailed)
                freezer.stop()
                #expect(isGone(freezer.processNumber))
            }
        }
    }
}
