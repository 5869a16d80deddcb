import ArgumentParser
import SnapEngine
import SnapModel
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapCommands

@Suite struct SettingsTests {
    static func settings(
        _ variables: [String: String] = [:], file: String? = nil, flags: [SettingKey: String] = [:],
        isSuperuser: Bool = false
    ) throws -> Settings {
        try Settings(
            flags: flags, variables: variables, file: try file.map { try ConfigurationFile("/f.yaml", $0) },
            isSuperuser: isSuperuser)
    }

    @Test func `the root comes from the option, the environment, the file, the kind of user`() throws {
        let all = ["SNAPCTL_ROOT": "/e", "XDG_DATA_HOME": "/x", "HOME": "/h"]
        #expect(try Self.settings(all, flags: [.root: "/o"]).root() == "/o")
        #expect(try Self.settings(all, file: "root: /f", isSuperuser: true).root() == "/e")
        #expect(try Self.settings(["HOME": "/h"], file: "root: /f").root() == "/f")
        #expect(try Self.settings(["HOME": "/h"], isSuperuser: true).root() == "/var/lib/snapctl")
        #expect(try Self.settings(["XDG_DATA_HOME": "/x", "HOME": "/h"]).root() == "/x/snapctl")
        #expect(
            try Self.settings(["XDG_DATA_HOME": "relative", "HOME": "/h"]).root() == "/h/.local/share/snapctl")
        #expect(throws: EngineError.self) { try Self.settings().root() }
    }

    @Test func `each key has one order of sources, and says which it was`() throws {
        let values: [SettingKey: (file: String, environment: String, flag: String)] = [
            .root: ("/f", "/e", "/o"), .ownerID: ("000000000001", "000000000002", "000000000003"),
            .region: ("f-1", "e-1", "o-1"), .logDirectory: ("/fl", "/el", "/ol"),
            .hooksDirectory: ("/fh", "/eh", "/oh"),
            .hookTimeout: ("1s", "2s", "3s"), .maxFreeze: ("4s", "5s", "6s"), .packSize: ("4M", "5M", "6M"),
            .workerThreads: ("1", "2", "3"), .readerThreads: ("4", "5", "6"),
            .timeZone: ("Europe/Berlin", "Asia/Tokyo", "UTC"), .recycleBinDays: ("1", "2", "3"),
            .scrubTime: ("1m", "2m", "3m"), .metricsFile: ("/fm", "/em", "/om"),
        ]
        for key in SettingKey.allCases {
            let value = try #require(values[key], "\(key)")
            let isNested = key == .recycleBinDays
            let file = isNested ? "\n\nrecycle-bin:\n  days: \(value.file)" : "\n\n\n\(key.rawValue): \(value.file)"
            let environment = [key.variable: value.environment]
            let all = try Self.settings(environment, file: file, flags: [key: value.flag]).setting(key)
            #expect(all.text == value.flag && all.origin == .flag, "\(key)")
            let two = try Self.settings(environment, file: file).setting(key)
            #expect(two.text == value.environment && two.origin == .environment(variable: key.variable), "\(key)")
            let one = try Self.settings(file: file).setting(key)
            #expect(one.text == value.file && one.origin == .file(path: "/f.yaml", line: 4), "\(key)")
            #expect(try Self.settings().setting(key).origin == .builtIn, "\(key)")
        }
    }

    @Test func `names of variables are as before`() {
        #expect(
            SettingKey.ownerID.variable == "SNAPCTL_OWNER_ID" && SettingKey.logDirectory.variable == "SNAPCTL_LOG_DIR")
        #expect(SettingKey.hooksDirectory.variable == "SNAPCTL_HOOKS_DIR" && SettingKey.root.variable == "SNAPCTL_ROOT")
        #expect(SettingKey.recycleBinDays.variable == "SNAPCTL_RECYCLE_BIN_DAYS")
    }

    @Test(arguments: [
        ("123456789012", true), ("12345678901", false), ("1234567890123", false), ("12345678901a", false),
        ("１２３４５６７８９０１２", false),
    ])
    func `an owner id has 12 digits`(text: String, isGood: Bool) {
        let configuration = try? Self.settings(["SNAPCTL_OWNER_ID": text, "HOME": "/h"]).configuration()
        #expect(configuration?.ownerID == (isGood ? text : nil))
        let other = try? Self.settings(["HOME": "/h"], file: "owner-id: \(text)").configuration()
        #expect(other?.ownerID == (isGood ? text : nil))
    }

    @Test func `what is not set has a default`() throws {
        let configuration = try Self.settings(["HOME": "/h"]).configuration()
        #expect(configuration.ownerID == EngineConfiguration.defaultOwnerID && configuration.recycleBin.days == 7)
        #expect(configuration.packByteCount == EngineConfiguration.defaultPackByteCount)
        #expect(configuration.policies.isEmpty && configuration.defaultTags.isEmpty)
        #expect(configuration.logPath == "/h/.local/share/snapctl/log/snapctl.log")
        let system = try Self.settings(isSuperuser: true).configuration()
        #expect(system.logPath == "/var/log/snapctl/snapctl.log")
    }

    @Test func `packs have limits`() throws {
        let range = EngineConfiguration.packByteCountRange
        for byteCount in [range.lowerBound, range.upperBound] {
            #expect(SettingKey.packByteCount("\(byteCount)") == byteCount)
        }
        for byteCount in [0, range.lowerBound - 1, range.upperBound + 1] {
            #expect(SettingKey.packByteCount("\(byteCount)") == nil)
            let create = try Snapctl.parseAsRoot(["create", "--volume", "x", "--pack-size", "\(byteCount)"])
            #expect(throws: EngineError.self) { try (create as? CreateCommand)?.request() }
        }
    }

    /// The example of the package is understood, and says what the documentation says.
    @Test func `the example is understood`() throws {
        let text = try Golden.projectFile("packaging/snapctl.yaml")
        let settings = try Self.settings(["HOME": "/h"], file: text)
        let configuration = try settings.configuration()
        #expect(configuration.root == "/var/lib/snapctl" && configuration.ownerID == "123456789012")
        #expect(configuration.policies.map(\.name) == ["nightly", "databases"])
        #expect(configuration.defaultTags == [Tag(key: "Host", value: "backup-1")])
        #expect(configuration.recycleBin.rules.first?.days == 30 && configuration.recycleBin.days == 7)
        // Every key is in it, so that it can serve as a reference.
        for key in SettingKey.allCases { #expect(settings.setting(key).origin != .builtIn, "\(key)") }
        let documentation = try Golden.projectFile("docs/configuration.md")
        for key in SettingKey.allCases {
            #expect(documentation.contains("`\(key.rawValue)`") && documentation.contains(key.variable), "\(key)")
        }
    }

    @Test func `config show is as ever`() throws {
        let settings = try Self.settings(
            ["HOME": "/h", "SNAPCTL_REGION": "here-1"],
            file: "owner-id: 123456789012\ntime-zone: UTC\nworker-threads: 2\ndefault-tags: {a: b}\n"
                + "recycle-bin:\n  exclude-tags: {Scratch: , Kind: temporary}\n",
            flags: [.root: "/r"])
        for format in OutputFormat.allCases {
            try Golden.expect(SettingsAnswer(settings: settings).printed(as: format), "config.\(format.rawValue)")
        }
    }
}

