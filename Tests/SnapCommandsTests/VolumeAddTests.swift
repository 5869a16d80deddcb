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
        #expect(add.tag.map(\.tag) == [SnapshotTag(key: "Name", value: "web=1"), SnapshotTag(key: "Empty", value: "")])
        #expect(try add.productCodes() == [ProductCode(code: "abc", type: .marketplace)])
    }

    @Test(arguments: ["marketplace", "gift=abc", "devpay=", "=abc"])
    func `what is no product code`(text: String) throws {
        let add = try command("/dev/vdb", "--product-code", text)
        #expect(throws: EngineError.self) { _ = try add.productCodes() }
    }

    @Test func `what is no tag`() throws {
        #expect(throws: (any Error).self) { _ = try command("/dev/vdb", "--tag", "Name") }
    }
}
