import Glibc
import SnapConsistency
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

extension Freezing {
    @Suite struct Needs {
        @Test(arguments: MountedFilesystem.Kind.allCases)
        func whatLiesOnATargetIsNamed(kind: MountedFilesystem.Kind) throws {
            try Freezable.with(kind) { freezable, directory in
                let elsewhere = FrozenNeed("the log", directory.appending("log"))
                #expect(refusal(freezable.target, [elsewhere]) == nil)
                // Neither of the folders is there yet.
                let store = FrozenNeed("the store", freezable.path.appending("root/store"))
                let error = refusal(freezable.target, [elsewhere, store])
                #expect(error?.code == .wouldFreezeItself)
                let isNamed = ["the store", store.path.string, "at \(freezable.path),"].allSatisfy {
                    error?.explanation.contains($0) == true
                }
                #expect(isNamed)
            }
        }

        @Test func aStoreInAnImageFileOfATarget() throws {
            try Freezable.with(.ext4) { outer, directory in
                let image = try ScratchDirectory.sparseFile(at: outer.path.appending("image"), byteCount: 16 << 20)
                try MountedFilesystem.make(.ext4, on: image)
                try LoopDevice.with(over: image) { loop in
                    try MountedFilesystem.with(loop.path, at: try directory.folder("inner")) { mounted in
                        let need = FrozenNeed("the catalogue", mounted.path.appending("catalogue.db"))
                        #expect(refusal(outer.target, [need])?.explanation.contains("the catalogue") == true)
                    }
                }
            }
        }

        @Test func aSubvolumeOfATarget() throws {
            try Freezable.with(.btrfs) { freezable, _ in
                let subvolume = freezable.path.appending("sub")
                try Command.check("btrfs", "subvolume", "create", subvolume.string)
                #expect(refusal(freezable.target, [FrozenNeed("the log", subvolume)]) != nil)
            }
        }

        @Test func aFileInTheMemoryOfThisProcess() throws {
            try Freezable.with(.ext4) { freezable, _ in
                let path = try ScratchDirectory.sparseFile(at: freezable.path.appending("lib.so"), byteCount: 4_096)
                let file = try OwnedDescriptor(opening: path, .readOnly)
                let memory = mmap(nil, 4_096, PROT_READ, MAP_PRIVATE, file.rawValue, 0)
                defer { munmap(memory, 4_096) }
                #expect(refusal(freezable.target, [])?.explanation.contains(path.string) == true)
                // Also when its name is gone.
                try File.remove(path)
                #expect(refusal(freezable.target, [])?.code == .wouldFreezeItself)
            }
        }

        /// Nothing is frozen here: it is only asked.
        @Test func theProgramAndTemporaryFiles() throws {
            for path in [BuiltProgram.path.removingLastComponent().string, "/tmp"] {
                let words = try Command.check("findmnt", "-n", "-r", "-o", "TARGET,FSTYPE", "-T", path)
                let parts = words.split(separator: " ")
                let target = FreezeTarget(
                    mountPoint: FilePath(String(parts[0])), filesystemType: String(parts[1]))
                #expect(refusal(target, [])?.code == .wouldFreezeItself)
            }
        }

        private func refusal(_ target: FreezeTarget, _ needs: [FrozenNeed]) -> ConsistencyError? {
            failure { () throws(ConsistencyError) in try FreezeNeeds.check([target], needs: needs) }
        }
    }
}
