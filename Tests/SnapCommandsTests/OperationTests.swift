import Foundation
import SnapEngine
import SnapModel
import Testing

@testable import SnapCommands

@Suite struct OperationTests {
    private static func input(_ words: String...) throws -> OperationInput {
        let run = try #require(OperationRun(words))
        return try OperationWords(run.words, of: run.operation).input(of: run.operation)
    }

    private static func usage(_ words: String...) -> String? {
        do {
            let run = try #require(OperationRun(words))
            _ = try OperationWords(run.words, of: run.operation).input(of: run.operation)
            return nil
        } catch let usage as OperationUsage { return usage.message } catch { return nil }
    }

    @Test func `every verb of the issue is there, under both names`() {
        let verbs = [
            "create-snapshot", "create-snapshots", "describe-snapshots", "delete-snapshot", "create-tags",
            "delete-tags",
            "describe-tags", "create-volume", "describe-volumes", "modify-snapshot-attribute",
            "describe-snapshot-attribute", "reset-snapshot-attribute", "lock-snapshot", "unlock-snapshot",
            "describe-locked-snapshots", "list-snapshots-in-recycle-bin", "restore-snapshot-from-recycle-bin",
        ]
        #expect(Set(OperationTable.all.map(\.verb)) == Set(verbs))
        for verb in verbs {
            #expect(OperationRun([verb])?.operation.verb == verb)
            #expect(OperationRun(["ec2", verb])?.operation.verb == verb)
            #expect(OperationRun(["help", verb])?.words == ["--help"])
        }
        #expect(OperationRun(["create"]) == nil && OperationRun([]) == nil && OperationRun(["ec2"]) == nil)
        #expect(OperationTable.withoutServiceName(["ec2", "wait", "x"]) == ["wait", "x"])
    }

    @Test func `help and skeletons are as ever`() throws {
        for operation in OperationTable.all {
            try Golden.expect(OperationHelp.text(of: operation), "ec2/help-\(operation.verb).txt")
            try Golden.expect(Self.json(Skeleton.input(of: operation.input)), "ec2/input-\(operation.verb).json")
            guard let output = operation.output else { continue }
            try Golden.expect(Self.json(Skeleton.output(of: output)), "ec2/output-\(operation.verb).json")
        }
    }

    private static func json(_ value: OutputValue) -> String { DocumentAnswer(value: value).printed(as: .json) }

