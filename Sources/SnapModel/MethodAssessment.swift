/// Whether a method can make a point in time of a volume as it is, and why not.
package struct MethodAssessment: Hashable, Sendable {
    package enum Verdict: String, Sendable, Codable, CaseIterable {
        /// `auto` may take it.
        case possible
        /// For whoever asks for it by name.
        case onRequest = "on-request"
        case impossible
    }

    package var method: ConsistencyMethod
    package var verdict: Verdict
    /// What it would reach without hooks; nil where it is impossible.
    package var level: ConsistencyLevel?
    /// Why it is not simply possible, or what else there is to know: the rest of a sentence. May be empty.
    package var reason: String
    /// What would make it possible: an imperative. nil where nothing does.
    package var remedy: String?

    package static func possible(
        _ method: ConsistencyMethod, _ level: ConsistencyLevel, _ reason: String = ""
    ) -> MethodAssessment {
        MethodAssessment(method: method, verdict: .possible, level: level, reason: reason, remedy: nil)
    }

    package static func onRequest(
        _ method: ConsistencyMethod, _ level: ConsistencyLevel, _ reason: String, remedy: String? = nil
    ) -> MethodAssessment {
        MethodAssessment(method: method, verdict: .onRequest, level: level, reason: reason, remedy: remedy)
    }

    package static func impossible(
        _ method: ConsistencyMethod, _ reason: String, remedy: String? = nil
    ) -> MethodAssessment {
        MethodAssessment(method: method, verdict: .impossible, level: nil, reason: reason, remedy: remedy)
    }
}
