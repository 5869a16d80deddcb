import SnapConsistency
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

extension Freezing {
    @Suite struct Refusals {
        @Test(arguments: MountedFilesystem.Kind.allCases)
        func whatSomebodyElseFrozeStaysSo(kind: MountedFilesystem.Kind) throws {
            try Freezable.with([.ext4, kind]) { freezables, _ in
                try freezables[1].freezeByHand()
                let freezer = try Freezer.start(freezables)
                let error = failure { () throws(ConsistencyError) in try freezer.freeze() }
                #expect(error?.code == .alreadyFrozen)
                #expect(error?.explanation.contains(freezables[1].path.string) == true)
                #expect(freezables[0].writer.goesOn(within: 1))
                #expect(freezables[1].writer.isStalled)
                freezer.stop()
                #expect(freezables[1].writer.isStalled)
                try freezables[1].thawByHand()
                #expect(freezables[1].writer.goesOn(within: 1))
            }
        }

        @Test func whatSomebodyElseThawedIsNotOfTheInstant() throws {
            try Freezable.with(.ext4) { freezable, _ in
                let freezer = try Freezer.start([freezable])
                try freezer.freeze()
                try freezable.thawByHand()
                #expect(freezable.writer.goesOn(within: 1))
                let error = failure { () throws(ConsistencyError) in try freezer.thaw() }
                #expect(error?.code == .freezeFailed)
                #expect(error?.explanation.contains("somebody else thawed \(freezable.path)") == true)
            }
        }

        @Test func whatCannotBeFrozen() throws {
            try Freezable.with(.ext4) { freezable, directory in
                let memory = try directory.folder("memory")
                try Command.check("mount", "-t", "tmpfs", "none", memory.string)
                defer { _ = try? Command.run(["umount", memory.string]) }
                let target = FreezeTarget(mountPoint: memory, filesystemType: "tmpfs")
                let freezer = try Freezer.start(
                    [freezable.target, target], maxFreeze: .seconds(20), program: BuiltProgram.path)
                let error = failure { () throws(ConsistencyError) in try freezer.freeze() }
                #expect(error?.code == .freezeFailed && error?.explanation.contains("tmpfs cannot be frozen") == true)
                // All or none.
                #expect(freezable.writer.goesOn(within: 1))
            }
        }

        @Test func whatIsNotMountedAnyMore() throws {
            try Freezable.with(.ext4) { freezable, directory in
                let folder = try directory.folder("folder")
                let others = [
                    FreezeTarget(mountPoint: folder, filesystemType: "ext4"),
                    FreezeTarget(mountPoint: directory.appending("missing"), filesystemType: "ext4"),
                    FreezeTarget(mountPoint: try directory.file("file", [1]), filesystemType: "ext4"),
                    FreezeTarget(mountPoint: freezable.path.appending("steady"), filesystemType: "ext4"),
                    FreezeTarget(mountPoint: freezable.path, filesystemType: "xfs"),
                ]
                for other in others {
                    let error = failure { () throws(ConsistencyError) in
                        _ = try Freezer.start(
                            [freezable.target, other], maxFreeze: .seconds(5), program: BuiltProgram.path)
                    }
                    #expect(error?.code == .freezeFailed)
                    #expect(error?.explanation.contains(other.mountPoint.string) == true)
                }
            }
        }

        @Test func aProgramThatIsNoFreezer() throws {
            try Freezable.with(.ext4) { freezable, directory in
                for program in [FilePath("/bin/true"), "/bin/echo", directory.appending("missing")] {
                    let error = failure { () throws(ConsistencyError) in
                        _ = try Freezer.start([freezable.target], maxFreeze: .seconds(5), program: program)
                    }
                    #expect(error?.code == .freezeFailed || error?.code == .systemFailure)
                }
                #expect(freezable.writer.goesOn(within: 1))
            }
        }

        /// The inner filesystem cannot come to rest, since its device cannot be written to.
        @Test(arguments: [false, true])
        func aFreezeThatTheKernelHoldsUp(isKilled: Bool) throws {
            try Freezable.with(.ext4) { outer, directory in
                let image = try ScratchDirectory.sparseFile(at: outer.path.appending("image"), byteCount: 16 << 20)
                try MountedFilesystem.make(.ext4, on: image)
                try LoopDevice.with(over: image) { loop in
                    try MountedFilesystem.with(loop.path, at: try directory.folder("inner")) { mounted in
                        try Command.check("sync", "-f", mounted.path.string)
                        try outer.freezeByHand()
                        defer { _ = try? Command.run(["fsfreeze", "-u", outer.path.string]) }
                        try heldUp(FreezeTarget(mountPoint: mounted.path, filesystemType: "ext4"), outer, isKilled)
                        // It fails where nothing is frozen, and thaws for the rest of this test where something is.
                        let thaw = try Command.run(["fsfreeze", "-u", mounted.path.string])
                        #expect(thaw.status != 0 && thaw.errors.contains("Invalid argument"))
                        try SteadyWriter.with(mounted.path) { #expect($0.goesOn(within: 1)) }
                    }
                }
            }
        }

        private func heldUp(_ inner: FreezeTarget, _ outer: Freezable, _ isKilled: Bool) throws {
            let freezer = try Freezer.start([inner], maxFreeze: .milliseconds(300), program: BuiltProgram.path)
            let watch = Stopwatch()
            let error = failure { () throws(ConsistencyError) in try freezer.freeze() }
            #expect(error?.code == .freezeExpired)
            #expect(watch.seconds < 1.5)
            if isKilled { try Command.check("kill", "-s", "KILL", String(freezer.processNumber)) }
            try outer.thawByHand()
            freezer.stop()
            #expect(isGone(freezer.processNumber))
        }
    }
}