    /// The sample of an input, filled in or not, is an input.
    @Test func `each skeleton is read back`() throws {
        for operation in OperationTable.all {
            let skeleton = Self.json(Skeleton.input(of: operation.input))
            guard case .record(let parts) = try Document(json: skeleton) else {
                Issue.record("\(operation.verb) has no skeleton")
                continue
            }
            let read = try operation.input.reading(parts, at: StructureShape.rootPlace, isTyped: true)
            #expect(
                Set(read.keys) == Set(operation.input.members.filter { !$0.isIdle }.map(\.name)), "\(operation.verb)")
        }
    }

    @Test func `options are read by their shapes`() throws {
        let input = try Self.input(
            "describe-snapshots", "--snapshot-ids", "snap-1", "snap-2", "--filters", "Name=status,Values=a,b",
            "Name=tag:x,Values=y", "--max-results=7", "--no-dry-run", "--region", "eu-west-2", "--no-cli-pager")
        #expect(input.texts("SnapshotIds") == ["snap-1", "snap-2"])
        #expect(
            input.filters == [
                ResourceFilter(name: "status", values: ["a", "b"]), ResourceFilter(name: "tag:x", values: ["y"]),
            ])
        #expect(input.page == PageRequest(maxResults: 7) && input.boolean("DryRun") == false)
    }

    @Test func `lists and structures may be JSON`() throws {
        let json = #"[{"Name":"status","Values":["a"]}]"#
        #expect(
            try Self.input("describe-snapshots", "--filters", json).filters
                == [ResourceFilter(name: "status", values: ["a"])])
        let tags = try Self.input(
            "create-snapshot", "--volume-id", "vol-1234abcd", "--tag-specifications",
            #"{"ResourceType":"snapshot","Tags":[{"Key":"a","Value":"b"}]}"#)
        #expect(try tags.tagSpecifications(for: "snapshot") == [Tag(key: "a", value: "b")])
        let change = try Self.input(
            "modify-snapshot-attribute", "--snapshot-id", "snap-1234abcd", "--create-volume-permission",
            "Add=[{UserId=123456789012},{Group=all}]")
        #expect(try PermissionChange(change).add == [.user("123456789012"), .all])
    }

    @Test func `both spellings of a permission mean the same`() throws {
        let flat = try Self.input(
            "modify-snapshot-attribute", "--snapshot-id", "snap-1234abcd", "--attribute", "createVolumePermission",
            "--operation-type", "remove", "--user-ids", "123456789012", "--group-names", "all")
        let structured = try Self.input(
            "modify-snapshot-attribute", "--snapshot-id", "snap-1234abcd", "--create-volume-permission",
            #"{"Remove":[{"Group":"all"},{"UserId":"123456789012"}]}"#)
        #expect(try PermissionChange(flat).remove.sorted() == PermissionChange(structured).remove.sorted())
        #expect(try PermissionChange(flat).add.isEmpty)
        let other = try Self.input(
            "modify-snapshot-attribute", "--snapshot-id", "snap-1234abcd", "--operation-type", "add", "--group-names",
            "x")
        #expect(Self.code { _ = try PermissionChange(other) } == .invalidPermission)
    }

    private static func code(_ body: () throws -> Void) -> EngineError.Code? {
        do { try body() } catch let error as EngineError { return error.code } catch { return nil }
        return nil
    }

    @Test func `the command line overrides the JSON, part by part`() throws {
        let json = #"{"VolumeId":"vol-1234abcd","Description":"from JSON","TagSpecifications":[]}"#
        let input = try Self.input("create-snapshot", "--cli-input-json", json, "--description", "typed")
        #expect(input.text("VolumeId") == "vol-1234abcd" && input.text("Description") == "typed")
        let path = FileManager.default.temporaryDirectory.path + "/snapctl-input-\(UUID().uuidString).json"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(json.utf8).write(to: URL(filePath: path))
        let read = try Self.input("create-snapshot", "--cli-input-json", "file://\(path)")
        #expect(read.text("Description") == "from JSON")
        #expect(Self.usage("create-snapshot", "--cli-input-json", "file:///no/such/file") != nil)
    }

    @Test func `what is not of the shape is a usage error`() {
        #expect(Self.usage("delete-snapshot") == "the following arguments are required: --snapshot-id")
        #expect(Self.usage("lock-snapshot") == "the following arguments are required: --snapshot-id, --lock-mode")
        #expect(Self.usage("delete-snapshot", "--snapshot-id") == "argument --snapshot-id: expected one argument")
        #expect(
            Self.usage("delete-snapshot", "--cli-input-json", "{}")
                == "Missing required parameter in input: \"SnapshotId\"")
        #expect(
            Self.usage("delete-snapshot", "--cli-input-json", #"{"Snapshot":"x"}"#)
                == "Unknown parameter in input: \"Snapshot\", must be one of: SnapshotId, DryRun")
        #expect(
            Self.usage("delete-snapshot", "--cli-input-json", #"{"SnapshotId":7}"#)
                == "Invalid type for parameter SnapshotId: it is a number, and has to be: string")
        #expect(Self.usage("delete-snapshot", "--cli-input-json", "[]") != nil)
        #expect(Self.usage("delete-snapshot", "--cli-input-json", "{") != nil)
        #expect(Self.usage("describe-snapshots", "--max-results", "many") != nil)
        #expect(Self.usage("lock-snapshot", "--snapshot-id", "x", "--lock-mode", "hard") != nil)
        #expect(Self.usage("describe-snapshots", "--query", "Snapshots[]") != nil)
        #expect(Self.usage("describe-snapshots", "--filters", "Name") != nil)
        #expect(Self.usage("create-snapshots", "--instance-specification", "ExcludeBootVolume=true") != nil)
    }

    @Test func `an ending has the status of the AWS command line`() throws {
        let wrong = try #require(OperationRun(["delete-snapshot"])).run()
        #expect(wrong.status == 252)
        let unknown = try #require(OperationRun(["delete-snapshot", "--snapshot-id", "x", "--frobnicate"])).run()
        #expect(unknown.status == 252 && unknown.line?.contains("--frobnicate") == true)
        let failed = try #require(OperationRun(["create-snapshot", "--volume-id", "vol-1"])).run()
        #expect(failed.status == 254)
        #expect(
            failed.line
                == "An error occurred (InvalidVolumeID.Malformed) when calling the CreateSnapshot operation: "
                + "Invalid id: \"vol-1\" (expecting \"vol-...\")")
    }

    @Test func `what EC2 has and snapctl has not is told apart from what nobody has`() throws {
        let run = try #require(
            OperationRun(["create-snapshot", "--volume-id", "vol-1234abcd", "--outpost-arn", "arn:aws:outposts"])
        ).run()
        #expect(run.status == 254 && run.line?.hasPrefix("An error occurred (UnsupportedOperation)") == true)
        let volume = try Self.input("create-volume", "--snapshot-id", "snap-1234abcd", "--no-encrypted")
        try volume.checkSupported(by: try #require(OperationTable["create-volume"]).input)
    }

    @Test func `every error has a line as AWS prints it`() throws {
        let lines = EngineError.Code.allCases.map { code in
            ErrorTable.line(for: EngineError(code, "…"), of: "CreateSnapshot")
        }
        try Golden.expect(lines.joined(separator: "\n") + "\n", "ec2/errors.txt")
    }

    /// All that the page shows of an answer, from the command it shows.
    @Test func `the example of the page gives the output of the page`() throws {
        let input = try Self.input(
            "create-snapshot", "--volume-id", "vol-1234abcd", "--description", "This is my root volume snapshot.")
        let snapshot = try Samples.pending(input.text("Description") ?? "")
        #expect(snapshot.volume.id.rawValue == input.text("VolumeId"))
        let shape = try #require(OperationTable["create-snapshot"]?.output)
        let answer = LimitedAnswer(answer: SnapshotAnswer(snapshot: snapshot), shape: shape).printed(as: .json)
        guard case .record(var parts) = try Document(json: answer) else { Issue.record("no record"); return }
        // These two are younger than the example, or in the page's list of fields only.
        #expect(parts.removeValue(forKey: "Encrypted") == .boolean(false))
        #expect(parts.removeValue(forKey: "Progress") == .text(""))
        let example = #"""
            {
                "Description": "This is my root volume snapshot.",
                "Tags": [],
                "VolumeId": "vol-1234abcd",
                "State": "pending",
                "VolumeSize": 8,
                "StartTime": "2014-02-28T21:06:01.000Z",
                "OwnerId": "012345678910",
                "SnapshotId": "snap-00000000000000001"
            }
            """#
        #expect(Document.record(parts) == (try Document(json: example)))
        // And in its order.
        let names = example.split(separator: "\n").compactMap { $0.split(separator: "\"").dropFirst().first }
        #expect(answer.split(separator: "\"").filter { names.contains($0) } == names)
    }

    @Test(
        arguments: [
            ("2030-01-31", "2030-01-31T00:00:00.000Z"), ("2030-01-31T01:02:03Z", "2030-01-31T01:02:03.000Z"),
            ("2030-01-31T01:02:03", "2030-01-31T01:02:03.000Z"),
            ("2030-01-31T01:02:03+00:00", "2030-01-31T01:02:03.000Z"),
            ("0", "1970-01-01T00:00:00.000Z"), ("tomorrow", nil), ("2030-02-30", nil), ("", nil),
        ] as [(String, String?)])
    func `times`(text: String, time: String?) { #expect(GivenTime.parse(text)?.description == time) }

    @Test func `YAML is as ever`() throws {
        try Golden.expect(try Samples.list().printed(as: .yaml), "list.yaml")
    }
}
