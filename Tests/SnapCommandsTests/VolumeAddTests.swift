import ArgumentParser
import SnapEngine
import SnapModel
import Testing

@testable import SnapCommands

private typealias SnapshotTag = SnapModel.Tag

@Suite struct VolumeAddTests {
    private func command(_ words: String...) throws -> VolumeAddCommand {
        try #require(try Snapctl.parseAsRoot(["volume", "add"] + words) as? VolumeAddCommand)
    }

    @Test func `help is as ever`() throws {
        let text = Snapctl.helpMessage(for: VolumeAddCommand.self, columns: 80) + "\n"
        try Golden.expect(text, "help-volume-add.txt")
    }

    @Test func `tags and product codes are read whole`() throws {
        let add = try command(
            "/dev/vdb", "--tag", "Name=web=1", "--tag", "Empty=", "--product-code", "marketplace=abc")
        #expect(add.path == "/dev/vdb")
        #expect(try add.tags() == [SnapshotTag(key: "Name", value: "web=1"), SnapshotTag(key: "Empty", value: "")])
        #expect(try add.productCodes() == [ProductCode(code: "abc", type: .marketplace)])
    }

    @Test(arguments: ["marketplace", "gift=abc", "devpay=", "=abc"])
    func `what is no product code`(text: String) throws {
        let add = try command("/dev/vdb", "--product-code", text)
        #expect(throws: EngineError.self) { _ = try add.productCodes() }
    }

    @Test func `what is no tag`() throws {
        let add = try command("/dev/vdb", "--tag", "Name")
        #expect(throws: EngineError.self) { _ = try add.tags() }
    }

    @Test func `the answer has EBS's fields`() throws {
        var volume = Samples.volume
        let sighting = VolumeSighting(isThere: true)
        let plain = RegisteredVolumeAnswer(volume: volume, sighting: sighting)
        try Golden.expect(plain.printed(as: .json), "volume-add-plain.json")
        volume.tags = [SnapshotTag(key: "Name", value: "web")]
        volume.productCodes = [ProductCode(code: "abc", type: .devpay)]
        volume.sourceSnapshot = try Samples.id(1)
        let attachment = VolumeAttachment(device: "/dev/vdb", mountPoints: ["/srv"])
        let full = RegisteredVolumeAnswer(
            volume: volume, sighting: VolumeSighting(isThere: true, attachment: attachment))
        try Golden.expect(full.printed(as: .json), "volume-add.json")
        try Golden.expect(full.printed(as: .table), "volume-add.table")
    }
}
