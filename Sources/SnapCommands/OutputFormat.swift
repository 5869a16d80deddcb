internal import ArgumentParser

/// How an answer is printed.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    /// As EBS prints it.
    case json
    /// Aligned, for people.
    case table
    /// Tab-separated, for cut and awk; as `aws --output text`.
    case text
    /// As `aws --output yaml`.
    case yaml
}
