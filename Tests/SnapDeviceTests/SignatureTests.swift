import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapDevice

@Suite struct SignatureTests {
    @Test(arguments: MountedFilesystem.Kind.allCases)
    func filesystems(kind: MountedFilesystem.Kind) throws {
        try ScratchDirectory.with { directory in
            let image = try directory.sparseFile("image", byteCount: kind.usualByteCount)
            try MountedFilesystem.make(kind, on: image, label: "archive")
            let signature = try #require(try Signature.recognise(image))
            #expect(signature.description == "\(kind.rawValue) filesystem (label archive)")
            #expect(signature.type == kind.rawValue && signature.label == "archive" && signature.uuid != nil)
        }
    }

    @Test(arguments: [("gpt", "GPT partition table"), ("dos", "MBR partition table")])
    func partitionTables(label: String, name: String) throws {
        try ScratchDirectory.with { directory in
            let image = try directory.sparseFile("image", byteCount: 16 << 20)
            try Command.check("sfdisk", "-q", image.string, input: "label: \(label)\nstart=1MiB, size=4MiB\n")
            #expect(try Signature.recognise(image)?.description == name)
        }
    }

    @Test func swap() throws {
        try ScratchDirectory.with { directory in
            let image = try directory.sparseFile("image", byteCount: 16 << 20)
            try Command.check("mkswap", "-L", "s", image.string)
            #expect(try Signature.recognise(image)?.description == "swap area (label s)")
        }
    }

    @Test(arguments: [1, 511, 4_096, 1 << 20])
    func nothingIsRecognisedInNoise(byteCount: Int) throws {
        try ScratchDirectory.with { directory in
            let zeros = try directory.sparseFile("zeros", byteCount: byteCount)
            #expect(try Signature.recognise(zeros) == nil)
            let random = try directory.file("random", SeededRandom.bytes(byteCount, seed: 99))
            #expect(try Signature.recognise(random) == nil)
        }
    }

    @Test func names() {
        #expect(
            Signature(type: "crypto_LUKS", label: nil, uuid: nil, usage: "crypto").description
                == "LUKS encrypted volume")
        #expect(
            Signature(type: "LVM2_member", label: nil, uuid: nil, usage: "raid").description == "LVM2 physical volume")
        #expect(Signature(type: "sun", label: nil, uuid: nil, usage: "table").description == "sun partition table")
        #expect(
            Signature(type: "", label: nil, uuid: nil, usage: nil).description == "several contradicting signatures")
    }
}
