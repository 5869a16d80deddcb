/// `name=value`, told apart at the first `=`. Looked for among scalars: a mark that begins the value would join it.
struct Assignment {
    let name: String
    let value: String

    /// nil where there is no `=`.
    init?(_ text: String) {
        let scalars = text.unicodeScalars
        guard let place = scalars.firstIndex(of: "=") else { return nil }
        name = String(scalars[..<place])
        value = String(scalars[scalars.index(after: place)...])
    }
}
