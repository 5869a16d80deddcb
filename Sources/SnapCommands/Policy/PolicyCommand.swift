internal import ArgumentParser
internal import SnapEngine

/// `snapctl policy`
struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "Show and apply what the configuration says of which snapshots stay.",
        discussion: """
            Policies are in the configuration file, under policies: which volumes, by path, id or tag, and how many snapshots \
            of them stay, by hour, day, week, month, year, number or age. docs/retention.md has the rules.
            """,
        subcommands: [ListPoliciesCommand.self, ShowPolicyCommand.self, ApplyPoliciesCommand.self]
    )
}

/// `snapctl policy list`
struct ListPoliciesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Show all policies.")

    @OptionGroup var shared: SharedOptions

    func run() throws {
        try PoliciesAnswer(policies: try shared.configuration().policies).print(as: shared.format)
    }
}

/// `snapctl policy show`
struct ShowPolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show one policy.")

    @Argument(help: ArgumentHelp("Name of the policy.", valueName: "policy"))
    var name: String

    @OptionGroup var shared: SharedOptions

    func run() throws {
        let policy = try shared.configuration().policy(name)
        try PoliciesAnswer(policies: [policy]).print(as: shared.format)
    }
}

/// `snapctl policy apply`
struct ApplyPoliciesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Delete the snapshots that policies let go.",
        discussion: """
            What is locked or being read stays, and is told; so does what is known to be damaged, which counts for nothing. What goes, goes to the recycle bin where that keeps it; its bytes \
            come back once it has left that and 'snapctl gc' has run.

            EXAMPLES
              snapctl policy apply --dry-run
              snapctl policy apply --policy nightly
            """
    )

    @Flag(help: "Only tell what would go, why the others stay, and how many bytes that would free.")
    var dryRun = false

    @Option(
        help: ArgumentHelp("Only what this policy speaks of; may be repeated. Without it: all.", valueName: "policy"))
    var policy: [String] = []

    @Flag(help: "Delete for good, whatever the recycle bin would keep.")
    var skipRecycleBin = false

    @OptionGroup var shared: SharedOptions

    func run() throws {
        let configuration = try shared.configuration()
        for name in policy { _ = try configuration.policy(name) }
        let engine = try Engine.open(configuration)
        let outcome = try engine.applyPolicies(policy, isDryRun: dryRun, skipsBin: skipRecycleBin)
        if !dryRun { MetricsFile.renew(configuration) }
        try PolicyAnswer(outcome: outcome).print(as: shared.format)
        if let failure = outcome.failure { throw failure }
    }
}
