import Foundation
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

/// CreateSnapshots by the program itself: of volumes that are named, and of those of this machine.
extension Integration {
    @Suite struct SetVerbs {
        private struct Answer: Decodable {
            struct Tag: Decodable, Equatable {
                var Key: String
                var Value: String
            }
            struct Snapshot: Decodable {
                var SnapshotId: String
                var VolumeId: String
                var State: String
                var Progress: String
                var StartTime: String
                var Description: String
                var Tags: [Tag]
            }
            var Snapshots: [Snapshot]
        }

        private func answer(_ program: Program, _ words: String...) throws -> [Answer.Snapshot] {
            try decode(Answer.self, try Command.check(program.line(["create-snapshots"] + words))).Snapshots
        }

        @Test func `volumes that are named, and those of the instance`() throws {
            try ScratchDirectory.with { directory in
                let program = Program(in: directory)
                let (one, two) = (directory.appending("one.img"), directory.appending("two.img"))
                for (path, byte) in [(one, UInt8(1)), (two, 2)] {
                    try Data(repeating: byte, count: 3 << 20).write(to: URL(filePath: path.string))
                }
                let volume = try answer(program, "--volume", one.string, "--wait")[0].VolumeId
                try Command.check(program.line(["tag", volume, "Name=web", "Team=shop"]))
                let named = try answer(
                    program, "--volume", one.string, two.string, "--description", "both", "--wait",
                    "--copy-tags-from-source", "volume", "--tag-specifications",
                    "ResourceType=snapshot,Tags=[{Key=Team,Value=own}]")
                #expect(named.count == 2 && named[0].VolumeId == volume && named[0].StartTime == named[1].StartTime)
                #expect(
                    named.allSatisfy { $0.State == "completed" && $0.Progress == "100%" && $0.Description == "both" })
                let own = Answer.Tag(Key: "Team", Value: "own")
                #expect(named[0].Tags == [Answer.Tag(Key: "Name", Value: "web"), own] && named[1].Tags == [own])
                for (snapshot, path) in zip(named, [one, two]) {
                    #expect(try program.holds(snapshot.SnapshotId, path, in: directory))
                }
                let wrong = try program.run(
                    "create-snapshots", "--instance-specification", "InstanceId=i-00000000000000000")
                #expect(wrong.status == 254 && wrong.errors.contains("(InvalidInstanceID.NotFound)"))
                let instance = try #require(wrong.errors.split { $0.isWhitespace }.last)
                let all = try answer(
                    program, "--instance-specification",
                    "InstanceId=\(instance),ExcludeDataVolumeIds=\(named[1].VolumeId)", "--wait")
                #expect(all.map(\.VolumeId) == [volume] && all[0].Tags.isEmpty)
            }
        }
    }
}