@Suite struct ConfigurationFileTests {
    private static func failure(_ text: String) -> String? {
        do throws(EngineError) {
            _ = try ConfigurationFile("/f.yaml", text)
            return nil
        } catch {
            return error.code == .configurationInvalid ? error.explanation : "\(error.code)"
        }
    }

    @Test(arguments: [
        ("onwer-id: 123456789012", "/f.yaml, line 1: onwer-id: there is no such key; did you mean owner-id?"),
        ("root: /a\nroot: /b", "/f.yaml, line 1: twice the same key: root"),
        ("\nowner-id: 12", "/f.yaml, line 2: owner-id: the value '12' is not allowed: an owner id has 12 digits"),
        (
            "region: Mars",
            "/f.yaml, line 1: region: the value 'Mars' is not allowed: a region has 1 to 64 of a–z, 0–9 and -"
        ),
        (
            "max-freeze: 25h",
            "/f.yaml, line 1: max-freeze: the value '25h' is not allowed: it is from 1ms to 24h, such as 30s"
        ),
        (
            "pack-size: 3M",
            "/f.yaml, line 1: pack-size: the value '3M' is not allowed: it is from 4M to 1G, such as 32M"
        ),
        (
            "worker-threads: 0",
            "/f.yaml, line 1: worker-threads: the value '0' is not allowed: it is a number from 1 to 64"
        ),
        ("worker-threads: [1, 2]", "/f.yaml, line 1: worker-threads: one value belongs here"),
        ("root:", "/f.yaml, line 1: root: one value belongs here"),
        (
            "time-zone: Mars/Olympus",
            "/f.yaml, line 1: time-zone: the value 'Mars/Olympus' is not allowed: no such time zone is known; one is Europe/Berlin"
        ),
        (
            "time-zone: ../zoneinfo/UTC",
            "/f.yaml, line 1: time-zone: the value '../zoneinfo/UTC' is not allowed: no such time zone is known; one is Europe/Berlin"
        ),
        ("root: \"a\\n\\e[2J\"", "/f.yaml, line 1: root: the value 'a ?[2J' is not allowed: a path begins with / here"),
        (
            "? |\n  a\n  root\n: 1",
            "/f.yaml, line 4: a root : there is no such key; did you mean root?"
        ),
        ("- a", "/f.yaml, line 1: it is a list of 'key: value' lines"),
        (
            "recycle-bin:\n  days: 366",
            "/f.yaml, line 2: recycle-bin.days: the value '366' is not allowed: it is a number from 0 to 365"
        ),
        ("recycle-bin:\n  rules:\n  - days: 1", "/f.yaml, line 3: recycle-bin.rules: a rule has tags and days"),
        (
            "root: data",
            "/f.yaml, line 1: root: the value 'data' is not allowed: a path begins with / here"
        ),
        (
            "metrics-file: ~/x.prom",
            "/f.yaml, line 1: metrics-file: the value '~/x.prom' is not allowed: a path begins with / here"
        ),
        (
            "policies:\n  a:\n    keep-last: 1\n    volumes: [/dev/vdb, vdc]",
            "/f.yaml, line 4: policies.a.volumes: the value 'vdc' is not allowed: it is a path that begins with /, an id vol-…, or \"*\""
        ),
        (
            "policies:\n  a:\n    volumes: vol-x",
            "/f.yaml, line 3: policies.a.volumes: the value 'vol-x' is not allowed: it is a path that begins with /, an id vol-…, or \"*\""
        ),
        ("default-tags: {aws:x: y}", "/f.yaml, line 1: default-tags: keys that begin with aws: are reserved: aws:x"),
        (
            "policies:\n  a:\n    volumes: /x",
            "/f.yaml, line 3: policies.a: it keeps nothing; give it a keep-… that is not 0"
        ),
        (
            "policies:\n  a:\n    keep-last: 1",
            "/f.yaml, line 3: policies.a: it says neither volumes nor tags; '*' stands for every volume"
        ),
        (
            "policies:\n  a b:\n    keep-last: 1",
            "/f.yaml, line 3: policies.a b: the name of a policy has 1 to 64 of A–Z, a–z, 0–9, - and _"
        ),
        (
            "policies:\n  a:\n    volumes: /x\n    keep-within: 3m",
            "/f.yaml, line 4: policies.a.keep-within: the value '3m' is not allowed: it has years, months, weeks, days, hours as in 1y6mo2w7d12h"
        ),
        (
            "policies:\n  a:\n    keep-forever: 1",
            "/f.yaml, line 3: policies.a.keep-forever: there is no such key; there are volumes, tags, keep-last, keep-hourly, keep-daily, keep-weekly, keep-monthly, keep-yearly, keep-within"
        ),
    ])
    func `what is not understood is one line with file, line and key`(text: String, message: String) {
        #expect(Self.failure(text) == message)
    }

