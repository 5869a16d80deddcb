internal import ArgumentParser
internal import SnapEngine

/// `snapctl catalogue`
struct CatalogueCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "catalogue",
        abstract: "Care for the catalogue, the database of what the store holds.",
        subcommands: [RebuildCommand.self],
        aliases: ["catalog"]
    )
}

/// `snapctl catalogue rebuild`
struct RebuildCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild",
        abstract: "Make the catalogue anew, from the store alone.",
        discussion: """
            For when the catalogue is lost or damaged: everything in it is in the store too. Packs and snapshots that \
            are damaged are listed, and the exit status is then 2.

            EXAMPLES
              snapctl catalogue rebuild
              snapctl catalogue rebuild --root /srv/snapctl
            """
    )

    @OptionGroup var shared: SharedOptions

    func run() throws {
        let configuration = try shared.configuration()
        let run = LongRun("rebuild", isQuiet: shared.quiet)
        let outcome = try run.shown { () throws(EngineError) in
            try Engine.rebuildCatalogue(configuration, progress: run.progress)
        }
        let answer = RebuildAnswer(outcome: outcome)
        try answer.print(as: shared.format)
        if let error = answer.error { throw error }
    }
}
