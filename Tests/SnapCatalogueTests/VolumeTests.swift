import SnapModel
import Testing

@testable import SnapCatalogue

@Suite("Volumes")
struct VolumeTests {
    let scratch: Scratch
    let catalogue: Catalogue

    init() throws {
        scratch = try Scratch()
        catalogue = try scratch.open()
    }

    private func register(
        _ strength: VolumeIdentity.Strength,
        _ value: String,
        at path: String,
        byteCount: Int = 100,
        second: Int = 0,
        isOtherStillThere: (Volume) -> Bool = { _ in
            Issue.record("nobody had to be asked")
            return true
        }
    ) throws -> Volume {
        try catalogue.registerVolume(
            identity: VolumeIdentity(strength: strength, value: value),
            path: path,
            byteCount: byteCount,
            isOtherStillThere: isOtherStillThere,
            at: Sample.time(second)
        )
    }

    @Test func aStrongIdentityIsBelievedWhereverItIs() throws {
        let first = try register(.strong, "dm:a", at: "/dev/vdb")
        let moved = try register(.strong, "dm:a", at: "/dev/vdc", byteCount: 200, second: 9)
        #expect(moved.id == first.id)
        #expect(moved.path == "/dev/vdc" && moved.byteCount == 200 && moved.createTime == Sample.time)
        #expect(try catalogue.volume(first.id) == moved)
        #expect(try register(.strong, "dm:b", at: "/dev/vdc").id != first.id)
    }

    @Test func aWeakIdentityAtTheSamePathIsTheSameVolume() throws {
        let first = try register(.weak, "fs:1", at: "/dev/vdb")
        #expect(try register(.weak, "fs:1", at: "/dev/vdb", byteCount: 300).id == first.id)
    }

    @Test func aWeakIdentityMovesOnlyIfItsPlaceIsEmpty() throws {
        let first = try register(.weak, "fs:1", at: "/dev/vdb")
        var asked: [Volume] = []
        let moved = try register(.weak, "fs:1", at: "/dev/vdc") {
            asked.append($0)
            return false
        }
        #expect(moved.id == first.id && asked == [first])
        let twin = try register(.weak, "fs:1", at: "/dev/vdd") { _ in true }
        #expect(twin.id != first.id)
        #expect(try catalogue.volumes().map(\.path).sorted() == ["/dev/vdc", "/dev/vdd"])
    }

    @Test func amongSeveralClaimantsTheOneThatLeftIsTaken() throws {
        let claimants = try ["/a", "/b", "/c"].map { path in
            try register(.weak, "fs:1", at: path) { _ in true }
        }
        let taken = try register(.weak, "fs:1", at: "/d") { $0.path != "/b" }
        #expect(taken.id == claimants[1].id)
        #expect(try catalogue.volumes().count == 3)
    }

    @Test func aStrongAndAWeakIdentityNeverMeet() throws {
        let weak = try register(.weak, "x", at: "/dev/vdb")
        #expect(try register(.strong, "x", at: "/dev/vdb").id != weak.id)
    }

    @Test func anUnknownVolumeIsToldAsSuch() {
        #expect(catalogueError { try catalogue.volume(.random()) }?.code == .unknownVolume)
    }

    @Test func theQuestionIsAskedOutsideOfATransaction() throws {
        _ = try register(.weak, "fs:1", at: "/dev/vdb")
        let other = try scratch.open()
        let twin = try register(.weak, "fs:1", at: "/dev/vdc") { _ in
            // Would wait for 30 s, and fail, if the lock were held.
            do { _ = try other.sampleVolume(7) } catch { Issue.record(error) }
            return true
        }
        #expect(try catalogue.volumes().count == 3)
        #expect(twin.path == "/dev/vdc")
    }

    @Test func whoeverMovesMeanwhileIsAskedAgain() throws {
        let first = try register(.weak, "fs:1", at: "/dev/vdb")
        var asked: [String] = []
        let second = try register(.weak, "fs:1", at: "/dev/vdc") { claimant in
            asked.append(claimant.path)
            if asked.count == 1 {
                _ = try? register(.weak, "fs:1", at: "/dev/vdx") { _ in false }
                return false
            }
            return true
        }
        #expect(asked == ["/dev/vdb", "/dev/vdx"])
        #expect(second.id != first.id)
    }
}
