import Foundation
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

extension Integration {
    /// Bytes of the store that are not what was written.
    @Suite struct Damage {
        private static let byteCount = 12 << 20
        private static let place = 9 * blockByteCount

        private func withSnapshot(
            _ body: (ScratchDirectory, Program, SnapshotFields, FilePath) throws -> Void
        ) throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let image = try directory.volume("image", byteCount: Self.byteCount)
                try body(directory, program, try program.create(image, "--pack-size", "4M"), image)
            }
        }

        /// The pack and offset where the bytes begin; they were stored raw.
        private func find(_ bytes: some Sequence<UInt8>, _ program: Program) throws -> (
            pack: FilePath, offset: Int
        ) {
            for pack in try program.packs() {
                let contents = try Data(contentsOf: URL(fileURLWithPath: pack.string))
                if let range = contents.range(of: Data(bytes)) { return (pack, range.lowerBound) }
            }
            throw Command.Failure(description: "no pack holds the bytes")
        }

        private func flip(_ path: FilePath, at offset: Int) throws {
            let byte = try File.bytes(of: path, 1, at: offset)
            try File.overwrite(path, [byte[0] ^ 0x10], at: offset)
        }

        /// Flips a byte of block 9 of the image.
        private func damageBlock(_ program: Program, _ image: FilePath) throws {
            let body = try find(try File.bytes(of: image, 64, at: Self.place), program)
            try flip(body.pack, at: body.offset + 300_000)
        }

        @Test func ofABlockIsToldExactlyAndHeals() throws {
            try withSnapshot { directory, program, snapshot, image in
                try damageBlock(program, image)
                let range = RangeFields(Self.place, blockByteCount)
                let found = try program.verify(snapshot.id)
                #expect(
                    found.status == 2 && found.report.result == "damaged" && found.report.damaged == [range]
                )
                #expect(found.report.explanations.count == 1)

                let target = directory.appending("target")
                expectRefusal(try program.run("restore", snapshot.id, "--to", target.string), 2, "damaged")
                #expect(!File.exists(target), "nothing half-done stays")
                let rest = try program.run("restore", snapshot.id, "--to", target.string, "--keep-going")
                #expect(rest.status == 2)
                #expect(try decode(VerifyFields.self, rest.output).damaged == [range])
                let hole = try directory.sparseFile("hole", byteCount: 0)
                try copy(image, to: hole)
                try File.overwrite(hole, [UInt8](repeating: 0, count: blockByteCount), at: Self.place)
                #expect(try areEqual(target, hole), "zeros stand for what is lost")

                let next = try program.create(image)
                #expect(next.newByteCount == blockByteCount, "the chunk is stored anew")
                for id in [snapshot.id, next.id] {
                    #expect(try program.verifies(id))
                    #expect(try program.holds(id, image, in: directory))
                }
                try program.rebuild()
                #expect(try program.verifies(snapshot.id), "the newer of two bodies counts")
            }
        }

        @Test func comparedWithAVolume() throws {
            try withSnapshot { _, program, snapshot, image in
                try damageBlock(program, image)
                try scramble(image, 4096, at: 3 * blockByteCount)
                let outcome = try program.verify(snapshot.id, "--against", image.string)
                #expect(outcome.status == 2)
                #expect(outcome.report.damaged == [RangeFields(Self.place, blockByteCount)])
                #expect(outcome.report.differing == [RangeFields(3 * blockByteCount, 4096)])
            }
        }

        @Test func ofAManifestPageHeals() throws {
            try withSnapshot { directory, program, snapshot, image in
                let page = try find(Array("SNPG".utf8), program)
                try flip(page.pack, at: page.offset + 40)
                let target = directory.appending("x")
                expectRefusal(try program.run("restore", snapshot.id, "--to", target.string), 2, "damaged")
                // The one leaf spans the whole volume: all of it counts as lost, and none of it is checked.
                let range = RangeFields(0, Self.byteCount)
                let found = try program.verify(snapshot.id)
                #expect(found.status == 2 && found.report.damaged == [range])
                #expect(found.report.explanations.count == 1)
                let rest = try program.run("restore", snapshot.id, "--to", target.string, "--keep-going")
                #expect(rest.status == 2)
                #expect(try decode(VerifyFields.self, rest.output).damaged == [range])
                #expect(try program.list()[0].state == "completed")
                // The pages are stored anew, no block is.
                let next = try program.create(image)
                #expect(next.newByteCount == 0)
                #expect(try program.verifies(next.id))
                #expect(try program.verifies(snapshot.id))
                #expect(try program.holds(snapshot.id, image, in: directory))
            }
        }

        enum PackLoss: CaseIterable {
            case deleted, truncated, emptied, zeroed
        }

        @Test(arguments: PackLoss.allCases) func ofAWholePack(_ loss: PackLoss) throws {
            try withSnapshot { directory, program, snapshot, image in
                let body = try find(try File.bytes(of: image, 64, at: Self.place), program)
                try lose(loss, body)
                let found = try program.verify(snapshot.id)
                #expect(found.status == 2 && !found.report.damaged.isEmpty)
                #expect(
                    found.report.damaged.contains {
                        $0.offset <= Self.place && $0.offset + $0.byteCount > Self.place
                    }
                )
                expectRefusal(
                    try program.run("restore", snapshot.id, "--to", directory.appending("x").string),
                    2
                )
                // A rebuild tells which snapshots that hurts.
                let rebuilt = try program.run("catalogue", "rebuild")
                #expect(
                    rebuilt.status == 2 && rebuilt.output.contains(snapshot.id),
                    "\(rebuilt.output)\(rebuilt.errors)"
                )
                // What has no footer any more, only the lost catalogue could have found.
                let again = try program.verify(snapshot.id).report
                let lost = found.report.damaged.reduce(0) { $0 + $1.byteCount }
                #expect(again.damaged.reduce(0) { $0 + $1.byteCount } >= lost)
                let next = try program.create(image)
                #expect(next.newByteCount > 0)
                #expect(try program.verifies(snapshot.id), "healed")
                #expect(try program.verifies(next.id), "healed")
                #expect(try program.holds(snapshot.id, image, in: directory))
            }
        }

        @Test(arguments: PackLoss.allCases) func ofThePackOfPages(_ loss: PackLoss) throws {
            try withSnapshot { directory, program, snapshot, image in
                try lose(loss, try find(Array("SNPG".utf8), program))
                for line in [
                    ["verify", snapshot.id],
                    ["restore", snapshot.id, "--to", directory.appending("x").string],
                ] {
                    expectRefusal(try program.run(line), 2)
                }
                expectRefusal(try program.run("diff", snapshot.id, snapshot.id), 2)
                let rebuilt = try program.run("catalogue", "rebuild")
                #expect(rebuilt.status == 2 && rebuilt.output.contains(snapshot.id))
                let next = try program.create(image)
                #expect(next.newByteCount == 0)
                #expect(try program.verifies(snapshot.id), "healed")
                #expect(try program.verifies(next.id), "healed")
                #expect(try program.holds(snapshot.id, image, in: directory))
            }
        }

        private func lose(_ loss: PackLoss, _ body: (pack: FilePath, offset: Int)) throws {
            let pack = body.pack
            let byteCount = try FileStatus(of: pack).byteCount
            switch loss {
            case .deleted: try File.remove(pack)
            case .truncated: try Command.check("truncate", "-s", String(body.offset + 10), pack.string)
            case .emptied: try Command.check("truncate", "-s", "0", pack.string)
            case .zeroed: try File.overwrite(pack, [UInt8](repeating: 0, count: byteCount), at: 0)
            }
        }

        @Test func ofARecordIsToldByARebuild() throws {
            try withSnapshot { directory, program, snapshot, image in
                let record = try program.files("snap-*.json")[0]
                try File.overwrite(record, Array("nonsense".utf8), at: 0)
                #expect(try program.verifies(snapshot.id), "the catalogue needs it not")
                let rebuilt = try program.run("catalogue", "rebuild")
                #expect(rebuilt.status == 2 && rebuilt.output.contains(snapshot.id))
                #expect(try program.list().isEmpty)
                #expect(try program.create(image).newByteCount == 0)
            }
        }
    }
}
