import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

extension Integration {
    /// What is stored once is not stored again.
    @Suite struct Deduplication {
        @Test func anUnchangedVolumeStoresNothing() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let image = try directory.volume("image", byteCount: 20 << 20 + 4096)
                try LoopDevice.with(over: image) { loop in
                    let first = try program.create(loop.path)
                    #expect(first.newByteCount == 41 * blockByteCount)
                    let stored = try program.packs()
                    let second = try program.create(loop.path)
                    #expect(second.newByteCount == 0 && second.own.storedByteCount == 0)
                    #expect(second.fullByteCount == first.fullByteCount && second.volume == first.volume)
                    #expect(try program.packs() == stored, "not even a page")
                    #expect(try program.diff(first.id, second.id).status == 0)
                }
            }
        }

        @Test func whatDeletingTogetherFrees() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let image = try directory.volume("image", byteCount: 20 << 20)
                let ids = [try program.create(image).id, try program.create(image).id]
                func foretold(_ ids: [String]) throws -> Int {
                    let outcome = try program.run(["stats"] + ids)
                    return try decode(Foretold.self, outcome.output).byteCount
                }
                #expect(try foretold([ids[0]]) == 0, "the other needs all of it")
                let together = try foretold(ids)
                #expect(together > 0)
                #expect(try program.run(["delete", "--skip-recycle-bin"] + ids).status == 0)
                let report = try decode(Collected.self, try program.run("gc", "--repack-all").output)
                #expect(report.freed.storedByteCount == together)
                #expect(try program.run("stats", ids[0]).status != 0, "it is gone")
            }
        }

        private struct Foretold: Decodable {
            var byteCount: Int

            enum CodingKeys: String, CodingKey { case byteCount = "FreedIfDeletedByteCount" }
        }

        private struct Collected: Decodable {
            struct Bodies: Decodable {
                var storedByteCount: Int

                enum CodingKeys: String, CodingKey { case storedByteCount = "StoredByteCount" }
            }

            var freed: Bodies

            enum CodingKeys: String, CodingKey { case freed = "Freed" }
        }

        @Test func oneBlockChanged() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let image = try directory.volume("image", byteCount: 20 << 20)
                let first = try program.create(image)
                let old = directory.appending("old")
                try copy(image, to: old)
                let place = 7 * blockByteCount
                let byte = try File.bytes(of: image, 1, at: place + 9)
                try File.overwrite(image, [byte[0] ^ 1], at: place + 9)
                let second = try program.create(image)
                #expect(second.newByteCount == blockByteCount)
                let outcome = try program.diff(first.id, second.id)
                #expect(outcome.status == 1 && outcome.report.changed == [RangeFields(place, blockByteCount)])
                #expect(try program.holds(first.id, old, in: directory))
                #expect(try program.holds(second.id, image, in: directory))
            }
        }

        @Test func withinARunAndBetweenVolumes() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let image = try directory.sparseFile("image", byteCount: 32 << 20)
                let block = SeededRandom.bytes(blockByteCount, seed: 5)
                for index in 0..<64 { try File.overwrite(image, block, at: index * blockByteCount) }
                let first = try program.create(image)
                #expect(first.newByteCount == blockByteCount, "64 blocks of one content")
                let other = try directory.sparseFile("other", byteCount: 9 << 20)
                try File.overwrite(other, block, at: 3 * blockByteCount)
                let second = try program.create(other)
                #expect(second.newByteCount == 0 && second.fullByteCount == blockByteCount)
                #expect(try program.holds(first.id, image, in: directory))
                #expect(try program.holds(second.id, other, in: directory))
            }
        }

        @Test func twoProcessesAtOnce() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let images = [try directory.volume("one", byteCount: 96 << 20), directory.appending("two")]
                try copy(images[0], to: images[1])
                try LoopDevice.with(over: images[0]) { one in
                    try LoopDevice.with(over: images[1]) { two in
                        // Also the making of the root is raced for.
                        let runs = try [one, two].map {
                            try program.start(
                                "create",
                                "--volume",
                                $0.path.string,
                                "--pack-size",
                                "4M",
                                logs: directory
                            )
                        }
                        for outcome in try runs.map({ try $0.wait() }) {
                            #expect(outcome.status == 0, "\(outcome.errors)")
                        }
                    }
                }
                let stored = Double(try program.storedByteCount()) / Double(96 << 20)
                print("two processes with the same content at once: \(stored) times its size is stored")
                #expect(stored < 2.1)
                let snapshots = try program.list()
                #expect(snapshots.count == 2 && snapshots.first?.volume != snapshots.last?.volume)
                for snapshot in snapshots {
                    #expect(snapshot.state == "completed")
                    #expect(try program.verifies(snapshot.id))
                    #expect(try program.holds(snapshot.id, images[0], in: directory))
                }
                #expect(try program.unfinished().isEmpty)
            }
        }

        @Test func byTheIDOfTheVolume() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let image = try directory.volume("image", byteCount: 2 << 20)
                let first = try program.create(image)
                let second = try program.create(first.volume, [])
                #expect(second.volume == first.volume && second.newByteCount == 0)
                // Another file under the old name is not what the id means.
                try File.rename(image, to: directory.appending("moved"))
                _ = try directory.volume("image", byteCount: 2 << 20)
                expectRefusal(
                    try program.run("create", "--volume", first.volume),
                    15,
                    first.volume,
                    image.string
                )
            }
        }
    }
}
