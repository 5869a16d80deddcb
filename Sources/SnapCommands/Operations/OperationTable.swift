/// Every action of EC2 that is answered here, in one place.
enum OperationTable {
    /// Before a verb, as in `aws ec2`.
    static let serviceName = "ec2"

    static let all: [Operation] = snapshots + deleting + tags + volumes + attributes + locks

    /// By the verb.
    static subscript(verb: String) -> Operation? { all.first { $0.verb == verb } }

    /// For `snapctl ec2 wait snapshot-completed` and the like, which are our own verbs.
    static func withoutServiceName(_ words: [String]) -> [String] {
        words.first == serviceName ? Array(words.dropFirst()) : words
    }

    /// For help.
    static var summary: String {
        all.map { operation in
            "  " + operation.verb
        }.joined(separator: "\n")
    }
}
