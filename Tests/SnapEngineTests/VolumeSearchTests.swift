import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapEngine

/// The filters of volumes against a twin that goes by what is shown of each.
@Suite("Searches for volumes", .enabled(if: LoopDevice.isAvailable, "needs root and /dev/loop-control"))
struct VolumeSearchTests {
    /// Seven volumes: of different sizes, with and without tags, one of them in use, one made from a snapshot.
    private func with(_ body: (Engine, [DescribedVolume]) throws -> Void) throws {
        try Bench.with { bench in
            let engine = try bench.open()
            for number in 0..<6 {
                let path = try bench.directory.sparseFile("volume-\(number)", byteCount: 2 << (20 + 2 * number))
                let tags = (0..<number / 2).map { SnapshotTag(key: "key\($0)", value: "v\(number)") }
                _ = try engine.registerVolume(path, tags: tags)
            }
            let snapshot = try engine.create(bench.directory.appending("volume-0"))
            let target = CreateVolumeRequest.Target.path(bench.directory.appending("copy"))
            _ = try engine.createVolume(
                CreateVolumeRequest(snapshot: snapshot.id, target: target), progress: TransferProgress(),
                cancellation: CancellationFlag())
            try LoopDevice.with(over: bench.directory.appending("volume-1")) { _ in
                try body(engine, try engine.volumes(VolumeQuery()).elements)
            }
        }
    }

    private func texts(_ name: VolumeFieldName, of described: DescribedVolume) -> [String] {
        let (volume, attachment) = (described.volume, described.sighting.attachment)
        return switch name {
        case .createTime: [volume.createTime.description]
        case .encrypted, .fastRestored, .multiAttachEnabled, .operatorManaged: ["false"]
        case .size: [volume.byteCount > 1 << 30 ? "2" : "1"]
        case .snapshotID: [volume.sourceSnapshot?.rawValue ?? ""]
        case .tagKey: volume.tags.map(\.key)
        case .tagValue: volume.tags.map(\.value)
        case .volumeID: [volume.id.rawValue]
        case .volumeType: ["standard"]
        case .status: [attachment == nil ? "available" : "in-use"]
        case .device: attachment.map { [$0.device] } ?? []
        case .instanceID: attachment.map { _ in [Engine.instanceID] } ?? []
        case .attachmentStatus: attachment.map { _ in ["attached"] } ?? []
        case .deleteOnTermination: attachment.map { _ in ["false"] } ?? []
        case .attachTime, .availabilityZone, .availabilityZoneID, .operatorPrincipal: []
        }
    }

    private func twin(_ all: [DescribedVolume], _ name: VolumeFieldName, _ values: [String]) -> [DescribedVolume] {
        let patterns = values.map(TextPattern.init)
        return all.filter { volume in
            texts(name, of: volume).contains { text in patterns.contains { $0.matches(text) } }
        }
    }

    @Test func everyFilter() throws {
        try with { engine, all in
            #expect(all.count == 7 && all.filter { $0.sighting.attachment != nil }.count == 1)
            var checkCount = 0
            for name in VolumeFieldName.allCases {
                let shown = Set(all.flatMap { texts(name, of: $0) })
                var choices: [[String]] = [["none"], []]
                for text in shown { choices += [[text], ["none", String(text.prefix(3)) + "*"]] }
                for values in choices {
                    let query = VolumeQuery(filters: [ResourceFilter(name: name.rawValue, values: values)])
                    let found = try engine.volumes(query).elements
                    #expect(found == twin(all, name, values), "\(name) \(values)")
                    checkCount += 1
                }
            }
            #expect(checkCount > 60)
        }
    }

    @Test func severalFilters() throws {
        try with { engine, all in
            func found(_ filters: (String, [String])...) throws -> [DescribedVolume] {
                let filters = filters.map { ResourceFilter(name: $0.0, values: $0.1) }
                return try engine.volumes(VolumeQuery(filters: filters)).elements
            }
            let tagged = all.filter { !$0.volume.tags.isEmpty }
            let byTag = try found(("tag:key0", ["v*"]))
            #expect(byTag == tagged && tagged.count == 4)
            #expect(try found(("tag:key0", ["v*"]), ("tag-value", ["v2", "v5"])).count == 2)
            #expect(try found(("tag:key0", ["v2"]), ("status", ["in-use"])).isEmpty)
            #expect(try found(("tag:Key0", ["v*"])).isEmpty, "case counts")
            #expect(engineError { _ = try found(("start-time", ["*"])) }?.code == .invalidParameter)
        }
    }

    @Test func inPages() throws {
        try with { engine, all in
            var query = VolumeQuery(page: PageRequest(maxResults: 5))
            let first = try engine.volumes(query)
            query.page.nextToken = first.nextToken
            let second = try engine.volumes(query)
            #expect(first.elements + second.elements == all && first.elements.count == 5 && second.nextToken == nil)
            query.ids = [all[0].volume.id]
            #expect(engineError { _ = try engine.volumes(query) }?.code == .invalidParameterCombination)
            query.page.maxResults = nil
            #expect(engineError { _ = try engine.volumes(query) }?.code == .invalidParameterCombination)
            query.page.nextToken = nil
            #expect(try engine.volumes(query).elements == [all[0]])
        }
    }
}
