internal import SnapEngine
internal import SnapModel

/// Policies as they are configured.
struct PoliciesAnswer: Answer {
    let policies: [RetentionPolicy]

    var value: OutputValue { .record([OutputField("Policies", .list(policies.map(Self.record(of:))))]) }

    func writeTable(to output: OutputBuffer, style: Style, columnCount: Int?) {
        if policies.isEmpty { return output.append("No policies are configured.\n") }
        var table = Table([.init("POLICY"), .init("VOLUMES"), .init("TAGS"), .init("KEEP")])
        for policy in policies {
            let keeps = Self.keeps(policy.rules).map { "\($0.name) \($0.text)" }
            table.append([
                .init(policy.name), .init(policy.volumes.isEmpty ? "–" : policy.volumes.joined(separator: " ")),
                .init(policy.tags.isEmpty ? "–" : policy.tags.map { "\($0.key)=\($0.value)" }.joined(separator: " ")),
                .init(keeps.joined(separator: ", ")),
            ])
        }
        table.write(to: output, style: style, columnCount: columnCount)
    }

    private static func record(of policy: RetentionPolicy) -> OutputValue {
        var fields: [OutputField] = []
        fields.append("Name", .text(policy.name))
        fields.append("Volumes", .list(policy.volumes.map(OutputValue.text)))
        fields.append(
            "Tags", .list(policy.tags.map { .record([.init("Key", .text($0.key)), .init("Value", .text($0.value))]) }))
        fields.append("Keep", .record(keeps(policy.rules).map { OutputField($0.name, $0.value) }))
        return .record(fields)
    }

    private static func keeps(_ rules: RetentionRules) -> [(name: String, text: String, value: OutputValue)] {
        var keeps: [(String, String, OutputValue)] = []
        for period in RetentionPeriod.allCases where rules[period] > 0 {
            let isAll = rules[period] == .max
            let text = isAll ? "all" : "\(rules[period])"
            keeps.append((period.rawValue, text, isAll ? .text(text) : .integer(rules[period])))
        }
        if let within = rules.within { keeps.append(("within", within.description, .text(within.description))) }
        return keeps
    }
}

/// What `policy apply` did, or would do.
struct PolicyAnswer: Answer {
    let outcome: PolicyOutcome

    /// That would go, or went.
    private var goingCount: Int {
        outcome.lines.count { line in
            switch line.fate {
            case .goes: outcome.isDryRun
            case .deleted: true
            case .kept, .locked, .inUse: false
            }
        }
    }

    var value: OutputValue {
        let lines = outcome.lines
        return .record([
            OutputField("DryRun", .boolean(outcome.isDryRun)),
            OutputField("Snapshots", .listing(count: lines.count) { Self.record(of: lines[$0]) }),
            OutputField("RemovedCount", .integer(goingCount)),
            OutputField("FreedByteCount", .integer(outcome.freedByteCount)),
        ])
    }

    func writeTable(to output: OutputBuffer, style: Style, columnCount: Int?) {
        var table = Table([
            .init("SNAPSHOT"), .init("STARTED"), .init("VOLUME"), .init("FATE"), .init("WHY"),
        ])
        for line in outcome.lines {
            let snapshot = line.verdict.snapshot
            table.append([
                .init(snapshot.id.rawValue), .init(String(snapshot.startTime.description.prefix(19)) + "Z"),
                .init(snapshot.volume.path), .init(Self.word(for: line.fate), Self.tint(of: line.fate)),
                .init(Self.why(line)),
            ])
        }
        table.write(to: output, style: style, columnCount: columnCount)
        let verb = outcome.isDryRun ? "would go" : "went"
        let free = outcome.isDryRun ? "would come free" : "come free, by gc"
        output.append(
            "\(HumanText.count(goingCount, "snapshot")) of \(outcome.lines.count) \(verb); "
                + "\(HumanText.bytes(outcome.freedByteCount)) \(free)\n")
    }

    private static func record(of line: PolicyOutcome.Line) -> OutputValue {
        let snapshot = line.verdict.snapshot
        var fields: [OutputField] = []
        fields.append("SnapshotId", .text(snapshot.id.rawValue))
        fields.append("VolumeId", .text(snapshot.volume.id.rawValue))
        fields.append("StartTime", .time(snapshot.startTime))
        fields.append("Fate", .text(word(for: line.fate)))
        fields.append("Policies", .list(line.verdict.policies.map(OutputValue.text)))
        fields.append(
            "Reasons",
            .list(
                line.verdict.reasons.map {
                    .record([.init("Policy", .text($0.policy)), .init("Reason", .text($0.reason.description))])
                }))
        switch line.fate {
        case .deleted(let stay): fields.append("RecycleBinExitTime", stay.map { .time($0.exitTime) })
        case .locked(let end): fields.append("LockExpiresOn", end.map(OutputValue.time))
        case .kept, .goes, .inUse: break
        }
        return .record(fields)
    }

    private static func word(for fate: PolicyOutcome.Fate) -> String {
        switch fate {
        case .kept: "stays"
        case .goes: "goes"
        case .deleted(let stay): stay == nil ? "deleted" : "binned"
        case .locked: "locked"
        case .inUse: "in use"
        }
    }

    private static func tint(of fate: PolicyOutcome.Fate) -> Tint {
        switch fate {
        case .kept: .good
        case .goes, .deleted: .bad
        case .locked, .inUse: .waiting
        }
    }

    private static func why(_ line: PolicyOutcome.Line) -> String {
        let policies = line.verdict.policies.joined(separator: ", ")
        switch line.fate {
        case .kept: return line.verdict.reasons.map { "\($0.policy): \($0.reason)" }.joined(separator: ", ")
        case .goes: return "no rule of \(policies) keeps it"
        case .deleted(let stay):
            return stay.map { "can be brought back until \($0.exitTime)" } ?? "no rule of \(policies) keeps it"
        case .locked(let end): return "would go, but is locked" + (end.map { " until \($0)" } ?? "")
        case .inUse: return "would go, but is being read"
        }
    }
}
