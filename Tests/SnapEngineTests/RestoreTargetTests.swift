import SnapModel
import Testing

@testable import SnapEngine

/// When a target is known to be the volume that the snapshot was taken of.
@Suite("The source as a target")
struct RestoreTargetTests {
    private func volume(_ strength: VolumeIdentity.Strength, _ value: String) -> Volume {
        Volume(
            id: .random(),
            identity: VolumeIdentity(strength: strength, value: value),
            path: "/dev/sample",
            byteCount: 1 << 30,
            createTime: Timestamp(millisecondsSinceEpoch: 0)
        )
    }

    @Test func onlyAStrongIdentityTells() {
        let strong = VolumeIdentity(strength: .strong, value: "dm:1")
        let weak = VolumeIdentity(strength: .weak, value: "contents:ext4:1")
        #expect(strong.isSurelyThat(of: volume(.strong, "dm:1")))
        #expect(!strong.isSurelyThat(of: volume(.strong, "dm:2")))
        #expect(!weak.isSurelyThat(of: volume(.weak, "contents:ext4:1")), "a clone has the same")
    }
}