    @Test func `broken YAML is one line`() throws {
        for text in ["a: [", "a: 'b", "\ta: b", "a: b: c", "{", "%", "a: *b"] {
            let message = try #require(Self.failure(text), "\(text)")
            #expect(message.hasPrefix("/f.yaml") && !message.contains("\n"), "\(message)")
        }
    }

    @Test func `an empty file says nothing`() throws {
        for text in ["", "# nothing\n", "---\n", "policies:\n", "{}"] {
            let file = try ConfigurationFile("/f.yaml", text)
            #expect(file.entries.isEmpty && file.policies.isEmpty, "\(text)")
        }
    }

    @Test func `policies, tags and rules are read whole`() throws {
        let file = try ConfigurationFile(
            "/f.yaml",
            """
            default-tags: {Team: storage, Empty: ""}
            recycle-bin:
              exclude-tags: {Scratch: }
              rules:
                - {tags: {Keep: long}, days: 90}
            policies:
              n-1:
                volumes: [/dev/vdb, vol-1234abcd]
                tags: {a: b}
                keep-last: 1
                keep-hourly: 2
                keep-daily: 3
                keep-weekly: 4
                keep-monthly: 5
                keep-yearly: all
                keep-within: 1y2d
              n-2: {volumes: "*", keep-last: 1}
            """)
        #expect(file.defaultTags == [Tag(key: "Empty", value: ""), Tag(key: "Team", value: "storage")])
        #expect(file.recycleBin.days == 7 && file.recycleBin.excludedTags == [TagSelector(key: "Scratch")])
        #expect(file.recycleBin.rules == [.init(tags: [TagSelector(key: "Keep", value: "long")], days: 90)])
        var rules = RetentionRules()
        (rules.last, rules.hourly, rules.daily, rules.weekly, rules.monthly, rules.yearly) = (1, 2, 3, 4, 5, .max)
        rules.within = CalendarSpan("1y2d")
        #expect(
            file.policies[0]
                == RetentionPolicy(
                    name: "n-1", volumes: ["/dev/vdb", "vol-1234abcd"], tags: [Tag(key: "a", value: "b")], rules: rules)
        )
        #expect(file.policies[1].volumes == ["*"] && file.policies.count == 2)
    }

    @Test func `JSON is understood, too`() throws {
        let file = try ConfigurationFile(
            "/f.json", #"{"root": "/r", "policies": {"a": {"volumes": ["*"], "keep-last": 2}}}"#)
        #expect(file.entries[.root]?.text == "/r" && file.policies[0].rules.last == 2)
    }

    /// Whatever is in it, it is read or refused, and never traps.
    @Test(arguments: UInt64(1)...8)
    func `mutated files`(seed: UInt64) throws {
        let good = Array(try Golden.projectFile("packaging/snapctl.yaml").utf8)
        var random = SeededRandom(seed: seed)
        for _ in 0..<250 {
            var bad = good
            for _ in 0..<3 {
                bad[Int.random(in: bad.indices, using: &random)] = UInt8.random(in: 9...126, using: &random)
            }
            let message = Self.failure(String(decoding: bad, as: UTF8.self))
            #expect(message?.contains("\n") != true)
        }
    }
}
