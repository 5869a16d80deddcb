internal import SnapEngine

/// What came of a dry run.
enum DryRunFields {
    static func value(of findings: DryRunFindings) -> OutputValue {
        .record([
            OutputField("Possible", .boolean(findings.missing.isEmpty)),
            OutputField("Missing", .list(findings.missing.map(OutputValue.text))),
        ])
    }

    /// EC2 answers with an error in either case.
    static func error(of findings: DryRunFindings) -> EngineError {
        guard findings.missing.isEmpty else {
            return EngineError(
                .permissionDenied,
                "You are not authorized to perform this operation. " + findings.missing.joined(separator: "; "))
        }
        return EngineError(.dryRun, "Request would have succeeded, but DryRun flag is set.")
    }
}

extension OperationInput {
    /// Ends a dry run of an operation that only reads: what it takes is an engine that could be opened.
    func endDryRun() throws(EngineError) {
        if isDryRun { throw DryRunFields.error(of: DryRunFindings()) }
    }

    /// Ends a dry run of an operation that changes records.
    func endDryRun(_ engine: Engine) throws(EngineError) {
        if isDryRun { throw DryRunFields.error(of: Engine.checkWriting(engine.configuration)) }
    }
}
