internal import ArgumentParser
internal import SnapEngine
internal import SnapModel

/// `snapctl list`
struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Show snapshots: all, those named, or those that filters let through.",
        discussion: """
            Newest first. JSON has the shape of EBS's describe-snapshots; what EBS does not know is under Snapctl. An \
            id that does not exist is an error, and nothing is printed.

            Filters are those of EBS: description, encrypted, kms-key-id, owner-alias, owner-id, progress, snapshot-id, \
            start-time, status, storage-tier, tag:KEY, tag-key, tag-value, transfer-type, volume-id, volume-size. In their \
            values * stands for any characters, ? for one, and \\ takes their meaning.

            EXAMPLES
              snapctl list
              snapctl list snap-0123456789abcdef0 --output json
              snapctl list --filters Name=tag:Team,Values=shop,web Name=status,Values=completed
              snapctl list --filters 'Name=start-time,Values=2026-11-*' --max-results 100
            """,
        aliases: ["describe"]
    )

    @Argument(help: ArgumentHelp("Ids of snapshots. Without any: all.", valueName: "snap"))
    var snapshots: [String] = []

    @OptionGroup var search: SearchArguments

    @OptionGroup var shared: SharedOptions

    func run() throws {
        let page = try shared.openEngine().snapshots(try query())
        try SnapshotListAnswer(snapshots: page.elements, nextToken: page.nextToken).print(as: shared.format)
    }

    func query() throws -> SnapshotQuery {
        SnapshotQuery(
            ids: try Identifiers.snapshots(snapshots + search.snapshotIds), ownerIDs: search.ownerIds,
            restorableByUserIDs: search.restorableByUserIds, filters: try search.filters(),
            page: PageRequest(maxResults: search.maxResults, nextToken: search.nextToken))
    }
}

/// The options of EC2's DescribeSnapshots, for the short verb.
struct SearchArguments: ParsableArguments {
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Ids of snapshots, as the AWS command line has it.", valueName: "snap")
    )
    var snapshotIds: [String] = []

    @Option(
        name: .customLong("filters"), parsing: .upToNextOption,
        help: ArgumentHelp("All have to hold, each for one of its values.", valueName: "Name=…,Values=…"))
    var filterWords: [String] = []

    @Option(parsing: .upToNextOption, help: ArgumentHelp("Only of these owners: accounts, self.", valueName: "owner"))
    var ownerIds: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Only what these may make volumes of: accounts, self, all.", valueName: "user"))
    var restorableByUserIds: [String] = []

    @Option(help: ArgumentHelp("A page of at most so many, from 5 to 1000.", valueName: "count"))
    var maxResults: Int?

    @Option(help: ArgumentHelp("The NextToken of the page before: what comes after it.", valueName: "token"))
    var nextToken: String?

    /// Throws `OperationUsage`.
    func filters() throws -> [ResourceFilter] {
        try OperationInput.reading(filterWords, of: Shapes.filters).filters
    }
}
